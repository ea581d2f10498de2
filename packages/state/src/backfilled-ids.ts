// The ids of events that a back-fill kept, so that a webhook that comes after it is known for what it is. Durable.
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { KeptBody, Logger, NormalizedEvent, Origin } from '@xiq-siem/core';
import { type IdSet, idSet } from './id-set.ts';

export interface BackfilledIds {
  has(id: string): boolean;
  readonly size: number;
  /**
   * Resolves when they are on disk; those that are known already are passed over. To be called when their body is
   * synced, and not before: an id that stood here while its body did not would have the webhook filtered, and the event
   * were nowhere. The other way round a kill in between makes an event that a late webhook brings a second time; and
   * not even that, since the job that goes on finds the body in its scan of the journal, and adds its ids again.
   */
  add(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** No webhook is expected later than this. */
const forgetAfterMs = 30 * 86_400_000;
/** 55 MB on disk, 20 MB in memory; what comes beyond is not remembered, until some are forgotten at an opening. */
const maxIds = 1_000_000;
const line = /^(\d[0-9a-f]{40}) (\d{1,15})$/;

export interface BackfilledIdsOptions {
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
  const isKept = youngerThan(now() - forgetAfterMs);
  const { ids, isWhole } = await load(path, isKept, most);
  if (!isWhole) await rewrite(path, isKept, most);
  const file = await open(path, 'a', 0o600);
  let turn: Promise<unknown> = Promise.resolve();
  let isFull = false;

  async function append(given: readonly string[]): Promise<void> {
    const room = most - ids.size;
    const fresh = [...new Set(given)].filter((id) => !ids.has(id));
    if (fresh.length > room && !isFull) {
      isFull = true;
      log.warn('backfill.not_remembered', { most, why: 'a webhook that comes late is then delivered as well' });
    }
    const taken = fresh.slice(0, Math.max(0, room));
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
    add(given) {
      const mine = turn.then(() => append(given));
      turn = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await turn;
      await file.close();
    },
  };
}

/** Of a stopped connector: reads, and changes nothing. */
export async function readBackfilledIds(path: string, nowMs: number): Promise<BackfilledLookup> {
  return (await load(path, youngerThan(nowMs - forgetAfterMs), maxIds)).ids;
}

type IsKept = (text: string) => boolean;

const youngerThan =
  (ms: number): IsKept =>
  (text) =>
    Number(line.exec(text)?.[2] ?? 0) > ms;

async function load(path: string, isKept: IsKept, most: number): Promise<{ ids: IdSet; isWhole: boolean }> {
  const ids = idSet();
  let isWhole = true;
  let bytes = 0;
  for await (const text of linesIn(path)) {
    bytes += text.length + 1;
    const [, id] = line.exec(text) ?? [];
    if (id !== undefined && isKept(text) && ids.size < most) ids.add(id);
    else isWhole = false;
  }
  // A line whose end is missing would run into the next one.
  const isEnded = bytes === 0 || (await stat(path)).size === bytes;
  return { ids, isWhole: isWhole && isEnded };
}

async function* linesIn(path: string): AsyncGenerator<string> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return;
    throw cause;
  }
  await file.close();
  yield* createInterface({ input: createReadStream(path, 'latin1'), crlfDelay: Number.POSITIVE_INFINITY });
}

const linesAtOnce = 10_000;

async function rewrite(path: string, isKept: IsKept, most: number): Promise<void> {
  {
    await using file = await open(`${path}.new`, 'w', 0o600);
    let [kept, some]: [number, string[]] = [0, []];
    for await (const text of linesIn(path)) {
      if (!isKept(text) || kept >= most) continue;
      kept++;
      some.push(`${text}\n`);
      if (some.length < linesAtOnce) continue;
      await file.appendFile(some.join(''));
      some = [];
    }
    await file.appendFile(some.join(''));
    await file.datasync();
  }
  await rename(`${path}.new`, path);
}

export type BackfilledLookup = Pick<BackfilledIds, 'has' | 'size'>;

/** Whether an event of a body came a second time, after a back-fill had brought it. */
export const isDuplicateOfBackfill = (origin: Origin, id: string, backfilled: BackfilledLookup | undefined): boolean =>
  origin === 'webhook' && backfilled !== undefined && backfilled.size > 0 && backfilled.has(id);

/** The events of a body, those marked that came after a back-fill had brought them: no destination is sent them. */
export function withoutDuplicates(
  events: Iterable<NormalizedEvent>,
  { metadata: { origin } }: KeptBody,
  backfilled: BackfilledLookup | undefined,
): Iterable<NormalizedEvent> {
  if (origin !== 'webhook' || backfilled === undefined || backfilled.size === 0) return events;
  return marked(events, backfilled);
}

function* marked(events: Iterable<NormalizedEvent>, { has }: BackfilledLookup): Generator<NormalizedEvent> {
  for (const event of events) yield has(event.id) ? { ...event, filtered: 'duplicate_of_backfill' } : event;
}
