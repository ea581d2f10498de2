// The names of the output files: `<name>-<UTC day>-<6 digits>.ndjson`.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from './directory.ts';

export interface OutputName {
  readonly path: string;
  /** UTC day, `2026-01-31`. */
  readonly day: string;
  /** Increases with every file, also across days: the order of the files does not depend on the clock. */
  readonly number: number;
}

export interface ListedFile extends OutputName {
  readonly bytes: number;
}

export interface OutputNames {
  /** The files of the destination, oldest first. */
  readonly files: readonly ListedFile[];
  /** A directory, symbolic link or FIFO that has the name of the newest file. */
  readonly obstacle: string | undefined;
  /**
   * The highest number of any name, also of a file that another program renamed (`….ndjson.1`, `….ndjson.gz`): a new file
   * never gets a name that such a program would use again.
   */
  readonly highestNumber: number;
}

/** The UTC day of a time in epoch milliseconds. */
export function utcDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

export function outputName(directory: string, name: string, day: string, number: number): OutputName {
  return { path: join(directory, `${name}-${day}-${String(number).padStart(6, '0')}.ndjson`), day, number };
}

/** The output files of the destination `name`. Ignores all other names. */
export async function listOutputFiles(directory: string, name: string): Promise<OutputNames> {
  const files: ListedFile[] = [];
  const others: OutputName[] = [];
  let highestNumber = 0;
  for (const entry of await readdir(directory)) {
    if (!entry.startsWith(`${name}-`)) continue;
    const pattern = /^(\d{4}-\d\d-\d\d)-(\d{6,15})(.*)$/;
    const [, day, digits, suffix] = pattern.exec(entry.slice(name.length + 1)) ?? [];
    if (day === undefined || digits === undefined) continue;
    const number = Number(digits);
    highestNumber = Math.max(highestNumber, number);
    if (suffix !== '.ndjson') continue;
    const path = join(directory, entry);
    const stats = await statOf(path);
    if (stats?.isFile() === true) files.push({ path, day, number, bytes: stats.size });
    else if (stats !== undefined) others.push({ path, day, number });
  }
  files.sort((a, b) => a.number - b.number);
  const newest = files.at(-1)?.number ?? 0;
  return { files, obstacle: others.find(({ number }) => number >= newest)?.path, highestNumber };
}

/** Undefined if the file is gone: another program may rename and delete files. */
async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
