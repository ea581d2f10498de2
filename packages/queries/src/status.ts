// What came, what became of it, what is stuck, and whether the sums hold.
import type { DestinationState, Gap, Incident, SourceState, Status } from '@xiq-siem/admin-api';
import { initialPosition, type Position, type PositionCounters, type RetentionGap } from '@xiq-siem/core';
import type { DestinationStatus, LastFailure } from '@xiq-siem/delivery';
import type { NotedIncident } from '@xiq-siem/state';
import type { Pace } from './pace.ts';
import { isSettled, type KnownDestination, type ReadModel, timeOf, unsettledBodies } from './read-model.ts';

/** What only a running connector knows. */
export interface LiveFigures {
  readonly startedMs: number;
  readonly accepting: { readonly ok: boolean; readonly reasons: readonly string[] };
  readonly streams: readonly DestinationStatus[];
  readonly journalMaxBytes: number;
  /** Of the journal's disk; undefined before it was looked at. */
  readonly freeBytes: number | undefined;
  readonly deadLetterBytes: { readonly used: number; readonly max: number };
  readonly pace: Pace;
  readonly jobsRunning: number;
  readonly sources?: readonly SourceState[];
}

export interface Identity {
  readonly version: string;
  readonly instanceId: string;
}

const never = new AbortController().signal;
const one = { maxBodies: 1, maxBytes: 1 };
/** More dead letters than are stored between two saves of a position. */
const maxEarly = 10_000;

export async function statusOf(
  readModel: ReadModel,
  identity: Identity,
  live: LiveFigures | undefined,
): Promise<Status> {
  const { journal, deadLetters, snapshot } = readModel;
  const at = readModel.now();
  const { hasEvicted: _, ...extent } = journal.extent();
  const unknown = (readModel.unknownDestinations ?? []).map((name) => ({ name, type: 'unknown' }));
  const known: readonly Described[] = [...readModel.destinations(), ...unknown];
  const destinations = await Promise.all(known.map((destination) => stateOf(readModel, destination, live)));
  const names = new Set(known.map(({ name }) => name));
  const open = [...(await deadLetters.counts()).values()].reduce((total, counts) => total + counts.open, 0);
  return {
    snapshot,
    at: timeOf(at),
    ...identity,
    destinations,
    ...(live && {
      started: timeOf(live.startedMs),
      accepting: { ok: live.accepting.ok, reasons: [...live.accepting.reasons] },
      ...(live.sources && { sources: [...live.sources] }),
    }),
    journal: {
      ...extent,
      ...(live && { maxBytes: live.journalMaxBytes, freeBytes: live.freeBytes }),
      bodiesPerSecond: live?.pace.bodiesPerSecond() ?? null,
      bytesPerHour: live?.pace.bytesPerHour() ?? null,
      // What was evicted stands in the gaps, one for each destination, rather than once for each file of it.
      lost: journal.lostSpans().flatMap((span) => (span.reason === 'evicted' ? [] : [{ ...span }])),
    },
    notConfigured: [...journal.positions().keys()].filter((name) => !names.has(name)).sort(),
    gaps: journal.retentionGaps().map(gapOf),
    incidents: (await readModel.incidents()).map(incidentOf),
    deadLetters: { open, bytes: live?.deadLetterBytes.used ?? 0, maxBytes: live?.deadLetterBytes.max },
    jobsRunning: live?.jobsRunning ?? 0,
    reconciled: destinations.every((state) => state.counters.unaccounted === 0 && state.deadLetters.unaccounted === 0),
  };
}

/** `destination:from-to`: what `acknowledge` takes. */
export const gapId = ({ destination, fromSequence, toSequence }: RetentionGap): string =>
  `${destination}:${fromSequence}-${toSequence}`;

const incidentPrefix = 'state:';

/** Of an incident that `acknowledge` takes; undefined where it is the id of a gap. */
export function incidentNumber(id: string): number | undefined {
  return id.startsWith(incidentPrefix) ? Number(id.slice(incidentPrefix.length)) : undefined;
}

function incidentOf({ id, atMs, kind, reason, file, recovered, lost }: NotedIncident): Incident {
  return { id: `${incidentPrefix}${id}`, at: timeOf(atMs), kind, reason, file, recovered, lost };
}

function gapOf(gap: RetentionGap): Gap {
  const { destination, fromSequence, toSequence, bodies, bytes, lastAtMs } = gap;
  return { id: gapId(gap), destination, fromSequence, toSequence, bodies, bytes, at: timeOf(lastAtMs) };
}

type Described = Pick<KnownDestination, 'name' | 'type'> & Partial<Pick<KnownDestination, 'assurance'>>;

