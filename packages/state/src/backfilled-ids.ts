// Stores the ids of back-filled events, so that a later webhook with the same event is recognized as a duplicate.
import { crc32 } from 'node:zlib';
import { createSerialQueue, type Logger, type NormalizedEvent, type Origin, type StoredBody } from '@xiq-siem/core';
import { z } from 'zod';
import { type IdSet, idSet, isEventId } from './id-set.ts';
import type { Database, Reading, Statement } from './sqlite/database.ts';

export interface BackfilledIds {
  has(id: string): boolean;
  readonly size: number;
  /**
   * Resolves when they are on disk; known ids are skipped. Call it only after their body is synced: if an id were on disk
   * without its body, the webhook would be filtered and the event lost. If the process is killed in between, the resumed
   * job finds the body in the journal and adds its ids.
   */
  add(ids: readonly string[]): Promise<void>;
}

/** Webhooks are not expected later than this. */
const forgetAfterMs = 30 * 86_400_000;
/** 21 MB on disk, 20 MB in memory. More ids are not stored until old ones are removed at a start. */
const maxIds = 1_000_000;
/** Bytes of a stored id: a digit and 40 hex digits. */
export const idBytes = 21;
const rowsAtOnce = 500;

interface BackfilledIdsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly mayDeleteByAge: () => boolean;
  readonly log: Logger;
  readonly maxIds?: number;
}

export async function openBackfilledIds(
  database: Database,
  { now, mayDeleteByAge, log, maxIds: max = maxIds }: BackfilledIdsOptions,
): Promise<BackfilledIds> {
  const afterMs = mayDeleteByAge() ? now() - forgetAfterMs : Number.MIN_SAFE_INTEGER;
  await database.write([{ sql: 'DELETE FROM backfilled_ids WHERE at_ms <= ?', parameters: [Math.trunc(afterMs)] }]);
  const ids = await loadIds(database, afterMs, max, log);
  const inTurn = createSerialQueue();
  let isFull = false;

  async function addIds(given: readonly string[]): Promise<void> {
    const capacity = max - ids.size;
    const fresh = [...new Set(given)].filter((id) => !ids.has(id));
    if (fresh.length > capacity && !isFull) {
      isFull = true;
      log.warn('backfill.ids_full', { max, effect: 'events of later webhooks may be delivered twice' });
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
    add: (given) => inTurn(() => addIds(given)),
  };
}

/** For a stopped connector: changes nothing. */
export const readBackfilledIds = (database: Reading, nowMs: number, log: Logger): Promise<BackfilledLookup> =>
  loadIds(database, nowMs - forgetAfterMs, maxIds, log);

export function idsStatement(ids: readonly string[], atMs: number): Statement {
  const bytes = Buffer.concat(ids.map((id) => Buffer.from(`0${id}`, 'hex')));
  return {
    sql: 'INSERT INTO backfilled_ids (at_ms, ids, crc) VALUES (?, ?, ?)',
    parameters: [Math.trunc(atMs), bytes, crc32(bytes)],
  };
}

const idsRow = z.object({ id: z.int(), ids: z.instanceof(Uint8Array), crc: z.int() });

/** Whether the checksum of a row is correct. */
export function isIntactIds(value: unknown): boolean {
  const row = idsRow.safeParse(value);
  return row.success && crc32(row.data.ids) === row.data.crc;
}

async function loadIds(database: Reading, afterMs: number, max: number, log: Logger): Promise<IdSet> {
  const ids = idSet();
  const sql = `SELECT id, ids, crc FROM backfilled_ids WHERE id > ? AND at_ms > ? ORDER BY id LIMIT ${rowsAtOnce}`;
  for (let after = 0; ; ) {
    const rows = z.array(idsRow).parse(await database.read(sql, [after, Math.trunc(afterMs)]));
    for (const { id, ids: bytes, crc } of rows) {
      after = id;
      if (crc32(bytes) !== crc)
        log.error('state.document_unreadable', { document: `backfilled_ids ${id}`, error: 'its checksum is wrong' });
      else addTo(ids, bytes, max);
    }
    if (rows.length < rowsAtOnce) return ids;
  }
}

function addTo(ids: IdSet, bytes: Uint8Array, max: number): void {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  for (let at = 0; at < hex.length && ids.size < max; at += 2 * idBytes) {
    const id = hex.slice(at + 1, at + 2 * idBytes);
    if (isEventId(id)) ids.add(id);
  }
}

export type BackfilledLookup = Pick<BackfilledIds, 'has' | 'size'>;

/** Whether a webhook event was back-filled before. */
export const isDuplicateOfBackfill = (origin: Origin, id: string, backfilled: BackfilledLookup | undefined): boolean =>
  origin === 'webhook' && backfilled !== undefined && backfilled.size > 0 && backfilled.has(id);

/** Marks webhook events that were back-filled before as filtered: they are not sent. */
export function* markDuplicates(
  events: Iterable<NormalizedEvent>,
  { metadata: { origin } }: StoredBody,
  backfilled: BackfilledLookup | undefined,
): Generator<NormalizedEvent> {
  for (const event of events) {
    yield isDuplicateOfBackfill(origin, event.id, backfilled) ? { ...event, filtered: 'duplicate_of_backfill' } : event;
  }
}
