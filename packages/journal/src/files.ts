// The file operations of the journal, as an interface: a test can lose unsynced writes.
import { constants } from 'node:fs';
import { chown, mkdir, open, readdir, rename, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface OpenFile {
  /** Returns the bytes read into `buffer` from its start; fewer than its length only at the end of the file. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Returns the bytes written; perhaps fewer than given. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  /** Data and length are on disk once it resolves. After a rejection the state of the file is unknown. */
  datasync(): Promise<void>;
  /** `isRemoved`: the open file has no name any more. */
  status(): Promise<{ readonly size: number; readonly modifiedMs: number; readonly isRemoved: boolean }>;
  close(): Promise<void>;
}

/** Errors are Node's, with their `code`. Files are created with mode 0600, directories with 0700. */
export interface Files {
  /**
   * `create` and `createSynced` fail if the file exists. Writes to a `createSynced` file are on disk once they resolve.
   * This needs one call to the disk; a write and a sync need two. After a rejection the state of the file is unknown.
   */
  open(path: string, mode: 'read' | 'update' | 'create' | 'createSynced'): Promise<OpenFile>;
  /** Names in a directory, unordered. */
  list(directory: string): Promise<readonly string[]>;
  /** Creates missing parents too. Durable once it resolves. */
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that this process can still use on the file system of `path`. */
  freeBytes(path: string): Promise<number>;
}

const create = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
const flags = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create,
  createSynced: create | constants.O_DSYNC,
} as const;

/** Node's file system. Syncs use FileHandle only: `node --permission` forbids `fs.fsync` (Node 24.13 and later). */
export const nodeFiles: Files = {
  open: openNodeFile,
  list: (directory) => readdir(directory),
  makeDirectory: (path) => makeDirectory(path, false),
  rename,
  remove: unlink,
  async syncDirectory(path) {
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

async function openNodeFile(path: string, mode: keyof typeof flags): Promise<OpenFile> {
  const handle = await open(path, flags[mode], 0o600);

  async function readBytes(buffer: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < buffer.length) {
      const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }
  async function writeBytes(bytes: Uint8Array, position: number): Promise<number> {
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, position);
    return bytesWritten;
  }
  async function fileStatus() {
    const { size, mtimeMs, nlink } = await handle.stat();
    return { size, modifiedMs: mtimeMs, isRemoved: nlink === 0 };
  }
  return {
    read: readBytes,
    write: writeBytes,
    truncate: (length) => handle.truncate(length),
    datasync: () => handle.datasync(),
    status: fileStatus,
    close: () => handle.close(),
  };
}

async function makeDirectory(path: string, isParentMade: boolean): Promise<void> {
  const parent = dirname(path);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    // Not `recursive`: Node loops forever if a parent exists and accepts no directories, as in /proc.
    if (code !== 'ENOENT' || isParentMade || parent === path) throw error;
    await makeDirectory(parent, false);
    return makeDirectory(path, true);
  }
  await nodeFiles.syncDirectory(parent);
}

/** The `code` of a system error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const diskFullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function isDiskFullError(error: unknown): boolean {
  return diskFullCodes.has(systemCode(error) ?? '');
}

// EROFS: stored bodies can still be delivered, and an operator may mount the disk for writing again.
const transientCodes = new Set(['EMFILE', 'ENFILE', 'EROFS']);

/** Whether a write failed for lack of file handles or on a read-only disk, so that it may succeed later. */
export function isTransientWriteError(error: unknown): boolean {
  return transientCodes.has(systemCode(error) ?? '');
}

/** Writes all of `bytes` by as many writes as it needs. A write of 0 bytes counts as a full disk. */
export async function writeAll(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const written = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (written <= 0) throw Object.assign(new Error('ENOSPC: 0 bytes were written'), { code: 'ENOSPC' });
    done += written;
  }
}

/**
 * Replaces a file atomically by one with this text. It keeps the owner of the file: a command may run as another user
 * than the connector, which must be able to read it.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const before = await stat(path).catch(() => undefined);
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  if (before !== undefined && before.uid !== process.getuid?.()) await chown(`${path}.new`, before.uid, before.gid);
  await rename(`${path}.new`, path);
  await nodeFiles.syncDirectory(dirname(path));
}

/** The message of an error. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
