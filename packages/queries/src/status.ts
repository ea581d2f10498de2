// `status`: the state of journal, destinations, dead letters and jobs, and whether the counters reconcile.
import type { DestinationState, Gap, Incident, SourceState, Status } from '@xiq-siem/admin-api';
import {
  type ClockStep,
  ConnectorError,
  exitCodes,
  initialPosition,
  type Position,
  type PositionCounters,
  type RetentionGap,
  unsettledBodies,
} from '@xiq-siem/core';
import type { DestinationStatus, LastFailure } from '@xiq-siem/delivery';
import type { DeadLetterReading, StoredIncident } from '@xiq-siem/state';
import { lastReceivedMs } from './last-received.ts';
import { problemsOf } from './problems/problems-of.ts';
import type { Rates } from './rates.ts';
import { isSettled, type KnownDestination, type ReadModel, timeOf } from './read-model.ts';

/** Data that only a running connector has. */
export interface LiveFigures {
  readonly startedMs: number;
  readonly accepting: { readonly ok: boolean; readonly reasons: readonly string[] };
  readonly streams: readonly DestinationStatus[];
  readonly journalMaxBytes: number;
  /** Of the journal's disk; undefined before the first sample. */
  readonly freeBytes: number | undefined;
  readonly deadLetterBytes: { readonly used: number; readonly max: number };
  readonly rates: Rates;
  readonly jobsRunning: number;
  readonly sources?: readonly SourceState[];
  readonly clockStep?: ClockStep | undefined;
  readonly unknownPaths?: Status['unknownPaths'];
}

export interface Identity {
  readonly version: string;
  readonly instanceId: string;
}

const never = new AbortController().signal;
const oneBody = { maxBodies: 1, maxBytes: 1 };
/** Upper limit of the dead letters that are stored between two saves of a position. */
const maxEarly = 10_000;

export async function statusOf(
  readModel: ReadModel,
  identity: Identity,
  live: LiveFigures | undefined,
): Promise<Status> {
  const { journal, snapshot } = readModel;
  const at = readModel.now();
  const { hasRemoved: _, ...extent } = journal.extent();
  const unknown = (readModel.unknownDestinations ?? []).map((name) => ({ name, type: 'unknown' }));
  const known: readonly Described[] = [...readModel.destinations(), ...unknown];
  // Before the state file: a position must not be newer than the figures of delivery.
  const positions = new Map(known.map(({ name }) => [name, readModel.position(name)]));
  const state = await readState(readModel);
  const destinations = await Promise.all(
    known.map((one) => stateOf(readModel, state, one, positions.get(one.name), live)),
  );
  const names = new Set(known.map(({ name }) => name));
  const open = [...state.counts.values()].reduce((total, counts) => total + counts.open, 0);
  const status = {
    snapshot,
    at: timeOf(at),
    ...identity,
    destinations,
    ...(live && {
      started: timeOf(live.startedMs),
      ...(live.clockStep && {
        clockStep: { seconds: Math.round(live.clockStep.byMs / 1000), at: timeOf(live.clockStep.atMs) },
      }),
      accepting: { ok: live.accepting.ok, reasons: [...live.accepting.reasons] },
      ...(live.unknownPaths && { unknownPaths: [...live.unknownPaths] }),
    }),
    sources: await sourcesOf(readModel, live),
    journal: {
      ...extent,
      ...(live && { maxBytes: live.journalMaxBytes, freeBytes: live.freeBytes }),
      bodiesPerSecond: live?.rates.bodiesPerSecond() ?? null,
      bytesPerHour: live?.rates.bytesPerHour() ?? null,
      // Evicted spans are in `gaps`: one for each destination rather than one for each segment.
      lost: journal.lostSpans().flatMap((span) => (span.reason === 'evicted' ? [] : [{ ...span }])),
    },
    notConfigured: notConfiguredOf(journal, names),
    gaps: journal.retentionGaps().map(gapOf),
    incidents: state.incidents.map(incidentOf),
    deadLetters: { open, bytes: live?.deadLetterBytes.used ?? 0, maxBytes: live?.deadLetterBytes.max },
    ...(state.fault !== undefined && { stateFault: state.fault }),
    jobsRunning: live?.jobsRunning ?? 0,
    reconciled: destinations.every((one) => one.counters.unaccounted === 0 && one.deadLetters.unaccounted === 0),
  };
  return { ...status, problems: problemsOf(status) };
}

