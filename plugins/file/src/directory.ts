// The output directory: made when it is not there, and synced, since a file is only as safe as its entry.
import { mkdir, open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes `directory` and what is missing above it, each readable by the owner alone, and syncs where they were added. */
export async function makeDirectory(directory: string): Promise<void> {
  const topmost = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = directory; made.length >= topmost.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  // A FileHandle, since fs.fsync is refused under `node --permission`.
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes on the directory's disk that we may still write. */
export async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
