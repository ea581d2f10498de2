// Pairs webhooks with events that a back-fill fetched before them: by pairing key, and by count.
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  createSerialQueue,
  type DurablePosition,
  type Logger,
  type NormalizedEvent,
  type Origin,
  type StoredBody,
} from '@xiq-siem/core';
import { z } from 'zod';
import { type IdSet, idSet, isEventId } from './id-set.ts';
import type { Database, Reading, Statement } from './sqlite/database.ts';

export interface BackfillPairing {
  /**
   * Whether a webhook event is filtered, because its event was fetched before. Each fetched event filters one event id of
   * its pairing key, with its resends. An id that was received before the fetch is not filtered. Later calls return the
   * same for the same event. It is the only place of this decision.
   */
  isDuplicate(event: PairedEvent): boolean;
  /** Resolves when the decisions so far are on disk. A position that counts their events as settled is saved after it. */
  flushed(): Promise<void>;
  /**
   * Resolves when they are on disk; known ones are skipped. Call it only after their body is synced: otherwise a webhook
   * could be filtered, and the event lost. If the process is killed in between, the resumed job finds the body in the
   * journal and adds them.
   */
  addFetched(fetched: readonly FetchedEvents[]): Promise<void>;
  /** Number of fetched events. */
  readonly size: number;
}

/** For readers. The decisions of a stopped connector's files stay in memory. */
export type BackfillLookup = Pick<BackfillPairing, 'isDuplicate'>;

type PairedEvent = Pick<NormalizedEvent, 'id' | 'pairingKey'>;

export type FetchedEvents =
  | {
      readonly pairingKey: string;
      /** Number of events with this key that the journal has from all fetches. */
      readonly rows: number;
      /**
       * Ids of webhook events with this key that the journal has: they are not filtered. Called only if one of the events is
       * new. Ids of earlier calls may be left out.
       */
      kept(): readonly string[];
    }
  /** An event without a pairing key: only a webhook event with the same id is filtered. */
  | { readonly id: string; readonly pairingKey?: undefined };

/** Webhooks are not expected later than this. */
const minForgetAfterMs = 30 * 86_400_000;
/**
 * Fetched events, and ids that were kept. A filtered id adds two entries: 63 MB on disk and in memory, if all are paired.
 * More are not stored until old ones are removed at a start.
 */
const maxEntries = 1_000_000;
/** Bytes of a stored entry: its kind, and a digit and 40 hex digits. */
export const entryBytes = 21;
const entriesPerRow = 1_000;
const rowsAtOnce = 500;

/** The place of a kind is its number on disk. Versions without pairing keys wrote `fetched` only. */
const kinds = ['fetched', 'kept', 'filtered', 'used'] as const;
type Kind = (typeof kinds)[number];
type Sets = Readonly<Record<Kind, IdSet>>;
interface Entry {
  readonly kind: Kind;
  readonly id: string;
}

/**
 * The slot of the n-th event of a pairing key, in the form of an event id. It is the `event.id` of versions without
 * pairing keys, so that their stored ids stay valid.
 */
export const slotId = (pairingKey: string, n: number): string =>
  `1${hash('sha256', `${pairingKey}${String(n).length}:${n}`, 'hex').slice(0, 40)}`;

interface Slot {
  readonly n: number;
  readonly id: string;
}

/** Keys with more slots are remembered. */
const fewSlots = 8;
const maxRemembered = 1_000;

/**
 * Returns the first slot of a key that a set does not have. The set only grows, and has the slots of a key in order: slots at
 * doubling distances are tried, so that many equal keys take little time.
 */
export function slotFinder(set: Pick<IdSet, 'has'>): (pairingKey: string) => Slot {
  const remembered = new Map<string, number>();
  return (pairingKey) => {
    const slotAt = (n: number): Slot => ({ n, id: slotId(pairingKey, n) });
    let last = remembered.get(pairingKey) ?? 0;
    let free = slotAt(last + 1);
    for (let step = 2; set.has(free.id); step *= 2) {
      last = free.n;
      free = slotAt(last + step);
    }
    while (free.n - last > 1) {
      const middle = slotAt(Math.floor((last + free.n) / 2));
      if (set.has(middle.id)) last = middle.n;
      else free = middle;
    }
    if (last > fewSlots) {
      if (remembered.size >= maxRemembered) remembered.clear();
      remembered.set(pairingKey, last);
    }
    return free;
  };
}