interface StateContent {
  readonly counts: Awaited<ReturnType<DeadLetterReading['counts']>>;
  readonly incidents: readonly StoredIncident[];
  /** Why the file of a stopped connector cannot be read. */
  readonly fault?: string;
}

async function readState({ deadLetters, incidents, snapshot }: ReadModel): Promise<StateContent> {
  try {
    return { counts: await deadLetters.counts(), incidents: await incidents() };
  } catch (cause) {
    // Journal and positions are shown all the same.
    if (!snapshot || !(cause instanceof ConnectorError && cause.exitCode === exitCodes.io)) throw cause;
    return { counts: new Map(), incidents: await incidents(), fault: cause.message };
  }
}

async function sourcesOf(readModel: ReadModel, live: LiveFigures | undefined): Promise<SourceState[]> {
  const { routing } = readModel;
  const received = live?.sources === undefined ? await lastReceivedMs(readModel.journal) : undefined;
  const sources =
    live?.sources ?? readModel.sources.map((name) => ({ name, lastReceived: timeOf(received?.get(name)) }));
  return sources.map((source) => {
    const datasets = routing?.datasets.get(source.name);
    return {
      ...source,
      ...(routing?.sources.has(source.name) === true && { notRouted: true }),
      ...(datasets !== undefined && { datasetsNotRouted: [...datasets] }),
    };
  });
}

function notConfiguredOf(journal: ReadModel['journal'], configured: ReadonlySet<string>): Status['notConfigured'] {
  const { firstSequence } = journal.extent();
  return [...journal.positions()]
    .filter(([name]) => !configured.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, position]) => {
      const sequence = Math.max(position.sequence, firstSequence);
      return { name, bodies: unsettledBodies({ ...position, sequence }, journal) };
    });
}

/** `destination:from-to`, as `acknowledge` expects it. */
export const gapId = ({ destination, fromSequence, toSequence }: RetentionGap): string =>
  `${destination}:${fromSequence}-${toSequence}`;

const incidentPrefix = 'state:';

/** The number in the id of an incident; undefined where `id` is the id of a gap. */
export function incidentNumber(id: string): number | undefined {
  return id.startsWith(incidentPrefix) ? Number(id.slice(incidentPrefix.length)) : undefined;
}

function incidentOf({ id, atMs, kind, reason, file, recovered, lost }: StoredIncident): Incident {
  return { id: `${incidentPrefix}${id}`, at: timeOf(atMs), kind, reason, file, recovered, lost };
}

function gapOf(gap: RetentionGap): Gap {
  const { lastAtMs, receivedFromMs, receivedToMs, ...rest } = gap;
  const [receivedFrom, receivedTo] = [timeOf(receivedFromMs), timeOf(receivedToMs)];
  return { ...rest, id: gapId(gap), at: timeOf(lastAtMs), receivedFrom, receivedTo };
}

type Described = Pick<KnownDestination, 'name' | 'type'> & Partial<Pick<KnownDestination, 'assurance'>>;

async function stateOf(
  readModel: ReadModel,
  state: StateContent,
  { name, type, assurance }: Described,
  position: Position | undefined,
  live: LiveFigures | undefined,
): Promise<DestinationState> {
  const stream = live?.streams.find((candidate) => candidate.name === name);
  const counters = stream?.counters ?? position?.counters ?? noCounters;
  // A stopped connector gives a new destination its position at the next start.
  const isNew = live === undefined && position === undefined;
  const matchesNothing = readModel.routing?.destinations.get(name);
  return {
    name,
    type,
    assurance: stream?.assurance ?? assurance,
    state: isNew ? 'not_started' : (stream?.state ?? 'unknown'),
    reason: stream?.reason,
    ...(stream && { proven: stream.proven }),
    since: timeOf(stream?.sinceMs),
    waitUntil: timeOf(stream?.waitUntilMs),
    blocked: stream?.blocked,
    parked: await parkedOf(readModel, state, name, stream),
    ...(stream?.parkingRefused && { parkingRefused: true }),
    lastFailure: stream?.lastFailure && failureOf(stream.lastFailure),
    lastDelivered: timeOf(stream?.lastDeliveredMs),
    lag: isNew ? noLag : await lagOf(readModel, stream, position, live),
    eventsPerSecond: live?.rates.eventsPerSecond(name) ?? null,
    counters: countersOf(counters, stream),
    deadLetters:
      state.fault === undefined
        ? await deadLettersOf(readModel, state, name, position, counters.deadLettered)
        : { open: 0, delivered: 0, dropped: 0, lost: 0, unaccounted: 0 },
    possibleDuplicates: stream?.possibleDuplicates ?? 0,
    ...(stream?.degraded && { degraded: stream.degraded }),
    pluginFaults: stream?.pluginFaults ?? 0,
    ...(matchesNothing !== undefined && { matchesNothing }),
  };
}

