// Opens an output file. The file always ends with a complete line, and each append is on disk before it resolves.
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno, syncDirectory } from './directory.ts';
import { DiskFault } from './disk-fault.ts';
import type { OutputName } from './output-names.ts';

/**
 * What another process did to an open file. `moved`: the path is missing or is another file, and the open one still has a
 * name. `deleted`: it has none. `truncated`: bytes of this connector are gone. `grown`: another process appended.
 */
export type FileChange = 'unchanged' | 'moved' | 'deleted' | 'truncated' | 'grown';

export interface OutputFile {
  readonly name: OutputName;
  /** Equal for two openings of one file. */
  readonly id: string;
  /** Bytes in the file. */
  size(): number;
  /** Compares the open file with its path and its expected size. */
  change(): Promise<FileChange>;
  /**
   * Resolves when `bytes` are on disk, with the change after that. After a rejection or another result than `unchanged`,
   * close the file and do not use it again.
   */
  append(bytes: Uint8Array): Promise<FileChange>;
  close(): Promise<void>;
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
const existing = O_RDWR | O_APPEND | O_NOFOLLOW;

/** Creates the file. Rejects if anything has its name. */
export function createOutputFile(name: OutputName): Promise<OutputFile> {
  return openWith(name, existing | O_CREAT | O_EXCL, () => {});
}

/**
 * Opens a file that exists. Removes an incomplete last line, which was never reported as delivered, and calls
 * `onIncompleteLine` with its length.
 */
export function openOutputFile(name: OutputName, onIncompleteLine: (bytes: number) => void): Promise<OutputFile> {
  return openWith(name, existing, onIncompleteLine);
}

async function openWith(
  name: OutputName,
  flags: number,
  onIncompleteLine: (bytes: number) => void,
): Promise<OutputFile> {
  const { path } = name;
  const handle = await openRegularFile(path, flags);
  let size: number;
  let id: string;
  try {
    const stats = await handle.stat();
    const found = stats.size;
    id = idOf(stats);
    size = await endOfLastLine(handle, found);
    if (size < found) {
      await handle.truncate(size);
      onIncompleteLine(found - size);
    }
    await syncDirectory(dirname(path));
  } catch (error) {
    await handle.close();
    throw error;
  }

  async function changeOf(expectedSize: number): Promise<FileChange> {
    const [opened, named] = await Promise.all([handle.stat(), statOf(path)]);
    if (opened.nlink === 0) return 'deleted';
    if (named === undefined || idOf(named) !== id) return 'moved';
    if (opened.size === expectedSize) return 'unchanged';
    return opened.size < expectedSize ? 'truncated' : 'grown';
  }

  async function appendToFile(bytes: Uint8Array): Promise<FileChange> {
    try {
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten < bytes.length) {
        throw new DiskFault('short_write', `wrote only ${bytesWritten} of ${bytes.length} bytes to ${path}`);
      }
      await handle.datasync();
    } catch (error) {
      // Prevents duplicates of a partial write. If this fails too, the next opening removes the incomplete line.
      // A file that another program has truncated is smaller: it must not grow.
      const isLonger = async (): Promise<boolean> => (await handle.stat()).size > size;
      if (await isLonger().catch(() => false)) await handle.truncate(size).catch(() => {});
      throw error;
    }
    // After the sync: a change before it may have lost these bytes, a later one finds them on disk.
    const change = await changeOf(size + bytes.length);
    size += bytes.length;
    return change;
  }

  return {
    name,
    id,
    size: () => size,
    change: () => changeOf(size),
    append: appendToFile,
    close: () => handle.close(),
  };
}

/** A write to a FIFO or a device would succeed, and keep nothing. */
async function openRegularFile(path: string, flags: number): Promise<FileHandle> {
  const handle = await open(path, flags, 0o600).catch((error: unknown) => {
    if (isErrno(error, 'ELOOP') || isErrno(error, 'EISDIR')) throw notAFile(path);
    if (isErrno(error, 'EEXIST')) throw new DiskFault('io_error', `another process created ${path}`);
    throw error;
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw notAFile(path);
}

export function notAFile(path: string): DiskFault {
  return new DiskFault('not_a_file', `${path} is not a regular file`);
}

/** True if the closed file with this id and size is now smaller. */
export async function isTruncated({ path, id, size }: { path: string; id: string; size: number }): Promise<boolean> {
  const stats = await statOf(path);
  return stats !== undefined && idOf(stats) === id && stats.size < size;
}

const idOf = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string => `${dev}:${ino}`;

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** The offset after the last newline before `end`; 0 if there is none. */
async function endOfLastLine(handle: FileHandle, end: number): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let to = end; to > 0; to -= chunk.length) {
    const from = Math.max(0, to - chunk.length);
    const { bytesRead } = await handle.read(chunk, 0, to - from, from);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf('\n');
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}
