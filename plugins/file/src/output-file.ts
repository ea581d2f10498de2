// Opens an output file. The file always ends with a complete line, and each append is on disk before it resolves.
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './directory.ts';
import { DiskFault } from './disk-fault.ts';
import type { OutputName } from './output-names.ts';

export interface OutputFile {
  readonly name: OutputName;
  /** Bytes in the file. */
  size(): number;
  /** Resolves when `bytes` are on disk. After a rejection, close the file and do not use it again. */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file, or creates it. Removes an incomplete last line, which was never reported as delivered, and calls
 * `onIncompleteLine` with its length.
 */
export async function openOutputFile(name: OutputName, onIncompleteLine: (bytes: number) => void): Promise<OutputFile> {
  const handle = await open(name.path, 'a+', 0o600);
  let size: number;
  try {
    const found = (await handle.stat()).size;
    size = await endOfLastLine(handle, found);
    if (size < found) {
      await handle.truncate(size);
      onIncompleteLine(found - size);
    }
    await syncDirectory(dirname(name.path));
  } catch (error) {
    await handle.close();
    throw error;
  }

  async function appendToFile(bytes: Uint8Array): Promise<void> {
    try {
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten < bytes.length) {
        throw new DiskFault('short_write', `wrote only ${bytesWritten} of ${bytes.length} bytes to ${name.path}`);
      }
      await handle.datasync();
      // Writes to a file that was deleted while open succeed, but the data is lost.
      if ((await handle.stat()).nlink === 0)
        throw new DiskFault('path_missing', `${name.path} was deleted while in use`);
      size += bytes.length;
    } catch (error) {
      // Prevents duplicates of a partial write. If this fails too, the next opening removes the incomplete line.
      await handle.truncate(size).catch(() => {});
      throw error;
    }
  }

  return { name, size: () => size, append: appendToFile, close: () => handle.close() };
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