const noLag: DestinationState['lag'] = { bodies: 0, bytes: 0, seconds: 0, eventsInFlight: 0, hoursUntilFull: null };

async function parkedOf(
  { deadLetters }: ReadModel,
  { counts }: StateContent,
  name: string,
  stream: DestinationStatus | undefined,
): Promise<DestinationState['parked']> {
  const { parked: events = 0 } = counts.get(name) ?? {};
  if (events === 0) return undefined;
  const newest = await deadLetters.newestParked(name);
  return { events, code: newest?.code, message: newest?.message, retry: timeOf(stream?.parkedRetryMs) };
}

async function deadLettersOf(
  { deadLetters }: ReadModel,
  { counts }: StateContent,
  destination: string,
  position: Position | undefined,
  counted: number,
): Promise<DestinationState['deadLetters']> {
  const {
    fromJobs = 0,
    parked = 0,
    ...stored
  } = counts.get(destination) ?? {
    open: 0,
    delivered: 0,
    dropped: 0,
    lost: 0,
  };
  let unaccounted = counted + fromJobs - stored.open - parked - stored.delivered - stored.dropped - stored.lost;
  if (unaccounted < 0) {
    // A dead letter is stored before the position. After a crash, or in between, there are more dead letters than the
    // position counts. Those are the newest.
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
  // Evicted bodies are a gap, not lag.
  const from = Math.max(stream?.sequence ?? position?.sequence ?? 0, firstSequence);
  const bodies = unsettledBodies({ settled: [], ...position, sequence: from }, journal);
  const bytes = journal.bytesFrom(from);
  const received = await receivedAt(journal, from);
  const rate = live?.rates.bytesPerHour() ?? null;
  const free = live === undefined ? 0 : Math.max(0, live.journalMaxBytes - bytes);
  return {
    bodies,
    bytes,
    eventsInFlight: stream?.open ?? 0,
    seconds: bodies === 0 || received === undefined ? 0 : Math.max(0, (now() - received) / 1000),
    hoursUntilFull: live === undefined || rate === null || rate <= 0 ? null : free / rate,
  };
}

/** When the first body that is not completely settled was received. */
async function receivedAt(journal: ReadModel['journal'], sequence: number): Promise<number | undefined> {
  const { firstSequence, nextSequence } = journal.extent();
  const first = Math.max(sequence, firstSequence);
  if (first >= nextSequence) return undefined;
  const reader = journal.reader(first, nextSequence - 1);
  try {
    const [entry] = await reader.read(oneBody, never);
    return entry?.kind === 'body' ? entry.body.metadata.receivedAtMs : undefined;
  } finally {
    await reader.close();
  }
}

/**
 * The counters reconcile where normalized = delivered + dead-lettered + filtered + damaged + in flight. The position has
 * these counters. The delivery stream counts the events it took on its own, to show events that the position missed.
 */
function countersOf(counters: PositionCounters, stream: DestinationStatus | undefined): DestinationState['counters'] {
  const { delivered, deadLettered, filtered, damaged } = counters;
  const inFlight = stream?.open ?? 0;
  const byPosition = counters.normalized - delivered - deadLettered - filtered - damaged - inFlight;
  const byStream = stream === undefined ? 0 : stream.taken - stream.settledSinceStart - stream.inProgress;
  return { ...counters, inFlight, unaccounted: byPosition === 0 ? byStream : byPosition };
}

const failureOf = ({ code, message, atMs }: LastFailure) => ({ code, message, at: timeOf(atMs) });

const noCounters = initialPosition(1).counters;