async function stateOf(
  readModel: ReadModel,
  { name, type, assurance }: Described,
  live: LiveFigures | undefined,
): Promise<DestinationState> {
  const stream = live?.streams.find((candidate) => candidate.name === name);
  const position = readModel.position(name);
  const counters = stream?.counters ?? position?.counters ?? noCounters;
  return {
    name,
    type,
    assurance: stream?.assurance ?? assurance,
    state: stream?.state ?? 'unknown',
    reason: stream?.reason,
    since: timeOf(stream?.sinceMs),
    waitUntil: timeOf(stream?.waitUntilMs),
    blocked: stream?.blocked,
    lastFailure: stream?.lastFailure && failureOf(stream.lastFailure),
    lastDelivered: timeOf(stream?.lastDeliveredMs),
    lag: await lagOf(readModel, stream, position, live),
    eventsPerSecond: live?.pace.eventsPerSecond(name) ?? null,
    counters: countersOf(counters, stream),
    deadLetters: await deadLettersOf(readModel, name, position, counters.deadLettered),
    possibleDuplicates: stream?.possibleDuplicates ?? 0,
    pluginFaults: stream?.pluginFaults ?? 0,
  };
}

async function deadLettersOf(
  { deadLetters }: ReadModel,
  destination: string,
  position: Position | undefined,
  counted: number,
): Promise<DestinationState['deadLetters']> {
  const { fromRuns = 0, ...stored } = (await deadLetters.counts()).get(destination) ?? {
    open: 0,
    delivered: 0,
    dropped: 0,
    lost: 0,
  };
  let unaccounted = counted + fromRuns - stored.open - stored.delivered - stored.dropped - stored.lost;
  if (unaccounted < 0) {
    // The entry is stored first and the position after it: a crash, or a query in between, finds more entries than are
    // counted. They are the newest.
    const newest = await deadLetters.newest(destination, Math.min(-unaccounted * 2, maxEarly));
    const early = newest.filter((entry) => !(position && isSettled(position, entry.sequence, entry.element))).length;
    unaccounted += Math.min(early, -unaccounted);
  }
  return { ...stored, unaccounted };
}

async function lagOf(
  { journal, now }: ReadModel,
  stream: DestinationStatus | undefined,
  position: Position | undefined,
  live: LiveFigures | undefined,
): Promise<DestinationState['lag']> {
  const { firstSequence } = journal.extent();
  // What was evicted is a gap, not something that is still to come.
  const from = Math.max(stream?.sequence ?? position?.sequence ?? 0, firstSequence);
  const bodies = unsettledBodies({ settled: [], ...position, sequence: from }, journal);
  const bytes = journal.bytesFrom(from);
  const received = await receivedAt(journal, from);
  const pace = live?.pace.bytesPerHour() ?? null;
  const free = live === undefined ? 0 : Math.max(0, live.journalMaxBytes - bytes);
  return {
    bodies,
    bytes,
    eventsInFlight: stream?.open ?? 0,
    seconds: bodies === 0 || received === undefined ? 0 : Math.max(0, (now() - received) / 1000),
    hoursUntilFull: live === undefined || pace === null || pace <= 0 ? null : free / pace,
  };
}

/** When the first body that is not wholly settled was received. */
async function receivedAt(journal: ReadModel['journal'], sequence: number): Promise<number | undefined> {
  const { firstSequence, nextSequence } = journal.extent();
  const first = Math.max(sequence, firstSequence);
  if (first >= nextSequence) return undefined;
  const reader = journal.reader(first, nextSequence - 1);
  try {
    const [entry] = await reader.read(one, never);
    return entry?.kind === 'body' ? entry.body.metadata.receivedAtMs : undefined;
  } finally {
    await reader.close();
  }
}

/**
 * What decisions promise: normalized = delivered + dead-lettered + filtered + damaged, but for those in flight. The books
 * are kept by the position; the lane's own count of what it was given shows what the position forgot.
 */
function countersOf(counters: PositionCounters, stream: DestinationStatus | undefined): DestinationState['counters'] {
  const { delivered, deadLettered, filtered, damaged } = counters;
  const inFlight = stream?.open ?? 0;
  const booked = counters.normalized - delivered - deadLettered - filtered - damaged - inFlight;
  const given = stream === undefined ? 0 : stream.taken - stream.settledSinceStart - stream.inProgress;
  return { ...counters, inFlight, unaccounted: booked === 0 ? given : booked };
}

const failureOf = ({ code, message, atMs }: LastFailure) => ({ code, message, at: timeOf(atMs) });

const noCounters = initialPosition(1).counters;
