// The proof: by message type and hour, whether what ExtremeCloud IQ logged is what we kept and every destination has.
import { logOfMessageType } from '../rest/log-pages.ts';
import type { EventFacts } from '../rest/log-reader.ts';
import {
  type Cell,
  type CellState,
  cellStates,
  type DestinationCounts,
  type DestinationRecord,
  type KeptEvent,
  type MissingEvent,
  type Proof,
  type ProofInput,
  type Reason,
  type TimeSpan,
  type XiqHour,
} from './proof.ts';

const hourMs = 3_600_000;
const hourOf = (timeMs: number): number => Math.floor(timeMs / hourMs) * hourMs;
const isIn = ({ fromMs, toMs }: TimeSpan, timeMs: number): boolean => timeMs >= fromMs && timeMs < toMs;

/** An hour, or what of it lies in the span that is asked for. */
interface Hour extends TimeSpan {
  readonly hourMs: number;
}

function* hoursOf({ fromMs, toMs }: TimeSpan): Generator<Hour> {
  for (let at = hourOf(fromMs); at < toMs; at += hourMs) {
    yield { hourMs: at, fromMs: Math.max(fromMs, at), toMs: Math.min(toMs, at + hourMs) };
  }
}

/** Kept events that are in no log that was read, by type and hour. */
function unloggedByHour({ xiq, kept, ...span }: ProofInput): ReadonlyMap<string, readonly KeptEvent[]> {
  const logged = new Set<string>();
  const hours = [...xiq.values()].flatMap((ofType) => [...ofType.values()]);
  for (const { events } of hours) for (const { id } of events) logged.add(id);
  const found = new Map<string, KeptEvent[]>();
  for (const event of kept.values()) {
    if (logged.has(event.id) || !isIn(span, event.timeMs)) continue;
    const key = cellKey(event.messageType, hourOf(event.timeMs));
    const others = found.get(key);
    if (others === undefined) found.set(key, [event]);
    else others.push(event);
  }
  return found;
}

const cellKey = (type: string, hour: number): string => `${type} ${hour}`;

function countsOf(destination: DestinationRecord, kept: readonly EventFacts[]): DestinationCounts {
  const counts = { confirmed: 0, deadLettered: 0, filtered: 0, waiting: 0 };
  for (const { id } of kept) counts[destination.stateOf(id) ?? 'waiting']++;
  return { name: destination.name, assurance: destination.assurance, ...counts };
}

/** What of the log did not reach us, or not every destination that wants it. */
function* missingOf(events: readonly EventFacts[], { kept, destinations }: ProofInput): Generator<MissingEvent> {
  for (const { id, timeMs, user, action } of events) {
    const attributes = { id, timeMs, user, action };
    if (!kept.has(id)) {
      yield { ...attributes, why: 'notKept' };
      continue;
    }
    for (const destination of destinations) {
      const state = destination.stateOf(id) ?? 'waiting';
      if (state === 'deadLettered' || state === 'waiting')
        yield { ...attributes, why: state, destination: destination.name };
    }
  }
}

function reasonOf(type: string, hour: Hour, read: XiqHour | undefined, input: ProofInput): Reason | undefined {
  if (logOfMessageType(type) === undefined) {
    return { code: 'no_rest_log', message: 'ExtremeCloud IQ has no log of this type that can be asked for.' };
  }
  const gone = input.goneBodies?.some(({ fromMs, toMs }) => fromMs < hour.toMs && toMs > hour.fromMs) ?? false;
  if (gone) {
    const message = 'Bodies that were received in this hour are no longer in the journal.';
    return { code: 'bodies_gone', message };
  }
  if (input.settledMs !== undefined && hour.toMs > input.settledMs) {
    return { code: 'not_settled', message: 'This hour is too young: its events may still be on their way.' };
  }
  if (read === undefined) return { code: 'not_read', message: "ExtremeCloud IQ's log of this hour was not read." };
  return read.doubt === undefined ? undefined : { code: 'doubtful', message: read.doubt };
}

