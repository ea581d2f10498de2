// How far each destination had come at which time: lets a trace say between which two times a body was settled.
import { appendFile, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@xiq-siem/core';
import { writeDurably } from '@xiq-siem/journal';

/** At `atMs` every body below `sequence` was settled. */
interface Progress {
  readonly sequence: number;
  readonly atMs: number;
}

export interface ProgressHistoryReading {
  /** The first one that is known of a destination: where it began, or where its history does. */
  first(destination: string): Progress | undefined;
  /** The last time at which a body was not yet settled, and the first at which it was. */
  around(
    destination: string,
    sequence: number,
  ): { readonly notBeforeMs: number | undefined; readonly notAfterMs: number | undefined };
}

export interface ProgressHistory extends ProgressHistoryReading {
  /** Records how far a destination has come; never throws: without it, a trace is less exact. */
  add(destination: string, progress: Progress): Promise<void>;
  /** Of a destination that is forgotten. */
  forget(destination: string): Promise<void>;
}

const suffix = '.times';
/** A larger file is cut to its newer half. */
const maxEntries = 100_000;

/** `directory` is that of the positions: one text file a destination, with a line for each time. */
export async function openProgressHistory(directory: string, log: Logger): Promise<ProgressHistory> {
  const known = await readFiles(directory, cutTornLine);
  return {
    ...reading(known),
    async forget(destination) {
      known.delete(destination);
      await rm(join(directory, destination + suffix), { force: true });
    },
    async add(destination, progress) {
      const list = known.get(destination) ?? [];
      if (list.at(-1)?.sequence === progress.sequence) return;
      addTo(list, progress);
      known.set(destination, list);
      const path = join(directory, destination + suffix);
      try {
        if (list.length <= maxEntries) return await appendFile(path, lineOf(progress), { mode: 0o600 });
        list.splice(0, list.length >> 1);
        await writeDurably(path, list.map(lineOf).join(''));
      } catch (cause) {
        log.warn('milestones.not_noted', { destination, why: cause instanceof Error ? cause.message : String(cause) });
      }
    },
  };
}

/** Of a stopped connector. */
export async function readProgressHistory(directory: string): Promise<ProgressHistoryReading> {
  return reading(await readFiles(directory));
}

function reading(known: ReadonlyMap<string, readonly Progress[]>): ProgressHistoryReading {
  return {
    first: (destination) => known.get(destination)?.[0],
    around(destination, sequence) {
      const list = known.get(destination) ?? [];
      let low = 0;
      let high = list.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((list[middle]?.sequence ?? 0) > sequence) high = middle;
        else low = middle + 1;
      }
      return { notBeforeMs: list[low - 1]?.atMs, notAfterMs: list[low]?.atMs };
    },
  };
}

const lineOf = ({ sequence, atMs }: Progress): string => `${sequence} ${atMs}\n`;

/** The next line would continue the torn one. */
async function cutTornLine(path: string, text: string): Promise<void> {
  if (!text.endsWith('\n')) await truncate(path, text.lastIndexOf('\n') + 1).catch(() => undefined);
}

async function readFiles(directory: string, fix?: typeof cutTornLine): Promise<Map<string, Progress[]>> {
  const found = new Map<string, Progress[]>();
  for (const name of await readdir(directory)) {
    if (!name.endsWith(suffix)) continue;
    const path = join(directory, name);
    const text = await readFile(path, 'latin1').catch(() => '');
    await fix?.(path, text);
    found.set(name.slice(0, -suffix.length), parse(text));
  }
  return found;
}

/** One that steps back (a position found damaged) ends what was before. */
function addTo(list: Progress[], progress: Progress): void {
  const last = list.at(-1);
  if (last !== undefined && progress.sequence < last.sequence) list.length = 0;
  list.push(progress);
}

/** A line that is torn or invalid is passed over. */
function parse(text: string): Progress[] {
  const list: Progress[] = [];
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const [, sequence, atMs] = /^(\d{1,15}) (\d{1,15})$/.exec(line) ?? [];
    if (sequence !== undefined) addTo(list, { sequence: Number(sequence), atMs: Number(atMs) });
  }
  return list.slice(-maxEntries);
}
