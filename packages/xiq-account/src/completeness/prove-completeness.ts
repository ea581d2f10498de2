// Proves by message type and hour that all logged events are stored and confirmed by each destination.
import { logOfMessageType } from '../rest/log-pages.ts';
import type { EventSummary } from '../rest/log-reader.ts';
import {
  type Cell,
  type CellState,
  cellStates,
  type DestinationCounts,
  type DestinationRecord,
  type MissingEvent,
  type Proof,
  type ProofInput,
  type Reason,
  type StoredEvent,
  type TimeSpan,
  type XiqHour,
} from './proof.ts';

const hourMs = 3_600_000;
const hourOf = (timeMs: number): number => Math.floor(timeMs / hourMs) * hourMs;
const isIn = ({ fromMs, toMs }: TimeSpan, timeMs: number): boolean => timeMs >= fromMs && timeMs < toMs;

/** An hour, cut to the requested span. */
interface Hour extends TimeSpan {
  readonly hourMs: number;
}

function* hoursOf({ fromMs, toMs }: TimeSpan): Generator<Hour> {
  for (let at = hourOf(fromMs); at < toMs; at += hourMs) {
    yield { hourMs: at, fromMs: Math.max(fromMs, at), toMs: Math.min(toMs, at + hourMs) };
  }
}

/** The stored event of each logged event, by the id of the logged one. */
type Pairs = ReadonlyMap<string, StoredEvent>;

/** An event has the stored event with its id, or else one with its pairing key that no other event has. */
function pairEvents({ xiq, kept }: ProofInput): Pairs {
  const pairs = new Map<string, StoredEvent>();
  const unpaired: EventSummary[] = [];
  for (const { events } of [...xiq.values()].flatMap((ofType) => [...ofType.values()])) {
    for (const event of events) {
      const same = kept.get(event.id);
      if (same === undefined) unpaired.push(event);
      else pairs.set(event.id, same);
    }
  }
  // The last first, so that `pop` returns the first.
  const others = [...kept.values()].reverse().filter(({ id }) => !pairs.has(id));
  const byKey = Map.groupBy(others, ({ pairingKey }) => pairingKey);
  for (const { id, pairingKey } of unpaired) {
    if (pairingKey === undefined || pairs.has(id)) continue;
    const other = byKey.get(pairingKey)?.pop();
    if (other !== undefined) pairs.set(id, other);
  }
  return pairs;
}

/** Stored events that are in no log, by type and hour. */
function unloggedByHour({ kept, ...span }: ProofInput, pairs: Pairs): ReadonlyMap<string, readonly StoredEvent[]> {
  const logged = new Set(pairs.values());
  const unlogged = [...kept.values()].filter((event) => !logged.has(event) && isIn(span, event.timeMs));
  return Map.groupBy(unlogged, ({ messageType, timeMs }) => cellKey(messageType, hourOf(timeMs)));
}

const cellKey = (type: string, hour: number): string => `${type} ${hour}`;

function countsOf(destination: DestinationRecord, kept: readonly EventSummary[]): DestinationCounts {
  const counts = { confirmed: 0, deadLettered: 0, filtered: 0, waiting: 0 };
  for (const { id } of kept) counts[destination.stateOf(id) ?? 'waiting']++;
  return { name: destination.name, assurance: destination.assurance, ...counts };
}

/** Logged events that were not received, or that a destination has not confirmed. */
function* missingOf(
  events: readonly EventSummary[],
  { destinations }: ProofInput,
  pairs: Pairs,
): Generator<MissingEvent> {
  for (const event of events) {
    const { id, timeMs, user, action } = pairs.get(event.id) ?? event;
    const summary = { id, timeMs, user, action };
    if (!pairs.has(event.id)) {
      yield { ...summary, reason: 'notReceived' };
      continue;
    }
    for (const destination of destinations) {
      const state = destination.stateOf(id) ?? 'waiting';
      if (state === 'deadLettered' || state === 'waiting')
        yield { ...summary, reason: state, destination: destination.name };
    }
  }
}

function reasonOf(type: string, hour: Hour, read: XiqHour | undefined, input: ProofInput): Reason | undefined {
  if (logOfMessageType(type) === undefined) {
    return { code: 'no_rest_log', message: 'ExtremeCloud IQ has no log of this type.' };
  }
  const isUnavailable =
    input.unavailableSpans?.some(({ fromMs, toMs }) => fromMs < hour.toMs && toMs > hour.fromMs) ?? false;
  if (isUnavailable) {
    const message = 'The journal no longer has all requests received in this hour.';
    return { code: 'bodies_unavailable', message };
  }
  if (input.logFinalMs !== undefined && hour.toMs > input.logFinalMs) {
    return { code: 'log_not_final', message: 'The log of this hour is not final: its events may still arrive.' };
  }
  if (read === undefined) return { code: 'not_read', message: "ExtremeCloud IQ's log of this hour was not read." };
  return read.uncertainty === undefined ? undefined : { code: 'uncertain', message: read.uncertainty };
}

