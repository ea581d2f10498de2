// For tests: signals over a connector that is made up, on a clock that is driven.
import type { DestinationState, SourceState, Status } from '@xiq-siem/admin-api';
import type { KeptBody, NormalizedEvent } from '@xiq-siem/core';
import { createManualClock, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import type { CounterReading, OpenDeadLetters, RefusedAddress, SignalSettings } from './look.ts';
import { selfSource } from './self-source.ts';
import type { Signal, SignalAction } from './signal.ts';
import { startSignals } from './signals.ts';

export const startMs = Date.UTC(2026, 0, 1);

export const agent = { id: '6f0c8c1e-0000-4000-8000-000000000000', name: 'xiq-siem-1', version: '0.1.0' };

export function bodyOf(content: string, receivedAtMs = startMs): KeptBody {
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
    ...{ name, type: 'file', assurance: 'stored', state: 'running', since: new Date(startMs).toISOString() },
    lag: { bodies: 0, bytes: 0, seconds: 0, eventsInFlight: 0, hoursUntilFull: null },
    eventsPerSecond: null,
    sum: {
      ...{ normalized: 0, delivered: 0, degraded: 0, duplicate: 0, deadLettered: 0, filtered: 0, damaged: 0 },
      ...{ inFlight: 0, difference: 0 },
    },
    deadLetters: { open: 0, delivered: 0, dropped: 0, difference: 0 },
    ...{ possibleDuplicates: 0, pluginFaults: 0 },
    ...change,
  };
}

/** What a test may change between two looks. */
export interface MadeUp {
  destinations: DestinationState[];
  sources: SourceState[];
  gaps: Status['gaps'];
  lost: Status['journal']['lost'];
  letters: OpenDeadLetters[];
  readings: CounterReading[];
  refused: RefusedAddress[];
  received: Map<string, number>;
  settings: SignalSettings;
  /** What keeping fails with. */
  full: Error | undefined;
}

export function reading(name: string, value: number, attributes: Record<string, string>): CounterReading {
  return { name, value, attributes };
}

export function signalsToTest(change: Partial<MadeUp> = {}) {
  const clock = createManualClock(startMs);
  const log = createRecordingLogger();
  const meter = createRecordingMeter();
  const bodies: (readonly Signal[])[] = [];
  const world: MadeUp = {
    ...{ destinations: [destinationOf('archive')], gaps: [], lost: [], letters: [], readings: [], refused: [] },
    sources: [],
    received: new Map(),
    settings: { enabled: true, heartbeatMinutes: 1440, journalHours: 12, silentFactor: 10 },
    full: undefined,
    ...change,
  };
  const asked = { status: 0, groups: 0 };
  const signals = startSignals({
    async status() {
      asked.status += 1;
      return {
        ...{ snapshot: false, at: new Date(clock.now()).toISOString(), version: '0.1.0', instanceId: 'an-instance' },
        journal: {
          ...{ firstSequence: 0, nextSequence: 0, bytes: 1_000, maxBytes: 10_000, freeBytes: 50_000 },
          ...{ bodiesPerSecond: null, bytesPerHour: null, lost: world.lost },
        },
        sources: world.sources,
        ...{ destinations: world.destinations, notConfigured: [], gaps: world.gaps },
        ...{ deadLetters: { open: 0, bytes: 0 }, jobsRunning: 0, holds: true },
      };
    },
    counters: { readings: () => world.readings },
    deadLetterGroups() {
      asked.groups += 1;
      return world.letters;
    },
    refusedAddresses: () => world.refused.splice(0),
    sources: () => ['xiq'],
    lastReceivedMs: (source) => world.received.get(source),
    async keep(said) {
      if (world.full !== undefined) throw world.full;
      bodies.push(said);
      return 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    },
    settings: () => world.settings,
    ...{ now: clock.now, log, meter },
    clock: {
      after(ms, what) {
        const called = new AbortController();
        void clock.sleep(ms, called.signal).then(() => {
          if (!called.signal.aborted) what();
        });
        return () => called.abort();
      },
    },
  });
  return {
    ...{ signals, world, clock, log, meter, bodies, asked },
    /** What was said, of this kind or of any. */
    said: (action?: SignalAction): readonly Signal[] =>
      bodies.flat().filter((signal) => action === undefined || signal.action === action),
    /** One look more. */
    look: () => clock.advance(15_000),
  };
}
