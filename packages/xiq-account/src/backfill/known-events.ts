// Knows the stored events of a span, from webhooks and back-fills, by a scan of the journal that can catch up.
import { type FetchedEvents, idMap, idSet, isDuplicateOfBackfill, slotFinder, slotId } from '@xiq-siem/state';
import type { EventSummary, LogEvent } from '../rest/log-reader.ts';
import { backfillError } from './backfill-errors.ts';
import { type JournalAccess, journalEvents, lookbackMs, retainedSinceMs, type ScannedSpan } from './journal-events.ts';

export type KnownEvents = ReturnType<typeof knownEvents>;

export interface KnownEventsOptions extends ScannedSpan {
  readonly access: JournalAccess;
  /** Receives the fetched events that the scan finds. */
  readonly onFetched?: (fetched: readonly FetchedEvents[]) => Promise<void>;
}

/** About 100 MB of memory. */
const maxEvents = 3_000_000;
const fetchedAtOnce = 1_000;
/** So that a scan ends if it cannot keep up with reception. */
const maxScans = 10;

/** A webhook event that was filtered does not count: its event is the fetched one. */
export function knownEvents(options: KnownEventsOptions) {
  const { access, account, fromMs, toMs, messageTypes, aheadMs, onFetched } = options;
  const types = new Set(messageTypes);
  const ids = idSet();
  /** By the slots of their pairing keys. */
  const webhooks = idMap();
  const fetched = idSet();
  const freeSlot = { webhook: slotFinder(webhooks), fetched: slotFinder(fetched) };
  /** Not yet passed to `onFetched`: the number of fetched events by pairing key, and ids of those without one. */
  const fresh = { rows: new Map<string, number>(), ids: [] as string[] };
  /** By pairing key: the number of its webhook events that `onFetched` has stored. */
  const storedKept = new Map<string, number>();
  /** An event without a readable time may be in the span. */
  const isIn = (timeMs: number | undefined): boolean =>
    timeMs === undefined || (timeMs >= fromMs - lookbackMs && timeMs < toMs + lookbackMs);
  let next: number | undefined;

  function addEvent({ id, pairingKey }: EventSummary, isFetched: boolean): void {
    if (!ids.add(id)) return;
    if (ids.size > maxEvents) {
      throw backfillError('too_many_events', `the span has more than ${maxEvents} stored events: use a shorter span`);
    }
    if (pairingKey === undefined) {
      if (isFetched) fresh.ids.push(id);
    } else if (isFetched) {
      const slot = freeSlot.fetched(pairingKey);
      fetched.add(slot.id);
      fresh.rows.set(pairingKey, slot.n);
    } else {
      webhooks.set(freeSlot.webhook(pairingKey).id, id);
    }
  }

  function keptSince(pairingKey: string, count: number): readonly string[] {
    const kept: string[] = [];
    for (let n = count + 1; ; n++) {
      const id = webhooks.get(slotId(pairingKey, n));
      if (id === undefined) return kept;
      kept.push(id);
    }
  }

  async function passFetched(): Promise<void> {
    const asked = new Map<string, number>();
    function keptOf(pairingKey: string): readonly string[] {
      const stored = storedKept.get(pairingKey) ?? 0;
      const kept = keptSince(pairingKey, stored);
      if (kept.length > 0) asked.set(pairingKey, stored + kept.length);
      return kept;
    }
    const withKey = [...fresh.rows].map(([pairingKey, rows]) => ({ pairingKey, rows, kept: () => keptOf(pairingKey) }));
    await onFetched?.([...withKey, ...fresh.ids.map((id) => ({ id }))]);
    for (const [pairingKey, count] of asked) storedKept.set(pairingKey, count);
    fresh.rows.clear();
    fresh.ids.length = 0;
  }

  async function* catchUp(signal: AbortSignal): AsyncGenerator<{ readonly done: number; readonly total: number }> {
    next ??= await access.journal.sequenceAt(fromMs - lookbackMs - aheadMs, signal);
    // Bodies that are received during a scan are in the next one, which is shorter.
    for (let scans = 0; scans < maxScans; scans++) {
      const { firstSequence, nextSequence } = access.journal.extent();
      const first = Math.max(next, firstSequence);
      if (first >= nextSequence) break;
      yield* scanBodies(first, nextSequence, signal);
      await passFetched();
      next = nextSequence;
    }
  }

  async function* scanBodies(first: number, nextSequence: number, signal: AbortSignal) {
    for await (const step of journalEvents(access, account, { first, next: nextSequence }, signal)) {
      if (step.kind === 'progress') yield step;
      if (step.kind !== 'event') continue;
      const { event } = step;
      const { origin } = step.body.metadata;
      if (!types.has(event.messageType) || !isIn(event.timeMs)) continue;
      if (isDuplicateOfBackfill(origin, event, access.pairing)) continue;
      addEvent(event, origin === 'rest');
      if (fresh.rows.size + fresh.ids.length >= fetchedAtOnce) await passFetched();
    }
  }

  /** Call it at once after the body of the events is synced: late webhooks are filtered from then on. */
  async function addFetched(events: readonly LogEvent[]): Promise<void> {
    for (const event of events) addEvent(event, true);
    await passFetched();
  }

  /**
   * The events of a log that are not stored, in order. `rows` has all events with its pairing keys. An event with a stored
   * id is stored. Of the others with one key, as many are stored as the journal has other events with this key.
   */
  function missingOf(rows: readonly LogEvent[]): readonly LogEvent[] {
    const others = new Map<string, number>();
    const add = (key: string, count: number): void => void others.set(key, (others.get(key) ?? countOf(key)) + count);
    for (const { id, pairingKey } of rows) if (pairingKey !== undefined && ids.has(id)) add(pairingKey, -1);
    return rows.filter(({ id, pairingKey }) => {
      if (ids.has(id)) return false;
      if (pairingKey === undefined) return true;
      add(pairingKey, -1);
      return (others.get(pairingKey) ?? 0) < 0;
    });
  }
  const countOf = (key: string): number => freeSlot.webhook(key).n + freeSlot.fetched(key).n - 2;

  return {
    missingOf,
    addFetched,
    /** Scans the bodies received since the last call; the first call scans those that may contain events of the span. */
    catchUp,
  };
}

/** @throws ConnectorError `span_not_retained` if the journal no longer has all bodies of the span. */
export async function requireRetained(
  journal: JournalAccess['journal'],
  fromMs: number,
  signal: AbortSignal,
): Promise<void> {
  const sinceMs = await retainedSinceMs(journal, signal);
  if (sinceMs <= fromMs - lookbackMs) return;
  const isEmpty = !Number.isFinite(sinceMs);
  const reach = isEmpty ? 'no requests' : `only requests received since ${new Date(sinceMs).toISOString()}`;
  const earliestMs = Math.ceil((sinceMs + lookbackMs) / 60_000) * 60_000;
  const advice = isEmpty ? 'a later --from' : `--from ${new Date(earliestMs).toISOString()} or later`;
  throw backfillError(
    'span_not_retained',
    `the journal has ${reach}: back-fill cannot know which events of the span were received, and would fetch them again. ` +
      `Use ${advice}, or accept duplicates with --force-duplicates: an event that came by webhook is then delivered again, with another event id`,
  );
}