/** `surplus` needs a completely read log; `missing` does not. */
function stateOf(missing: readonly MissingEvent[], surplus: number, reason: Reason | undefined): CellState {
  // An event that was not found may have been stored before, or may still arrive. A dead letter is missing in any case.
  const mayBeStored = reason?.code === 'bodies_unavailable' || reason?.code === 'log_not_final';
  if (missing.some((event) => event.reason === 'deadLettered' || !mayBeStored)) return 'missing';
  if (reason !== undefined) return 'unprovable';
  return surplus > 0 ? 'surplus' : 'complete';
}

/** The logged events of the hour, without duplicates: an event without a time may be in two chunks. */
function loggedIn(hour: Hour, read: XiqHour | undefined): readonly EventSummary[] {
  const ofHour = (read?.events ?? []).filter(({ timeMs }) => timeMs === undefined || isIn(hour, timeMs));
  return [...new Map(ofHour.map((event) => [event.id, event])).values()];
}

/**
 * Pairs of events with the same time and user, which are probably one event with different texts. A hint for the operator,
 * not a proof. Each event is in one pair at most.
 */
function probablySame(left: readonly EventSummary[], right: readonly EventSummary[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  const unpaired = new Map<string, string[]>();
  for (const event of right) {
    const key = keyOf(event);
    if (key !== undefined) unpaired.set(key, [...(unpaired.get(key) ?? []), event.id]);
  }
  for (const event of left) {
    const key = keyOf(event);
    const other = key === undefined ? undefined : unpaired.get(key)?.shift();
    if (other === undefined) continue;
    pairs.set(event.id, other);
    pairs.set(other, event.id);
  }
  return pairs;
}

const keyOf = ({ timeMs, user }: EventSummary): string | undefined =>
  timeMs === undefined ? undefined : `${timeMs} ${user ?? ''}`;

/** `unlogged`: the stored events of the hour that are in no log. */
function cellOf(type: string, hour: Hour, unlogged: readonly StoredEvent[], input: ProofInput, same: Pairs): Cell {
  const { destinations, maxListed = 100 } = input;
  const read = logOfMessageType(type) === undefined ? undefined : input.xiq.get(type)?.get(hour.hourMs);
  const logged = loggedIn(hour, read);
  const surplus = read === undefined ? [] : unlogged;
  const missing = [...missingOf(logged, input, same)];
  const notReceived = missing.filter((event) => event.reason === 'notReceived');
  const reason = reasonOf(type, hour, read, input);
  const pairs = probablySame(notReceived, surplus);
  const paired = <Event extends EventSummary>(event: Event) => {
    const probableMatchId = pairs.get(event.id);
    return probableMatchId === undefined ? event : { ...event, probableMatchId };
  };
  const storedEvents = [...logged.flatMap(({ id }) => same.get(id) ?? []), ...unlogged];
  const distinct = new Set(missing.map(({ id }) => id)).size;
  return {
    type,
    hourMs: hour.hourMs,
    state: stateOf(missing, surplus.length, reason),
    ...(reason !== undefined && { reason }),
    xiq: read === undefined ? undefined : logged.length,
    kept: storedEvents.length,
    destinations: destinations.map((destination) => countsOf(destination, storedEvents)),
    missing: {
      count: distinct,
      notReceived: notReceived.length,
      deadLettered: missing.filter((event) => event.reason === 'deadLettered').length,
      waiting: missing.filter((event) => event.reason === 'waiting').length,
      events: missing.slice(0, maxListed).map(paired),
    },
    surplus: { count: surplus.length, events: surplus.slice(0, maxListed).map(paired) },
    probablySame: pairs.size / 2,
  };
}

/** Returns a cell for each message type and hour, sorted by type and hour. Pure. */
export function proveCompleteness(input: ProofInput): Proof {
  const pairs = pairEvents(input);
  const unlogged = unloggedByHour(input, pairs);
  const hours = [...hoursOf(input)];
  return proofOf(
    input.types.flatMap((type) =>
      hours.map((hour) => cellOf(type, hour, unlogged.get(cellKey(type, hour.hourMs)) ?? [], input, pairs)),
    ),
  );
}

/** Combines cells, also those of proofs of several spans. */
export function proofOf(cells: readonly Cell[]): Proof {
  const states = { missing: 0, surplus: 0, unprovable: 0, complete: 0 };
  for (const { state } of cells) states[state]++;
  const state = cellStates.find((candidate) => states[candidate] > 0) ?? 'complete';
  return { cells, state, states };
}
