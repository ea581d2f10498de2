// One segment being written: a file that takes groups of records, each synced, and that is closed for good by a failure.
import { join } from 'node:path';
import { type Files, writeAll } from './files.ts';
import { encodeSegmentHeader, recordsStart, type SegmentHeader, segmentFileName } from './segment-format.ts';

export type SegmentWriter = Awaited<ReturnType<typeof createSegment>>;

/** Makes a segment's file; it and its name are on disk once this resolves. */
export async function createSegment(files: Files, directory: string, header: SegmentHeader) {
  const path = join(directory, segmentFileName(header));
  const file = await files.open(path, 'createSynced');
  try {
    await writeAll(file, encodeSegmentHeader(header), 0);
    await files.syncDirectory(directory);
  } catch (error) {
    await file.close().catch(() => undefined);
    await files.remove(path).catch(() => undefined);
    throw error;
  }
  let size = recordsStart;
  let broken = false;
  return {
    header,
    path,
    /** Bytes of the file that are synced. */
    size: () => size,
    /** Whether a write or a sync has failed. */
    isBroken: () => broken,
    /** Resolves once all of `bytes` is synced. After a rejection, which is the system's own, the writer is of no more use. */
    async write(bytes: Uint8Array): Promise<void> {
      try {
        await writeAll(file, bytes, size);
      } catch (error) {
        broken = true;
        // After a failed sync the kernel may have dropped the pages and would report the next sync as good: this file is
        // never asked again. What was written of the group was refused, so it is cut off. Should that fail too, the next
        // segment's first sequence tells readers where this one ends.
        await file.truncate(size).catch(() => undefined);
        await file.close().catch(() => undefined);
        throw error;
      }
      size += bytes.length;
    },
    close: () => file.close(),
  };
}
