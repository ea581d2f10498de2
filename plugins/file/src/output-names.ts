// The names of the output files: `<name>-<UTC day>-<6 digits>.ndjson`.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

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

/** The UTC day of a time in epoch milliseconds. */
export function utcDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

export function outputName(directory: string, name: string, day: string, number: number): OutputName {
  return { path: join(directory, `${name}-${day}-${String(number).padStart(6, '0')}.ndjson`), day, number };
}

/** The files of the destination `name`, oldest first. Ignores all other files. */
export async function listOutputFiles(directory: string, name: string): Promise<readonly ListedFile[]> {
  const found: ListedFile[] = [];
  for (const entry of await readdir(directory)) {
    if (!entry.startsWith(`${name}-`)) continue;
    const [, day, digits] = /^(\d{4}-\d\d-\d\d)-(\d{6,15})\.ndjson$/.exec(entry.slice(name.length + 1)) ?? [];
    if (day === undefined || digits === undefined) continue;
    const path = join(directory, entry);
    found.push({ path, day, number: Number(digits), bytes: (await stat(path)).size });
  }
  return found.sort((a, b) => a.number - b.number);
}
