// The output files of the file destination, followed by inode: also renamed, copied, truncated and unlinked ones.
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Copy, createArrivals, fieldsOf } from '../arrivals.ts';
import type { Finding } from '../findings.ts';
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
  /** Files that are gone although the oracle did not remove them, whose lines are forgotten; and unreadable lines. */
  takeProblems(): readonly Finding[];
}

export const fileDisturbances = ['rename', 'copytruncate', 'unlink'] as const;
export type FileDisturbance = (typeof fileDisturbances)[number];

const sweepEveryMs = 200;
const outputName = /\/archive-\d{4}-\d\d-\d\d-(\d{6})\.ndjson$/;
/** Rises with every file, also when the clock steps back. */
const numberOf = (path: string): number => Number(outputName.exec(path)?.[1]);

export function openArchive(directory: string): Archive {
  const arrivals = createArrivals('archive');
  const followed = new Map<string, Followed>();
  const unreadable: string[] = [];
  let disturbances = 0;

  function sweep(): void {
    for (const { path, identity, size } of filesIn(directory)) {
      const file = followed.get(identity) ?? { path, offset: 0, lines: [] };
      followed.set(identity, file);
      file.path = path;
      if (size > file.offset) readLines(file, size);
    }
  }

  function readLines(file: Followed, size: number): void {
    const bytes = readSpan(file.path, file.offset, size);
    const end = bytes.lastIndexOf('\n') + 1;
    file.offset += end;
    for (const line of bytes.toString('utf8', 0, end).split('\n').slice(0, -1)) {
      try {
        file.lines.push(arrivals.add(fieldsOf(JSON.parse(line)), performance.now()));
      } catch {
        unreadable.push(`${file.path} has an unreadable line: ${line.slice(0, 80)}`);
      }
    }
  }

  function disturb(how: FileDisturbance): void {
    sweep();
    const newest = filesIn(directory)
      .filter(({ path }) => outputName.test(path))
      .sort((one, other) => numberOf(one.path) - numberOf(other.path))
      .at(-1);
    const file = followed.get(newest?.identity ?? '');
    if (newest === undefined || file === undefined) return;
    const { path, identity } = newest;
    const aside = `${path}.${++disturbances}`;
    if (how === 'rename') renameSync(path, aside);
    if (how === 'copytruncate') {
      copyFileSync(path, aside);
      followed.set(identityOf(statSync(aside)), { path: aside, offset: newest.size, lines: [...file.lines] });
      truncateSync(path);
      file.offset = 0;
      file.lines.length = 0;
    }
    if (how === 'unlink') {
      rmSync(path);
      // Its lines were delivered. What is written to it from now on is lost.
      followed.delete(identity);
    }
  }

  function takeProblems(): readonly Finding[] {
    sweep();
    const present = new Set(filesIn(directory).map(({ identity }) => identity));
    const gone = [...followed].filter(([identity]) => !present.has(identity));
    for (const [identity, { lines }] of gone) {
      for (const copy of lines) arrivals.remove(copy);
      followed.delete(identity);
    }
    return [
      ...gone.map(([, { path }]) => ({ kind: 'loss', text: `the connector deleted ${path}` }) as const),
      ...unreadable.splice(0).map((text) => ({ kind: 'changed', text }) as const),
    ].map((finding) => ({ ...finding, destination: arrivals.name }));
  }

  const timer = setInterval(sweep, sweepEveryMs);
  return {
    name: 'archive',
    config: { type: 'file', directory, minFreeBytes: 0, rotateAtBytes: 524_288 },
    arrivals,
    deduplicates: false,
    setMode: () => {},
    close: () => clearInterval(timer),
    ...{ sweep, disturb, takeProblems },
  };
}

interface Listed {
  readonly path: string;
  readonly identity: string;
  readonly size: number;
}

function filesIn(directory: string): readonly Listed[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? [] : [{ path, identity: identityOf(found), size: found.size }];
  });
}

/** A new file may get the inode of a deleted one. */
const identityOf = ({ ino, birthtimeMs }: Stats): string => `${ino} ${birthtimeMs}`;

function readSpan(path: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}
