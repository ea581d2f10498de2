// Decodes the content encoding: identity or one layer of gzip, with bounded output.
import { gunzip } from 'node:zlib';
import { z } from 'zod';

export type DecodeResult =
  | { readonly kind: 'decoded'; readonly bytes: Buffer }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'tooLarge' };

/** Synchronous for identity. */
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
      // zlib ignores bytes after the last gzip member. Such a body is rejected as invalid.
      else if (error !== null || !unpacked.success || unpacked.data.engine.bytesWritten !== bytes.length) {
        resolve({ kind: 'invalid' });
      } else resolve({ kind: 'decoded', bytes: unpacked.data.buffer });
    });
  });
}

// The result with `info: true`, which the types of node lack.
const withInfo = z.object({ buffer: z.instanceof(Buffer), engine: z.object({ bytesWritten: z.number() }) });