interface ReadingOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How long the journal retains bodies: no decision on them is forgotten earlier. */
  readonly retainForMs?: number | undefined;
  readonly log: Logger;
}

interface BackfillPairingOptions extends ReadingOptions {
  readonly mayDeleteByAge: () => boolean;
  readonly maxEntries?: number;
}

export async function openBackfillPairing(
  database: Database,
  { now, retainForMs, mayDeleteByAge, log, maxEntries: max = maxEntries }: BackfillPairingOptions,
): Promise<BackfillPairing> {
  const afterMs = mayDeleteByAge() ? forgottenUntilMs(now(), retainForMs) : Number.MIN_SAFE_INTEGER;
  await database.write([{ sql: 'DELETE FROM backfilled_ids WHERE at_ms <= ?', parameters: [afterMs] }]);
  const sets = await loadSets(database, afterMs, log);
  const inTurn = createSerialQueue();
  let unsaved: Entry[] = [];
  let isFull = false;

  async function saveDecisions(): Promise<void> {
    if (unsaved.length === 0) return;
    const saved = unsaved;
    unsaved = [];
    try {
      await database.write([...statementsOf(saved, now())]);
    } catch (error) {
      unsaved = [...saved, ...unsaved];
      throw error;
    }
  }

  /** The entries of one key are added together: a fetched event without the kept ids would filter those. */
  function entriesOf(fetched: FetchedEvents, capacity: number): readonly Entry[] {
    const slots = newSlots(sets.fetched, fetched);
    if (slots.length === 0) return [];
    const kept = fetched.pairingKey === undefined ? [] : fetched.kept();
    if (slots.length + kept.length > capacity) {
      if (!isFull) log.warn('backfill.ids_full', { max, effect: 'events of later webhooks may be delivered twice' });
      isFull = true;
      return [];
    }
    return [...entriesOfKind('kept', kept), ...entriesOfKind('fetched', slots)];
  }

  async function addFetchedEvents(given: readonly FetchedEvents[]): Promise<void> {
    const entries: Entry[] = [];
    for (const one of given) {
      entries.push(...entriesOf(one, max - sets.fetched.size - sets.kept.size - entries.length));
    }
    if (entries.length === 0) return;
    await database.write([...statementsOf(entries, now())]);
    for (const { kind, id } of entries) sets[kind].add(id);
  }
  return {
    isDuplicate: decider(sets, (...decision) => void unsaved.push(...decision)),
    flushed: () => inTurn(saveDecisions),
    addFetched: (given) => inTurn(() => addFetchedEvents(given)),
    get size() {
      return sets.fetched.size;
    },
  };
}

/** For a stopped connector: changes nothing. */
export async function readBackfillPairing(
  database: Reading,
  { now, retainForMs, log }: ReadingOptions,
): Promise<BackfillLookup & Pick<BackfillPairing, 'size'>> {
  const sets = await loadSets(database, forgottenUntilMs(now(), retainForMs), log);
  return { isDuplicate: decider(sets, () => {}), size: sets.fetched.size };
}

/** The entries of an older row are forgotten. */
const forgottenUntilMs = (nowMs: number, retainForMs = 0): number =>
  Math.trunc(nowMs - Math.max(minForgetAfterMs, retainForMs));

function decider(sets: Sets, onDecision: (used: Entry, filtered: Entry) => void): BackfillPairing['isDuplicate'] {
  const { fetched, kept, filtered, used } = sets;
  const firstUnused = slotFinder(used);
  return ({ id, pairingKey }) => {
    if (fetched.size === 0 && filtered.size === 0) return false;
    if (filtered.has(id)) return true;
    if (pairingKey === undefined) return fetched.has(id);
    if (kept.has(id)) return false;
    const slot = firstUnused(pairingKey);
    if (!fetched.has(slot.id)) return false;
    used.add(slot.id);
    filtered.add(id);
    onDecision({ kind: 'used', id: slot.id }, { kind: 'filtered', id });
    return true;
  };
}

