// Undoes the content encoding: identity and one layer of gzip, its output bounded.
import { gunzip } from 'node:zlib';
import { z } from 'zod';

export type DecodeResult =
  | { readonly kind: 'decoded'; readonly bytes: Buffer }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'tooLarge' };

/** At once where nothing is to be undone. */
export function decode(
  encoding: string | undefined,
  bytes: Buffer,
  maxBytes: number,
): DecodeResult | Promise<DecodeResult> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return { kind: 'decoded', bytes };
  if (name !== 'gzip' && name !== 'x-gzip') return { kind: 'unsupported' };
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength: maxBytes, info: true }, (error: NodeJS.ErrnoException | null, result: unknown) => {
      const unpacked = withInfo.safeParse(result);
      if (error?.code === 'ERR_BUFFER_TOO_LARGE') resolve({ kind: 'tooLarge' });
      // zlib passes over what follows the last member; such a body is not what its sender meant.
      else if (error !== null || !unpacked.success || unpacked.data.engine.bytesWritten !== bytes.length) {
        resolve({ kind: 'broken' });
      } else resolve({ kind: 'decoded', bytes: unpacked.data.buffer });
    });
  });
}

// What zlib's callbacks get with `info: true`, which the types of node do not know.
const withInfo = z.object({ buffer: z.instanceof(Buffer), engine: z.object({ bytesWritten: z.number() }) });
