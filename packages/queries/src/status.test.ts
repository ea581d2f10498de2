import { setImmediate } from 'node:timers/promises';
import type { NotedIncident } from '@xiq-siem/state';
import { expect, test } from 'vitest';
import { createPace } from './pace.ts';
import { incidentNumber, statusOf } from './status.ts';
import { identity, liveOf } from './test-live.ts';
import { audit, destinations, hanging, judging, openPlace, type Place, until } from './test-place.ts';

const statusNow = (place: Place) => statusOf(place.evidence(), identity, liveOf(place));

async function destinationNow(place: Place, name = 'one') {
  const { destinations: all } = await statusNow(place);
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no destination ${name}`);
  return found;
}

test('all that came is delivered, rejected or filtered, and the sums hold', async () => {
  const where = { datasets: ['extreme_xiq.audit'] };
  await using place = await openPlace({ one: { type: 'memory', where, batch: { maxAgeMs: 0 } } });
  place.siem('one').answer = judging('rejected', (json) => json.includes('number 2'));
  await place.keep([audit(1), audit(2), audit(3)]);
  await place.keep([{ nothing: 'known' }], 'SOMETHING_NEW');
  await place.settled();
  const status = await statusNow(place);
  expect(status).toMatchObject({
    snapshot: false,
    ...identity,
    holds: true,
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
      sum: { normalized: 4, delivered: 2, deadLettered: 1, filtered: 1, damaged: 0, inFlight: 0, difference: 0 },
      deadLetters: { open: 1, delivered: 0, dropped: 0, lost: 0, difference: 0 },
      lag: { bodies: 0, bytes: 0, seconds: 0, eventsInFlight: 0 },
    },
  ]);
});

test('what is in flight is part of the sum, and of the lag', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = hanging;
  await place.keep([audit(1), audit(2)]);
  await until(() => place.pipeline.delivery.status()[0]?.open === 2);
  place.pass(60_000);
  const { sum, lag } = await destinationNow(place);
  expect(sum).toMatchObject({ normalized: 2, inFlight: 2, difference: 0 });
  expect(lag).toMatchObject({ bodies: 1, eventsInFlight: 2 });
  expect(lag.bytes).toBeGreaterThan(0);
  expect(lag.seconds).toBeGreaterThanOrEqual(60);
});

test('an event that no book knows shows as a difference, in the lane and in the position', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1)]);
  await place.settled();
  const [lane] = place.pipeline.delivery.status();
  if (lane === undefined) throw new Error('no lane');
  const told = async (wrong: typeof lane) =>
    (await statusOf(place.evidence(), identity, liveOf(place, { lanes: [wrong] }))).destinations[0]?.sum.difference;
  expect(await told(lane)).toBe(0);
  expect(await told({ ...lane, taken: lane.taken + 3 })).toBe(3);
  expect(await told({ ...lane, counters: { ...lane.counters, normalized: 3 } })).toBe(2);
  expect(await told({ ...lane, counters: { ...lane.counters, delivered: 2 } })).toBe(-1);
});

test('a dead letter that no store has shows as a difference', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = judging('rejected', () => true);
  await place.keep([audit(1)]);
  await place.settled();
  const evidence = place.evidence();
  const forgotten = { ...evidence, deadLetters: { ...evidence.deadLetters, counts: async () => new Map() } };
  const status = await statusOf(forgotten, identity, liveOf(place));
  expect(status).toMatchObject({ holds: false, destinations: [{ deadLetters: { difference: 1 } }] });
});

test('a dead letter is on disk before its event counts: after a crash the sums hold all the same', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = judging('rejected', () => true);
  await place.keep([audit(1)]);
  await place.settled();
  place.siem('one').answer = hanging;
  const receipt = await place.keep([audit(2)]);
  const [event] = await place.eventsOf(receipt);
  if (event === undefined) throw new Error('no event');
  await place.deadLetters.append({
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
  const live = await statusNow(place);
  expect(live.destinations[0]?.deadLetters).toEqual({ open: 2, delivered: 0, dropped: 0, lost: 0, difference: 0 });
  const snapshot = await statusOf(place.evidence(), identity, undefined);
  expect(snapshot).toMatchObject({ holds: true, destinations: [{ deadLetters: { open: 2, difference: 0 } }] });
});

test('behind a held event only what is not settled lags', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = judging('held', (json) => json.includes('number 1"'));
  for (const id of [1, 2, 3, 4, 5]) await place.keep([audit(id)]);
  await until(() => place.journal.positions().get('one')?.settled.length === 1);
  expect(await destinationNow(place)).toMatchObject({
    lag: { bodies: 1, eventsInFlight: 1 },
    held: { events: 1, code: 'bad', words: 'no such field' },
  });
});

test('the age of the lag is that of the first body that is not settled', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1)]);
  await place.settled();
  place.pass(3_600_000);
  place.siem('one').answer = hanging;
  await place.keep([audit(2)]);
  await until(() => place.pipeline.delivery.status()[0]?.open === 1);
  expect((await destinationNow(place)).lag.seconds).toBeLessThan(1_800);
});

test('a lane that is ahead of its saved position never lags by less than nothing', async () => {
  await using place = await openPlace(destinations('one'));
  for (const id of [1, 2, 3]) await place.keep([audit(id)]);
  await place.settled();
  const evidence = place.evidence();
  const position = evidence.position('one');
  if (position === undefined) throw new Error('no position');
  const saved = { ...position, sequence: 1, settled: [{ sequence: 2, toSequence: 3, elements: 'all' as const }] };
  const status = await statusOf({ ...evidence, position: () => saved }, identity, liveOf(place));
  expect(status.destinations[0]?.lag.bodies).toBe(0);
});

test('hours until full follow from what is free and today’s pace; unknown without one', async () => {
  await using place = await openPlace(destinations('one'));
  const pace = { ...createPace(), bytesPerHour: () => 250_000 };
  const told = async (more: object) =>
    (await statusOf(place.evidence(), identity, liveOf(place, more))).destinations[0]?.lag.hoursUntilFull;
  expect(await told({ pace })).toBe(4);
  expect(await told({})).toBeNull();
  expect(await told({ pace: { ...pace, bytesPerHour: () => 0 } })).toBeNull();
});

test('an incident of the state file stands under the id that acknowledges it', async () => {
  await using place = await openPlace(destinations('one'));
  const file = 'quarantine/state-1.sqlite';
  const damaged: NotedIncident = { id: 2, atMs: 3_000, kind: 'damaged', reason: 'x', file, recovered: 5, lost: 1 };
  const unknown = { file: undefined, recovered: 0, lost: undefined };
  const missing: NotedIncident = { id: 7, atMs: 4_000, kind: 'missing', reason: 'y', ...unknown };
  expect((await statusNow(place)).incidents).toEqual([]);
  const evidence = { ...place.evidence(), incidents: async () => [damaged, missing] };
  const { incidents } = await statusOf(evidence, identity, liveOf(place));
  expect(incidents).toEqual([
    { ...damaged, id: 'state:2', at: '1970-01-01T00:00:03.000Z', atMs: undefined },
    { ...missing, id: 'state:7', at: '1970-01-01T00:00:04.000Z', atMs: undefined },
  ]);
  expect(incidents.map(({ id }) => incidentNumber(id))).toEqual([2, 7]);
  expect(incidentNumber('one:3-9')).toBeUndefined();
});

test('gaps stand under the id that acknowledges them, and lost files are named, but not twice', async () => {
  await using place = await openPlace(destinations('one'));
  const evidence = place.evidence();
  const gap = { destination: 'one', fromSequence: 3, toSequence: 9, bodies: 7, bytes: 70, lastAtMs: 0 };
  const span = { fromSequence: 3, toSequence: 9, bodies: 7, bytes: 70, where: 'a file' };
  const journal = {
    ...evidence.journal,
    retentionGaps: () => [gap],
    lostSpans: () => [
      { ...span, reason: 'letGo' as const },
      { ...span, reason: 'damaged' as const },
    ],
  };
  const status = await statusOf({ ...evidence, journal }, identity, liveOf(place));
  expect(status.gaps).toMatchObject([{ id: 'one:3-9', bodies: 7, at: '1970-01-01T00:00:00.000Z' }]);
  expect(status.journal.lost).toEqual([{ ...span, reason: 'damaged' }]);
});

test('a destination that was taken out is named until it is forgotten', async () => {
  await using place = await openPlace(destinations('one', 'two'));
  await place.pipeline.apply(await place.configure(destinations('one')));
  expect(await statusNow(place)).toMatchObject({ notConfigured: ['two'], destinations: [{ name: 'one' }] });
  await place.journal.forgetPosition('two');
  expect(await statusNow(place)).toMatchObject({ notConfigured: [] });
});

test('a snapshot says what the files say, and nothing that only a running connector knows', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1)]);
  await place.settled();
  const status = await statusOf({ ...place.evidence(), snapshot: true }, identity, undefined);
  expect(status).toMatchObject({
    snapshot: true,
    holds: true,
    jobsRunning: 0,
    journal: { bodiesPerSecond: null, bytesPerHour: null },
    destinations: [
      { state: 'unknown', sum: { normalized: 1, delivered: 1 }, lag: { bodies: 0, hoursUntilFull: null } },
    ],
  });
  for (const field of ['started', 'accepting']) expect(status).not.toHaveProperty(field);
  expect(status.journal).not.toHaveProperty('maxBytes');
});

test('the sums hold at every moment of a storm of rejections', async () => {
  const storm = { type: 'memory', batch: { maxAgeMs: 0, maxEvents: 64 } };
  await using place = await openPlace({ one: storm });
  place.siem('one').answer = judging('rejected', (json) => /number \d*[02468]"/.test(json));
  await place.keep(Array.from({ length: 2000 }, (_, id) => audit(id)));
  let looks = 0;
  const faults: unknown[] = [];
  const isOver = (): boolean => place.pipeline.delivery.status()[0]?.sequence === 2;
  // Each look waits for the entries that are written before it.
  const look = async (): Promise<void> => {
    while (!isOver()) {
      looks += 1;
      const { holds, destinations: told } = await statusNow(place);
      if (!holds) faults.push(told[0]?.sum, told[0]?.deadLetters);
      await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: 8 }, look));
  expect(faults).toEqual([]);
  expect(looks).toBeGreaterThan(20);
  await place.settled();
  expect(await destinationNow(place)).toMatchObject({
    sum: { normalized: 2000, delivered: 1000, deadLettered: 1000, difference: 0 },
    deadLetters: { open: 1000, difference: 0 },
  });
});