function newSlots(known: IdSet, fetched: FetchedEvents): readonly string[] {
  if (fetched.pairingKey === undefined) return known.has(fetched.id) ? [] : [fetched.id];
  const { pairingKey, rows } = fetched;
  const slots: string[] = [];
  for (let n = rows; n > 0; n--) {
    const slot = slotId(pairingKey, n);
    if (known.has(slot)) break;
    slots.push(slot);
  }
  return slots;
}

const entriesOfKind = (kind: Kind, ids: readonly string[]): readonly Entry[] => ids.map((id) => ({ kind, id }));

function* statementsOf(entries: readonly Entry[], atMs: number): Generator<Statement> {
  for (let at = 0; at < entries.length; at += entriesPerRow) {
    const hex = entries.slice(at, at + entriesPerRow).map(({ kind, id }) => `${kinds.indexOf(kind)}${id}`);
    const bytes = Buffer.from(hex.join(''), 'hex');
    const sql = 'INSERT INTO backfilled_ids (at_ms, ids, crc) VALUES (?, ?, ?)';
    yield { sql, parameters: [Math.trunc(atMs), bytes, crc32(bytes)] };
  }
}

/** Ids that an older version stored. */
export const fetchedStatements = (ids: readonly string[], atMs: number): readonly Statement[] => [
  ...statementsOf(entriesOfKind('fetched', ids), atMs),
];

const idsRow = z.object({ id: z.int(), ids: z.instanceof(Uint8Array), crc: z.int() });

/** Whether the checksum of a row is correct. */
export function isIntactIds(value: unknown): boolean {
  const row = idsRow.safeParse(value);
  return row.success && crc32(row.data.ids) === row.data.crc;
}

async function loadSets(database: Reading, afterMs: number, log: Logger): Promise<Sets> {
  const sets: Sets = { fetched: idSet(), kept: idSet(), filtered: idSet(), used: idSet() };
  const sql = `SELECT id, ids, crc FROM backfilled_ids WHERE id > ? AND at_ms > ? ORDER BY id LIMIT ${rowsAtOnce}`;
  for (let after = 0; ; ) {
    const rows = z.array(idsRow).parse(await database.read(sql, [after, afterMs]));
    for (const { id, ids: bytes, crc } of rows) {
      after = id;
      if (crc32(bytes) !== crc)
        log.error('state.document_unreadable', { document: `backfilled_ids ${id}`, error: 'its checksum is wrong' });
      else addEntries(sets, bytes);
    }
    if (rows.length < rowsAtOnce) return sets;
  }
}

function addEntries(sets: Sets, bytes: Uint8Array): void {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  for (let at = 0; at < hex.length; at += 2 * entryBytes) {
    const kind = kinds[Number(hex[at])];
    const id = hex.slice(at + 1, at + 2 * entryBytes);
    if (kind !== undefined && isEventId(id)) sets[kind].add(id);
  }
}

/** Whether an event is filtered, because its event was fetched before. Only webhooks are. */
export const isDuplicateOfBackfill = (
  origin: Origin,
  event: PairedEvent,
  pairing: BackfillLookup | undefined,
): boolean => origin === 'webhook' && pairing?.isDuplicate(event) === true;

/** Marks webhook events that were fetched before as filtered: they are not sent. */
export function* markDuplicates(
  events: Iterable<NormalizedEvent>,
  { metadata: { origin } }: StoredBody,
  pairing: BackfillLookup | undefined,
): Generator<NormalizedEvent> {
  for (const event of events) {
    yield isDuplicateOfBackfill(origin, event, pairing) ? { ...event, filtered: 'duplicate_of_backfill' } : event;
  }
}

/**
 * Saves a position after the decisions on late webhooks that it counts as settled: after a crash, another webhook could be
 * filtered in the place of one that was.
 */
export function afterDecisions(
  position: DurablePosition,
  pairing: Pick<BackfillPairing, 'flushed'> | undefined,
): DurablePosition {
  if (pairing === undefined) return position;
  return {
    get position() {
      return position.position;
    },
    save: async function savePaired(next) {
      await pairing.flushed();
      await position.save(next);
    },
    close: () => position.close(),
  };
}
