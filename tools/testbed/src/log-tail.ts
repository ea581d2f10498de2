// Reads the end of a log file.
import { open } from 'node:fs/promises';

/** The last `bytes` of a file, as text; empty where the file does not exist. */
export async function logTail(path: string, bytes: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
