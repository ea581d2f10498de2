// The output files of the file destination, followed by inode: also renamed, copied, truncated and unlinked ones.
import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Copy, createArrivals, fieldsOf } from '../arrivals.ts';
import type { FakeDestination } from './destination.ts';

interface Followed {
  /** Where it was last. */
  path: string;
  /** End of the last whole line that was read. */
  offset: number;
  readonly lines: Copy[];
}

export interface Archive extends FakeDestination {
  /** Reads all new lines. */
  sweep(): void;
  /** Changes the newest file as an operator or logrotate does. The connector must be stopped by SIGSTOP, or not run. */
  disturb(how: FileDisturbance): void;
  /** Forgets the lines of files that are gone although the oracle did not remove them. Returns these files. */
  missingFiles(): readonly string[];
}

export const fileDisturbances = ['rename', 'copytruncate', 'unlink'] as const;
export type FileDisturbance = (typeof fileDisturbances)[number];

const sweepEveryMs = 200;
const outputName = /^archive-\d{4}-\d\d-\d\d-\d{6}\.ndjson$/;

export function openArchive(directory: string): Archive {
  const arrivals = createArrivals('archive');
  const followed = new Map<number, Followed>();
  let disturbances = 0;

  function sweep(): void {
    for (const name of filesIn(directory)) {
      const path = join(directory, name);
      const { ino, size } = statSync(path);
      const file = followed.get(ino) ?? { path, offset: 0, lines: [] };
      followed.set(ino, file);
      file.path = path;
      if (size > file.offset) readLines(file, size);
    }
  }

  function readLines(file: Followed, size: number): void {
    const bytes = readSpan(file.path, file.offset, size);
    const end = bytes.lastIndexOf('\n') + 1;
    file.offset += end;
    for (const line of bytes.toString('utf8', 0, end).split('\n').slice(0, -1)) {
      file.lines.push(arrivals.add(fieldsOf(JSON.parse(line)), performance.now()));
    }
  }

  function disturb(how: FileDisturbance): void {
    sweep();
    const newest = filesIn(directory)
      .filter((name) => outputName.test(name))
      .sort()
      .at(-1);
    if (newest === undefined) return;
    const path = join(directory, newest);
    const aside = `${path}.${++disturbances}`;
    const { ino } = statSync(path);
    const file = followed.get(ino);
    if (file === undefined) return;
    if (how === 'rename') renameSync(path, aside);
    if (how === 'copytruncate') {
      copyFileSync(path, aside);
      const { ino: copied } = statSync(aside);
      followed.set(copied, { ...file, path: aside, offset: statSync(aside).size, lines: [...file.lines] });
      truncateSync(path);
      file.offset = 0;
      file.lines.length = 0;
    }
    if (how === 'unlink') {
      rmSync(path);
      // Its lines were delivered. What is written to it from now on is lost.
      followed.delete(ino);
    }
  }

  function missingFiles(): readonly string[] {
    sweep();
    const present = new Set(filesIn(directory).map((name) => statSync(join(directory, name)).ino));
    const gone = [...followed].filter(([ino]) => !present.has(ino));
    for (const [ino, { lines }] of gone) {
      for (const copy of lines) arrivals.remove(copy);
      followed.delete(ino);
    }
    return gone.map(([, { path }]) => path);
  }

  const timer = setInterval(sweep, sweepEveryMs);
  return {
    name: 'archive',
    config: { type: 'file', directory, minFreeBytes: 0, rotateAtBytes: 524_288 },
    arrivals,
    deduplicates: false,
    setMode: () => {},
    close: () => clearInterval(timer),
    ...{ sweep, disturb, missingFiles },
  };
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readSpan(path: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}
