// When each destination had come how far: what lets a trace say between which two times a body came to rest.
import { appendFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@xiq-siem/core';

/** At `atMs` every body below `sequence` had come to rest. */
export interface Milestone {
  readonly sequence: number;
  readonly atMs: number;
}

export interface Milestones {
  /** The first one that is known of a destination: where it began, or where its history does. */
  first(destination: string): Milestone | undefined;
  /** The last time at which a body was not yet settled, and the first at which it was. */
  around(destination: string, sequence: number): { readonly notBeforeMs?: number; readonly notAfterMs?: number };
}

export interface MilestoneKeeper extends Milestones {
  /** Notes how far a destination has come; never throws: a trace is then told less exactly. */
  note(destination: string, milestone: Milestone): Promise<void>;
  /** Of a destination that is forgotten. */
  forget(destination: string): Promise<void>;
}

const suffix = '.times';
/** A file beyond it is cut to its newer half. */
const maxEntries = 100_000;

/** `directory` is that of the positions: one text file a destination, a line for each milestone. */
export async function openMilestones(directory: string, log: Logger): Promise<MilestoneKeeper> {
  const known = await readMilestones(directory, cutTorn);
  return {
    ...lookup(known),
    async forget(destination) {
      known.delete(destination);
      await rm(join(directory, destination + suffix), { force: true });
    },
    async note(destination, milestone) {
      const list = known.get(destination) ?? [];
      if (list.at(-1)?.sequence === milestone.sequence) return;
      addTo(list, milestone);
      known.set(destination, list);
      const path = join(directory, destination + suffix);
      try {
        if (list.length <= maxEntries) await appendFile(path, lineOf(milestone), { mode: 0o600 });
        else await cut(path, list);
      } catch (cause) {
        log.warn('milestones.not_noted', { destination, why: cause instanceof Error ? cause.message : String(cause) });
      }
    },
  };
}

/** Of a stopped connector. */
export async function readOnlyMilestones(directory: string): Promise<Milestones> {
  return lookup(await readMilestones(directory));
}

function lookup(known: ReadonlyMap<string, readonly Milestone[]>): Milestones {
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
      const before = list[low - 1]?.atMs;
      const after = list[low]?.atMs;
      return {
        ...(before !== undefined && { notBeforeMs: before }),
        ...(after !== undefined && { notAfterMs: after }),
      };
    },
  };
}

const lineOf = ({ sequence, atMs }: Milestone): string => `${sequence} ${atMs}\n`;

async function cut(path: string, list: Milestone[]): Promise<void> {
  list.splice(0, list.length >> 1);
  await writeFile(`${path}.new`, list.map(lineOf).join(''), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** What is noted next would stand on the torn line. */
async function cutTorn(path: string, text: string): Promise<void> {
  if (!text.endsWith('\n')) await truncate(path, text.lastIndexOf('\n') + 1).catch(() => undefined);
}

async function readMilestones(directory: string, mend?: typeof cutTorn): Promise<Map<string, Milestone[]>> {
  const found = new Map<string, Milestone[]>();
  for (const name of await readdir(directory)) {
    if (!name.endsWith(suffix)) continue;
    const path = join(directory, name);
    const text = await readFile(path, 'latin1').catch(() => '');
    await mend?.(path, text);
    found.set(name.slice(0, -suffix.length), milestonesIn(text));
  }
  return found;
}

/** One that steps back (a position found damaged) ends what was before. */
function addTo(list: Milestone[], milestone: Milestone): void {
  const last = list.at(-1);
  if (last !== undefined && milestone.sequence < last.sequence) list.length = 0;
  list.push(milestone);
}

/** A line that is torn or makes no sense is passed over. */
function milestonesIn(text: string): Milestone[] {
  const list: Milestone[] = [];
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const match = /^(\d{1,15}) (\d{1,15})$/.exec(line);
    if (match === null) continue;
    addTo(list, { sequence: Number(match[1]), atMs: Number(match[2]) });
  }
  return list.slice(-maxEntries);
}
