// A file's whole lines, from its end backwards, in pieces of bounded size.
import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 1024 ** 2;
/** What is longer is no line of ours, and left out. */
const maxLineBytes = 16 * 1024 ** 2;
const nothing = Buffer.alloc(0);

/**
 * Pieces of whole lines, each with its line end; the last lines come first, in their order within a piece. Reads no
 * more than the last `maxBytes` of what the file holds now; a last line without an end is left out.
 */
export async function* linesFromTheEnd(handle: FileHandle, maxBytes: number): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  const start = Math.max(0, size - maxBytes);
  /** A line with its end, of which the beginning is still to be read. */
  let rest: Buffer = nothing;
  for (let to = size; to > start; to -= chunkBytes) {
    const from = Math.max(start, to - chunkBytes);
    const chunk = Buffer.alloc(to - from);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, from);
    // It became shorter under us.
    if (bytesRead < chunk.length) return;

    const read = rest.length > 0 ? Buffer.concat([chunk, rest]) : chunk.subarray(0, chunk.lastIndexOf('\n') + 1);
    const begin = from === 0 ? 0 : read.indexOf('\n') + 1;
    if (begin < read.length) yield read.subarray(begin);
    rest = begin > maxLineBytes ? nothing : read.subarray(0, begin);
  }
}
