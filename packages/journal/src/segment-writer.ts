// Writes one segment: each group of records is synced. A failed write closes the file for good.
import { join } from 'node:path';
import { type Files, writeAll } from './files.ts';
import { encodeSegmentHeader, recordsStart, type SegmentHeader, segmentFileName } from './segment-format.ts';

export type SegmentWriter = Awaited<ReturnType<typeof createSegment>>;

/** Creates the file of a segment. The file and its name are on disk once this resolves. */
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

  /** Resolves once all of `bytes` is synced. Rejects with an error of the file system; the writer cannot be used then. */
  async function writeGroup(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(file, bytes, size);
    } catch (error) {
      broken = true;
      // After a failed sync the kernel may drop the pages and report success for the next sync: this file is not used
      // again. Its part of the rejected group is cut off. If that fails too, the first sequence of the next segment
      // ends this one for readers.
      await file.truncate(size).catch(() => undefined);
      await file.close().catch(() => undefined);
      throw error;
    }
    size += bytes.length;
  }
  /** False: another program removed or shortened the file, so bodies of it are lost. */
  async function isWhole(): Promise<boolean> {
    const status = await file.status();
    return !status.isRemoved && status.size >= size;
  }
  return {
    header,
    path,
    isWhole,
    /** Synced bytes of the file. */
    size: () => size,
    /** Whether a write or a sync has failed. */
    isBroken: () => broken,
    write: writeGroup,
    close: () => file.close(),
  };
}