/** What is missing is missing whatever else is not known; what is surplus is so only in a log that was read wholly. */
function stateOf(missing: readonly MissingEvent[], surplus: number, reason: Reason | undefined): CellState {
  // It was perhaps kept once, or is on its way; a dead letter is neither.
  const mayBeThere = reason?.code === 'bodies_gone' || reason?.code === 'not_settled';
  if (missing.some(({ why }) => why === 'deadLettered' || !mayBeThere)) return 'missing';
  if (reason !== undefined) return 'unprovable';
  return surplus > 0 ? 'surplus' : 'whole';
}

/** Each event of the log once: one without a time may have been read twice, at the border of two readings. */
function loggedIn(hour: Hour, read: XiqHour | undefined): readonly EventFacts[] {
  const here = (read?.events ?? []).filter(({ timeMs }) => timeMs === undefined || isIn(hour, timeMs));
  return [...new Map(here.map((event) => [event.id, event])).values()];
}

/**
 * Events that are probably one, worded differently: a hint for who looks into it, never a proof. Each event of `left` and of
 * `right` is in one pair at most: of those of one time and one user, in their order.
 */
function probablySame(left: readonly EventFacts[], right: readonly EventFacts[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  const waiting = new Map<string, string[]>();
  for (const event of right) {
    const key = keyOf(event);
    if (key !== undefined) waiting.set(key, [...(waiting.get(key) ?? []), event.id]);
  }
  for (const event of left) {
    const key = keyOf(event);
    const other = key === undefined ? undefined : waiting.get(key)?.shift();
    if (other === undefined) continue;
    pairs.set(event.id, other);
    pairs.set(other, event.id);
  }
  return pairs;
}

const keyOf = ({ timeMs, user }: EventFacts): string | undefined =>
  timeMs === undefined ? undefined : `${timeMs} ${user ?? ''}`;

/** `unlogged` are the kept events of the hour that are in no log that was read. */
function cellOf(type: string, hour: Hour, unlogged: readonly KeptEvent[], input: ProofInput): Cell {
  const { kept, destinations, maxListed = 100 } = input;
  const read = logOfMessageType(type) === undefined ? undefined : input.xiq.get(type)?.get(hour.hourMs);
  const logged = loggedIn(hour, read);
  const surplus = read === undefined ? [] : unlogged;
  const missing = [...missingOf(logged, input)];
  const notKept = missing.filter(({ why }) => why === 'notKept');
  const reason = reasonOf(type, hour, read, input);
  const pairs = probablySame(notKept, surplus);
  const paired = <Event extends EventFacts>(event: Event) => {
    const probably = pairs.get(event.id);
    return probably === undefined ? event : { ...event, probably };
  };
  const keptHere = [...logged.filter(({ id }) => kept.has(id)), ...unlogged];
  const different = new Set(missing.map(({ id }) => id)).size;
  return {
    type,
    hourMs: hour.hourMs,
    state: stateOf(missing, surplus.length, reason),
    ...(reason !== undefined && { reason }),
    xiq: read === undefined ? undefined : logged.length,
    kept: keptHere.length,
    destinations: destinations.map((destination) => countsOf(destination, keptHere)),
    missing: {
      count: different,
      notKept: notKept.length,
      deadLettered: missing.filter(({ why }) => why === 'deadLettered').length,
      waiting: missing.filter(({ why }) => why === 'waiting').length,
      events: missing.slice(0, maxListed).map(paired),
    },
    surplus: { count: surplus.length, events: surplus.slice(0, maxListed).map(paired) },
    probablySame: pairs.size / 2,
  };
}

/** A cell for each message type and hour, type by type, the hours in their order. Pure. */
export function proveCompleteness(input: ProofInput): Proof {
  const unlogged = unloggedByHour(input);
  const hours = [...hoursOf(input)];
  return proofOf(
    input.types.flatMap((type) =>
      hours.map((hour) => cellOf(type, hour, unlogged.get(cellKey(type, hour.hourMs)) ?? [], input)),
    ),
  );
}

/** What cells say together: also of proofs of several spans, where one of all would hold too many events. */
export function proofOf(cells: readonly Cell[]): Proof {
  const states = { missing: 0, surplus: 0, unprovable: 0, whole: 0 };
  for (const { state } of cells) states[state]++;
  const state = cellStates.find((candidate) => states[candidate] > 0) ?? 'whole';
  return { cells, state, states };
}
