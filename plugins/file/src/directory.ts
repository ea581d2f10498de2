// Creates and syncs the output directory: a new file survives a power cut only if its directory entry does.
import { mkdir, open, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Creates `directory` and its missing parents, readable by the owner only, and syncs each parent of a new one. */
export async function createDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const parent = dirname(directory);
    if (isErrno(error, 'EEXIST') && (await stat(directory)).isDirectory()) return;
    if (!isErrno(error, 'ENOENT') || parent === directory) throw error;
    // Not `recursive`: Node retries forever where a parent exists but allows no new directories, as in /proc.
    await createDirectory(parent);
    await mkdir(directory, { mode: 0o700 });
  }
  await syncDirectory(dirname(directory));
}

/** True for an error of a system call with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  // `node --permission` forbids fs.fsync, but not FileHandle.sync.
  await using handle = await open(directory);
  await handle.sync();
}

/** Free bytes on the disk of `directory` for this user. */
export async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
