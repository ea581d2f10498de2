// The ids of events that a back-fill stored, so that a webhook that brings one later is recognized. Durable.
import { open, stat } from 'node:fs/promises';
import { type KeptBody, type Logger, type NormalizedEvent, type Origin, oneAtATime, reasonOf } from '@xiq-siem/core';
import { writeDurably } from '@xiq-siem/journal';
import { type IdSet, idSet } from './id-set.ts';

export interface BackfilledIds {
  has(id: string): boolean;
  readonly size: number;
  /**
   * Resolves when they are on disk; those that are known already are passed over. To be called when their body is
   * synced, and not before: with an id on disk and its body not, the webhook would be filtered and the event lost. In
   * the right order, a kill in between lets a late webhook bring an event a second time; and not even that, since the
   * job that is resumed finds the body in its scan of the journal, and adds its ids again.
   */
  add(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** No webhook is expected later than this. */
const forgetAfterMs = 30 * 86_400_000;
/** 55 MB on disk, 20 MB in memory; more are not remembered, until some are forgotten at an opening. */
const maxIds = 1_000_000;
const line = /^(\d[0-9a-f]{40}) (\d{1,15})$/;

interface BackfilledIdsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
  readonly maxIds?: number;
}

/** A torn line is passed over, and is gone after the next opening. */
export async function openBackfilledIds(
  path: string,
  { now, log, maxIds: most = maxIds }: BackfilledIdsOptions,
): Promise<BackfilledIds> {
  const afterMs = now() - forgetAfterMs;
  const { ids, isWhole } = await load(path, afterMs, most);
  if (!isWhole) await writeDurably(path, keptLines(path, afterMs, most));
  const file = await open(path, 'a', 0o600);
  const inTurn = oneAtATime();
  let isFull = false;

  async function append(given: readonly string[]): Promise<void> {
    const capacity = most - ids.size;
    const fresh = [...new Set(given)].filter((id) => !ids.has(id));
    if (fresh.length > capacity && !isFull) {
      isFull = true;
      log.warn('backfill.not_remembered', { most, why: 'a webhook that comes late is then delivered as well' });
    }
    const taken = fresh.slice(0, Math.max(0, capacity));
    if (taken.length === 0) return;
    for (const id of taken) ids.add(id);
    const atMs = now();
    await file.appendFile(taken.map((id) => `${id} ${atMs}\n`).join(''));
    await file.datasync();
  }
  return {
    has: ids.has,
    get size() {
      return ids.size;
    },
    add: (given) => inTurn(() => append(given)),
    close: () => inTurn(() => file.close()),
  };
}

/** Of a stopped connector: changes nothing. */
export async function readBackfilledIds(path: string, nowMs: number): Promise<BackfilledLookup> {
  return (await load(path, nowMs - forgetAfterMs, maxIds)).ids;
}

/** The id of a line that is whole and young enough. */
function idIn(text: string, afterMs: number): string | undefined {
  const [, id, atMs] = line.exec(text) ?? [];
  return Number(atMs) > afterMs ? id : undefined;
}

async function load(path: string, afterMs: number, most: number): Promise<{ ids: IdSet; isWhole: boolean }> {
  const ids = idSet();
  let isWhole = true;
  let bytes = 0;
  for await (const text of linesIn(path)) {
    bytes += text.length + 1;
    const id = idIn(text, afterMs);
    if (id !== undefined && ids.size < most) ids.add(id);
    else isWhole = false;
  }
  // A line whose end is missing would run into the next one.
  const isEnded = bytes === 0 || (await stat(path)).size === bytes;
  return { ids, isWhole: isWhole && isEnded };
}

async function* linesIn(path: string): AsyncGenerator<string> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    if (reasonOf(cause) === 'ENOENT') return undefined;
    throw cause;
  });
  if (file !== undefined) yield* file.readLines({ encoding: 'latin1' });
}

const linesAtOnce = 10_000;

/** The lines that stay, many at once. */
async function* keptLines(path: string, afterMs: number, most: number): AsyncGenerator<string> {
  let kept = 0;
  let some: string[] = [];
  for await (const text of linesIn(path)) {
    if (idIn(text, afterMs) === undefined || kept >= most) continue;
    kept += 1;
    if (some.push(`${text}\n`) < linesAtOnce) continue;
    yield some.join('');
    some = [];
  }
  yield some.join('');
}

export type BackfilledLookup = Pick<BackfilledIds, 'has' | 'size'>;

/** Whether an event of a body came a second time, after a back-fill had brought it. */
export const isDuplicateOfBackfill = (origin: Origin, id: string, backfilled: BackfilledLookup | undefined): boolean =>
  origin === 'webhook' && backfilled !== undefined && backfilled.size > 0 && backfilled.has(id);

/** The events of a body, with those marked that came after a back-fill had brought them: no destination is sent them. */
export function* withoutDuplicates(
  events: Iterable<NormalizedEvent>,
  { metadata: { origin } }: KeptBody,
  backfilled: BackfilledLookup | undefined,
): Generator<NormalizedEvent> {
  for (const event of events) {
    yield isDuplicateOfBackfill(origin, event.id, backfilled) ? { ...event, filtered: 'duplicate_of_backfill' } : event;
  }
}
