// The output directory: made when it is not there, and synced, since a file is only as safe as its entry.
import { mkdir, open, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes `directory` and what is missing above it, each readable by the owner alone, and syncs where they were added. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const parent = dirname(directory);
    if (isErrno(error, 'EEXIST') && (await stat(directory)).isDirectory()) return;
    if (!isErrno(error, 'ENOENT') || parent === directory) throw error;
    // Not `recursive`: Node tries for ever where a parent exists and takes no directories, as in /proc.
    await makeDirectory(parent);
    await mkdir(directory, { mode: 0o700 });
  }
  await syncDirectory(dirname(directory));
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  // A FileHandle, since fs.fsync is refused under `node --permission`.
  await using handle = await open(directory);
  await handle.sync();
}

/** Bytes on the directory's disk that we may still write. */
export async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
