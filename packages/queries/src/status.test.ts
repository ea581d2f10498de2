import { setImmediate } from 'node:timers/promises';
import type { StoredIncident } from '@xiq-siem/state';
import { expect, test } from 'vitest';
import { createRates } from './rates.ts';
import { incidentNumber, statusOf } from './status.ts';
import { identity, liveOf } from './test-live.ts';
import { audit, destinations, type Fixture, hanging, openFixture, until, verdictWhere } from './test-queries.ts';

const statusNow = (fixture: Fixture) => statusOf(fixture.readModel(), identity, liveOf(fixture));

async function destinationNow(fixture: Fixture, name = 'one') {
  const { destinations: all } = await statusNow(fixture);
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no destination ${name}`);
  return found;
}

test('every event is delivered, rejected or filtered, and the counters reconcile', async () => {
  const where = { datasets: ['extreme_xiq.audit'] };
  await using fixture = await openFixture({ one: { type: 'memory', where, batch: { maxAgeMs: 0 } } });
  fixture.siem('one').response = verdictWhere('rejected', (json) => json.includes('number 2'));
  await fixture.keep([audit(1), audit(2), audit(3)]);
  await fixture.keep([{ nothing: 'known' }], 'SOMETHING_NEW');
  await fixture.settled();
  const status = await statusNow(fixture);
  expect(status).toMatchObject({
    snapshot: false,
    ...identity,
    reconciled: true,
    notConfigured: [],
    gaps: [],
    accepting: { ok: true },
    deadLetters: { open: 1 },
  });
  expect(status.destinations).toMatchObject([
    {
      name: 'one',
      type: 'memory',
      assurance: 'stored',
      state: 'running',
      counters: { normalized: 4, delivered: 2, deadLettered: 1, filtered: 1, damaged: 0, inFlight: 0, unaccounted: 0 },
      deadLetters: { open: 1, delivered: 0, dropped: 0, lost: 0, unaccounted: 0 },
      lag: { bodies: 0, bytes: 0, seconds: 0, eventsInFlight: 0 },
    },
  ]);
});

test('events in flight are part of the counters and of the lag', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = hanging;
  await fixture.keep([audit(1), audit(2)]);
  await until(() => fixture.pipeline.delivery.status()[0]?.open === 2);
  fixture.pass(60_000);
  const { counters, lag } = await destinationNow(fixture);
  expect(counters).toMatchObject({ normalized: 2, inFlight: 2, unaccounted: 0 });
  expect(lag).toMatchObject({ bodies: 1, eventsInFlight: 2 });
  expect(lag.bytes).toBeGreaterThan(0);
  expect(lag.seconds).toBeGreaterThanOrEqual(60);
});

test('an event that neither stream nor position counts is unaccounted for', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const [stream] = fixture.pipeline.delivery.status();
  if (stream === undefined) throw new Error('no stream');
  const told = async (wrong: typeof stream) =>
    (await statusOf(fixture.readModel(), identity, liveOf(fixture, { streams: [wrong] }))).destinations[0]?.counters
      .unaccounted;
  expect(await told(stream)).toBe(0);
  expect(await told({ ...stream, taken: stream.taken + 3 })).toBe(3);
  expect(await told({ ...stream, counters: { ...stream.counters, normalized: 3 } })).toBe(2);
  expect(await told({ ...stream, counters: { ...stream.counters, delivered: 2 } })).toBe(-1);
});

test('a dead letter that is not stored is unaccounted for', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const readModel = fixture.readModel();
  const forgotten = { ...readModel, deadLetters: { ...readModel.deadLetters, counts: async () => new Map() } };
  const status = await statusOf(forgotten, identity, liveOf(fixture));
  expect(status).toMatchObject({ reconciled: false, destinations: [{ deadLetters: { unaccounted: 1 } }] });
});

test('a dead letter is stored before its event is counted: after a crash the counters reconcile', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  await fixture.keep([audit(1)]);
  await fixture.settled();
  fixture.siem('one').response = hanging;
  const receipt = await fixture.keep([audit(2)]);
  const [event] = await fixture.eventsOf(receipt);
  if (event === undefined) throw new Error('no event');
  await fixture.deadLetters.append({
    destination: 'one',
    sequence: 2,
    receipt,
    element: 0,
    id: event.id,
    dataset: event.dataset,
    code: 'bad',
    json: '{}',
    attempts: 1,
    firstAttemptMs: 1,
    lastAttemptMs: 1,
  });
  const live = await statusNow(fixture);
  expect(live.destinations[0]?.deadLetters).toEqual({ open: 2, delivered: 0, dropped: 0, lost: 0, unaccounted: 0 });
  const snapshot = await statusOf(fixture.readModel(), identity, undefined);
  expect(snapshot).toMatchObject({ reconciled: true, destinations: [{ deadLetters: { open: 2, unaccounted: 0 } }] });
});

test('events after a blocked one that are settled are not lag', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('blocked', (json) => json.includes('number 1"'));
  for (const id of [1, 2, 3, 4, 5]) await fixture.keep([audit(id)]);
  await until(() => fixture.journal.positions().get('one')?.settled.length === 1);
  expect(await destinationNow(fixture)).toMatchObject({
    lag: { bodies: 1, eventsInFlight: 1 },
    blocked: { events: 1, code: 'bad', message: 'no such field' },
  });
});

test('the age of the lag is the age of the first unsettled body', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  fixture.pass(3_600_000);
  fixture.siem('one').response = hanging;
  await fixture.keep([audit(2)]);
  await until(() => fixture.pipeline.delivery.status()[0]?.open === 1);
  expect((await destinationNow(fixture)).lag.seconds).toBeLessThan(1_800);
});

test('a stream ahead of its saved position never has a negative lag', async () => {
  await using fixture = await openFixture(destinations('one'));
  for (const id of [1, 2, 3]) await fixture.keep([audit(id)]);
  await fixture.settled();
  const readModel = fixture.readModel();
  const position = readModel.position('one');
  if (position === undefined) throw new Error('no position');
  const saved = { ...position, sequence: 1, settled: [{ sequence: 2, toSequence: 3, elements: 'all' as const }] };
  const status = await statusOf({ ...readModel, position: () => saved }, identity, liveOf(fixture));
  expect(status.destinations[0]?.lag.bodies).toBe(0);
});

test('hours until full follow from the free space and the current rate; unknown without a rate', async () => {
  await using fixture = await openFixture(destinations('one'));
  const rates = { ...createRates(), bytesPerHour: () => 250_000 };
  const told = async (more: object) =>
    (await statusOf(fixture.readModel(), identity, liveOf(fixture, more))).destinations[0]?.lag.hoursUntilFull;
  expect(await told({ rates })).toBe(4);
  expect(await told({})).toBeNull();
  expect(await told({ rates: { ...rates, bytesPerHour: () => 0 } })).toBeNull();
});

test('an incident of the state file has the id that acknowledges it', async () => {
  await using fixture = await openFixture(destinations('one'));
  const file = 'quarantine/state-1.sqlite';
  const damaged: StoredIncident = { id: 2, atMs: 3_000, kind: 'damaged', reason: 'x', file, recovered: 5, lost: 1 };
  const unknown = { file: undefined, recovered: 0, lost: undefined };
  const missing: StoredIncident = { id: 7, atMs: 4_000, kind: 'missing', reason: 'y', ...unknown };
  expect((await statusNow(fixture)).incidents).toEqual([]);
  const readModel = { ...fixture.readModel(), incidents: async () => [damaged, missing] };
  const { incidents } = await statusOf(readModel, identity, liveOf(fixture));
  expect(incidents).toEqual([
    { ...damaged, id: 'state:2', at: '1970-01-01T00:00:03.000Z', atMs: undefined },
    { ...missing, id: 'state:7', at: '1970-01-01T00:00:04.000Z', atMs: undefined },
  ]);
  expect(incidents.map(({ id }) => incidentNumber(id))).toEqual([2, 7]);
  expect(incidentNumber('one:3-9')).toBeUndefined();
});

test('gaps have the id that acknowledges them, and lost segments are listed once', async () => {
  await using fixture = await openFixture(destinations('one'));
  const readModel = fixture.readModel();
  const gap = { destination: 'one', fromSequence: 3, toSequence: 9, bodies: 7, bytes: 70, lastAtMs: 0 };
  const span = { fromSequence: 3, toSequence: 9, bodies: 7, bytes: 70, where: 'a file' };
  const journal = {
    ...readModel.journal,
    retentionGaps: () => [gap],
    lostSpans: () => [
      { ...span, reason: 'evicted' as const },
      { ...span, reason: 'damaged' as const },
    ],
  };
  const status = await statusOf({ ...readModel, journal }, identity, liveOf(fixture));
  expect(status.gaps).toMatchObject([{ id: 'one:3-9', bodies: 7, at: '1970-01-01T00:00:00.000Z' }]);
  expect(status.journal.lost).toEqual([{ ...span, reason: 'damaged' }]);
});

test('a destination removed from the configuration is listed until it is forgotten', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  await fixture.pipeline.apply(await fixture.configure(destinations('one')));
  expect(await statusNow(fixture)).toMatchObject({
    notConfigured: [{ name: 'two', bodies: 0 }],
    destinations: [{ name: 'one' }],
  });
  await fixture.journal.forgetPosition('two');
  expect(await statusNow(fixture)).toMatchObject({ notConfigured: [] });
});

test('A8: a removed destination is an error while requests wait for it, and says how many', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  fixture.siem('two').response = hanging;
  for (const id of [1, 2, 3]) await fixture.keep([audit(id)]);
  await until(() => fixture.pipeline.delivery.status()[1]?.open === 3);
  await fixture.pipeline.apply(await fixture.configure(destinations('one')));
  expect(await statusNow(fixture)).toMatchObject({
    notConfigured: [{ name: 'two', bodies: 3 }],
    problems: [
      {
        ...{ code: 'destination_removed', severity: 'error', subject: { kind: 'destination', name: 'two' } },
        text: 'not configured any more, and 3 requests wait for it',
        next: 'configure it again to deliver them, or `xiq-siem destination forget two` (discards them)',
      },
    ],
  });
  fixture.siem('two').response = undefined;
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two')));
  await fixture.settled();
  expect(await statusNow(fixture)).toMatchObject({ notConfigured: [], problems: [] });
});

test('Operator: what delivery, routing and the receiver know is shown, and is a problem', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const [stream] = fixture.pipeline.delivery.status();
  if (stream === undefined) throw new Error('no stream');
  const seen = {
    assurance: 'accepted',
    possibleDuplicates: 3,
    parkingRefused: true,
    state: 'paused',
    reason: 'bad',
    lastFailure: { code: 'bad', message: 'the reason', atMs: 1_000 },
    degraded: { events: 2, code: 'ack_disabled', advice: 'turn it on' },
  } as const;
  const path = {
    path: '/other',
    status: 404,
    code: 'not_found',
    total: 1,
    lastHour: 1,
    last: new Date(0).toISOString(),
  };
  const live = liveOf(fixture, {
    streams: [{ ...stream, ...seen }],
    clockStep: { byMs: 7_200_000, atMs: 5_000 },
    unknownPaths: [path],
    sources: [{ name: 'xiq' }],
  });
  const routing = {
    destinations: new Map([['one', 'nope is no source']]),
    sources: new Set(['xiq']),
    datasets: new Map(),
    advice: [],
  };
  const status = await statusOf({ ...fixture.readModel(), routing }, identity, live);
  expect(status.destinations).toMatchObject([
    {
      ...{ assurance: 'accepted', possibleDuplicates: 3, parkingRefused: true, matchesNothing: 'nope is no source' },
      ...{ state: 'paused', reason: 'bad', degraded: seen.degraded },
      lastFailure: { code: 'bad', message: 'the reason', at: new Date(1_000).toISOString() },
    },
  ]);
  expect(status.sources).toEqual([{ name: 'xiq', notRouted: true }]);
  expect(status.clockStep).toEqual({ seconds: 7_200, at: new Date(5_000).toISOString() });
  expect(status.problems.map(({ code }) => code)).toEqual([
    ...['destination_paused', 'parking_refused', 'events_degraded', 'filter_matches_nothing'],
    ...['filter_matches_nothing', 'webhooks_refused', 'clock_step'],
  ]);
});

test('Operator: of a stopped connector, the last webhook of each source is that of the journal', async () => {
  await using fixture = await openFixture(destinations('one'));
  const found = await fixture.journal.find(await fixture.keep([audit(1)]));
  await fixture.settled();
  if (found.kind !== 'body') throw new Error('no body');
  const { sources } = await statusOf({ ...fixture.readModel(), snapshot: true }, identity, undefined);
  expect(sources).toEqual([{ name: 'xiq', lastReceived: new Date(found.body.metadata.receivedAtMs).toISOString() }]);
});

test('a snapshot contains only what the files contain', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const status = await statusOf({ ...fixture.readModel(), snapshot: true }, identity, undefined);
  expect(status).toMatchObject({
    snapshot: true,
    reconciled: true,
    jobsRunning: 0,
    journal: { bodiesPerSecond: null, bytesPerHour: null },
    destinations: [
      { state: 'unknown', counters: { normalized: 1, delivered: 1 }, lag: { bodies: 0, hoursUntilFull: null } },
    ],
  });
  for (const field of ['started', 'accepting']) expect(status).not.toHaveProperty(field);
  expect(status.journal).not.toHaveProperty('maxBytes');
});

test('the counters reconcile at every moment of a rejection burst', async () => {
  const batched = { type: 'memory', batch: { maxAgeMs: 0, maxEvents: 64 } };
  await using fixture = await openFixture({ one: batched });
  fixture.siem('one').response = verdictWhere('rejected', (json) => /number \d*[02468]"/.test(json));
  await fixture.keep(Array.from({ length: 2000 }, (_, id) => audit(id)));
  let looks = 0;
  const faults: unknown[] = [];
  const isOver = (): boolean => fixture.pipeline.delivery.status()[0]?.sequence === 2;
  // Each status call waits for the entries that are written before it.
  const look = async (): Promise<void> => {
    while (!isOver()) {
      looks += 1;
      const { reconciled, destinations: told } = await statusNow(fixture);
      if (!reconciled) faults.push(told[0]?.counters, told[0]?.deadLetters);
      await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: 8 }, look));
  expect(faults).toEqual([]);
  expect(looks).toBeGreaterThan(20);
  await fixture.settled();
  expect(await destinationNow(fixture)).toMatchObject({
    counters: { normalized: 2000, delivered: 1000, deadLettered: 1000, unaccounted: 0 },
    deadLetters: { open: 1000, unaccounted: 0 },
  });
});
