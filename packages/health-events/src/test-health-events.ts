// For tests: health events of a simulated connector with a manual clock.
import type { DestinationState, SourceState, Status } from '@xiq-siem/admin-api';
import type { NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { createManualClock, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import type { HealthAction } from './event-table.ts';
import type { HealthEvent } from './health-event.ts';
import { startHealthEvents } from './health-events.ts';
import { selfSource } from './self-source.ts';
import type { HealthSettings, HourFigures, RefusedAddress } from './watch.ts';

export const startMs = Date.UTC(2026, 0, 1);

export const agent = { id: '6f0c8c1e-0000-4000-8000-000000000000', name: 'xiq-siem-1', version: '0.1.0' };

export function bodyOf(content: string, receivedAtMs = startMs): StoredBody {
  return {
    sequence: 7,
    receipt: 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    metadata: { source: 'self', origin: 'self', receivedAtMs, contentType: 'application/json' },
    bytes: Buffer.from(content),
  };
}

export function eventsOf(content: string, receivedAtMs = startMs, meter = createRecordingMeter()): NormalizedEvent[] {
  const source = selfSource.create(
    { namespace: 'default' },
    { name: 'self', agent, log: createRecordingLogger(), meter },
  );
  return [...source.normalize(bodyOf(content, receivedAtMs), receivedAtMs + 5)];
}

export function destinationOf(name: string, change: Partial<DestinationState> = {}): DestinationState {
  return {
    name,
    type: 'file',
    assurance: 'stored',
    state: 'running',
    since: new Date(startMs).toISOString(),
    lag: { bodies: 0, bytes: 0, seconds: 0, eventsInFlight: 0, hoursUntilFull: null },
    eventsPerSecond: null,
    counters: {
      normalized: 0,
      delivered: 0,
      degraded: 0,
      duplicate: 0,
      deadLettered: 0,
      filtered: 0,
      damaged: 0,
      inFlight: 0,
      unaccounted: 0,
    },
    deadLetters: { open: 0, delivered: 0, dropped: 0, lost: 0, unaccounted: 0 },
    possibleDuplicates: 0,
    pluginFaults: 0,
    ...change,
  };
}

/** State that a test may change between two polls. */
export interface FixtureState {
  destinations: DestinationState[];
  sources: SourceState[];
  gaps: Status['gaps'];
  problems: Status['problems'];
  incidents: Status['incidents'];
  lost: Status['journal']['lost'];
  refused: RefusedAddress[];
  completeness: readonly HourFigures[];
  settings: HealthSettings;
  /** Offset of the connector's clock from the manual clock. */
  shiftMs: number;
  /** The error of `append`. */
  full: Error | undefined;
}

export function createHealthEventsFixture(change: Partial<FixtureState> = {}) {
  const clock = createManualClock(startMs);
  const log = createRecordingLogger();
  const meter = createRecordingMeter();
  const bodies: (readonly HealthEvent[])[] = [];
  const world: FixtureState = {
    destinations: [destinationOf('archive')],
    gaps: [],
    problems: [],
    incidents: [],
    lost: [],
    refused: [],
    completeness: [],
    sources: [{ name: 'xiq' }],
    settings: { enabled: true, heartbeatMinutes: 1440, silentMinutes: 1440 },
    shiftMs: 0,
    full: undefined,
    ...change,
  };
  const calls = { status: 0 };
  const healthEvents = startHealthEvents({
    async status() {
      calls.status += 1;
      return {
        snapshot: false,
        at: new Date(clock.now()).toISOString(),
        version: '0.1.0',
        instanceId: 'an-instance',
        journal: {
          firstSequence: 0,
          nextSequence: 0,
          bodies: 0,
          bytes: 1_000,
          maxBytes: 10_000,
          freeBytes: 50_000,
          bodiesPerSecond: null,
          bytesPerHour: null,
          lost: world.lost,
        },
        sources: world.sources,
        destinations: world.destinations,
        problems: world.problems,
        notConfigured: [],
        gaps: world.gaps,
        incidents: world.incidents,
        deadLetters: { open: 0, bytes: 0 },
        jobsRunning: 0,
        reconciled: true,
      };
    },
    refused: () => world.refused.splice(0),
    completeness: () => world.completeness,
    async append(reported) {
      if (world.full !== undefined) throw world.full;
      bodies.push(reported);
      return 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    },
    settings: () => world.settings,
    clock: { now: () => clock.now() + world.shiftMs, sleep: clock.sleep },
    log,
    meter,
  });
  return {
    healthEvents,
    world,
    clock,
    log,
    meter,
    bodies,
    calls,
    /** The reported events, of one action or of all. */
    reported: (action?: HealthAction): readonly HealthEvent[] =>
      bodies.flat().filter((event) => action === undefined || event.action === action),
    /** Advances to the next poll. */
    poll: () => clock.advance(15_000),
  };
}
