// One open output file: whole lines at its end, and each append on disk before it resolves.
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './directory.ts';
import { DiskFault } from './disk-fault.ts';
import type { OutputName } from './output-names.ts';

export interface OutputFile {
  readonly name: OutputName;
  /** Bytes in the file. */
  size(): number;
  /** Resolves when `bytes` are on disk. After a rejection the file must be closed, and not be used again. */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens or makes the file. A torn last line, never reported delivered, is cut off first and told to `onCut`. */
export async function openOutputFile(name: OutputName, onCut: (bytes: number) => void): Promise<OutputFile> {
  const handle = await open(name.path, 'a+', 0o600);
  let size: number;
  try {
    const found = (await handle.stat()).size;
    size = await endOfLastLine(handle, found);
    if (size < found) {
      await handle.truncate(size);
      onCut(found - size);
    }
    await syncDirectory(dirname(name.path));
  } catch (error) {
    await handle.close();
    throw error;
  }

  return {
    name,
    size: () => size,
    async append(bytes) {
      try {
        const { bytesWritten } = await handle.write(bytes);
        if (bytesWritten < bytes.length) {
          throw new DiskFault(
            'short_write',
            `only ${bytesWritten} of ${bytes.length} bytes could be written to ${name.path}`,
          );
        }
        await handle.datasync();
        // A file that was deleted while open takes writes as if nothing had happened.
        if ((await handle.stat()).nlink === 0) throw new DiskFault('missing', `${name.path} was deleted while in use`);
        size += bytes.length;
      } catch (error) {
        // Spares duplicates of what was written in part. Where it fails too, the next opening cuts the torn line.
        await handle.truncate(size).catch(() => {});
        throw error;
      }
    },
    close: () => handle.close(),
  };
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
