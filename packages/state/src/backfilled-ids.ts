// The ids of events that a back-fill stored, so that a webhook that brings one later is recognized. Durable.
import { crc32 } from 'node:zlib';
import { createSerialQueue, type Logger, type NormalizedEvent, type Origin, type StoredBody } from '@xiq-siem/core';
import { z } from 'zod';
import { type IdSet, idSet, isEventId } from './id-set.ts';
import type { Database, Reading, Statement } from './sqlite/database.ts';

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
}

/** No webhook is expected later than this. */
const forgetAfterMs = 30 * 86_400_000;
/** 21 MB on disk, 20 MB in memory; more are not remembered, until some are forgotten at an opening. */
const maxIds = 1_000_000;
/** A digit, and 40 hex digits as bytes. */
export const idBytes = 21;
const rowsAtOnce = 500;

interface BackfilledIdsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
  readonly maxIds?: number;
}

export async function openBackfilledIds(
  database: Database,
  { now, log, maxIds: most = maxIds }: BackfilledIdsOptions,
): Promise<BackfilledIds> {
  const afterMs = now() - forgetAfterMs;
  await database.write([{ sql: 'DELETE FROM backfilled_ids WHERE at_ms <= ?', parameters: [Math.trunc(afterMs)] }]);
  const ids = await load(database, afterMs, most, log);
  const inTurn = createSerialQueue();
  let isFull = false;

  async function append(given: readonly string[]): Promise<void> {
    const capacity = most - ids.size;
    const fresh = [...new Set(given)].filter((id) => !ids.has(id));
    if (fresh.length > capacity && !isFull) {
      isFull = true;
      log.warn('backfill.ids_full', { most, why: 'a webhook that comes late is then delivered as well' });
    }
    const taken = fresh.slice(0, Math.max(0, capacity));
    if (taken.length === 0) return;
    await database.write([idsStatement(taken, now())]);
    for (const id of taken) ids.add(id);
  }
  return {
    has: ids.has,
    get size() {
      return ids.size;
    },
    add: (given) => inTurn(() => append(given)),
  };
}

/** Of a stopped connector: changes nothing. */
export const readBackfilledIds = (database: Reading, nowMs: number, log: Logger): Promise<BackfilledLookup> =>
  load(database, nowMs - forgetAfterMs, maxIds, log);

export function idsStatement(ids: readonly string[], atMs: number): Statement {
  const bytes = Buffer.concat(ids.map((id) => Buffer.from(`0${id}`, 'hex')));
  return {
    sql: 'INSERT INTO backfilled_ids (at_ms, ids, crc) VALUES (?, ?, ?)',
    parameters: [Math.trunc(atMs), bytes, crc32(bytes)],
  };
}

const idsRow = z.object({ id: z.int(), ids: z.instanceof(Uint8Array), crc: z.int() });

/** Whether a row of the table is as it was written. */
export function isIntactIds(value: unknown): boolean {
  const row = idsRow.safeParse(value);
  return row.success && crc32(row.data.ids) === row.data.crc;
}

async function load(database: Reading, afterMs: number, most: number, log: Logger): Promise<IdSet> {
  const ids = idSet();
  const sql = `SELECT id, ids, crc FROM backfilled_ids WHERE id > ? AND at_ms > ? ORDER BY id LIMIT ${rowsAtOnce}`;
  for (let after = 0; ; ) {
    const rows = z.array(idsRow).parse(await database.read(sql, [after, Math.trunc(afterMs)]));
    for (const { id, ids: bytes, crc } of rows) {
      after = id;
      if (crc32(bytes) !== crc)
        log.error('state.document_unreadable', { document: `backfilled_ids ${id}`, why: 'its checksum is wrong' });
      else addTo(ids, bytes, most);
    }
    if (rows.length < rowsAtOnce) return ids;
  }
}

function addTo(ids: IdSet, bytes: Uint8Array, most: number): void {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  for (let at = 0; at < hex.length && ids.size < most; at += 2 * idBytes) {
    const id = hex.slice(at + 1, at + 2 * idBytes);
    if (isEventId(id)) ids.add(id);
  }
}

export type BackfilledLookup = Pick<BackfilledIds, 'has' | 'size'>;

/** Whether an event of a body came a second time, after a back-fill had brought it. */
export const isDuplicateOfBackfill = (origin: Origin, id: string, backfilled: BackfilledLookup | undefined): boolean =>
  origin === 'webhook' && backfilled !== undefined && backfilled.size > 0 && backfilled.has(id);

/** The events of a body, with those marked that came after a back-fill had brought them: no destination is sent them. */
export function* markDuplicates(
  events: Iterable<NormalizedEvent>,
  { metadata: { origin } }: StoredBody,
  backfilled: BackfilledLookup | undefined,
): Generator<NormalizedEvent> {
  for (const event of events) {
    yield isDuplicateOfBackfill(origin, event.id, backfilled) ? { ...event, filtered: 'duplicate_of_backfill' } : event;
  }
}
