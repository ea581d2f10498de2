// The journal's size where none is configured.
import { statfs } from 'node:fs/promises';

const tenGiB = 10 * 1024 ** 3;

/** 10 GiB or half of the free disk, whichever is less. */
export async function defaultJournalBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.min(tenGiB, Math.floor((bavail * bsize) / 2));
}
