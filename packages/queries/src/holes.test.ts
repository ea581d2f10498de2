// Queries over a log with unused sequences: 10, 20, 21, 40, 50, …
import { sequenceWithHoles as at, modelLog } from '@xiq-siem/testkit';
import { expect, test, vi } from 'vitest';
import { lastBodies, scanJournal, sequencesOf } from './journal-scan.ts';
import { startSampler } from './sampler.ts';
import { statusOf } from './status.ts';
import { tail } from './tail.ts';
import { identity, liveOf } from './test-live.ts';
import { audit, destinations, type Fixture, linesOf, never, openFixture, until, verdictWhere } from './test-queries.ts';

const openOver = (store: ReturnType<typeof modelLog>) => openFixture(destinations('one'), { over: store.open() });
const statusNow = (fixture: Fixture) => statusOf(fixture.readModel(), identity, liveOf(fixture));

async function keepMany(fixture: Fixture, bodies: number): Promise<void> {
  await Promise.all(Array.from({ length: bodies }, (_, id) => fixture.keep([audit(id)])));
}

test('status counts bodies: in the journal, as lag of a destination, and after a blocked event', async () => {
  await using fixture = await openOver(modelLog());
  await fixture.keep([audit(0)]);
  await fixture.settled();
  expect((await statusNow(fixture)).destinations[0]?.lag).toMatchObject({ bodies: 0, seconds: 0 });
  await fixture.pipeline.delivery.stop(500);
  await keepMany(fixture, 5);
  fixture.pass(60_000);
  const behind = await statusNow(fixture);
  expect(behind.journal).toMatchObject({ firstSequence: at(0), nextSequence: at(6), bodies: 6 });
  expect(behind.destinations[0]?.lag.bodies).toBe(5);
  expect(behind.destinations[0]?.lag.seconds).toBeGreaterThan(59);

  await using other = await openOver(modelLog());
  other.siem('one').response = verdictWhere('blocked', (json) => json.includes('number 1"'));
  await keepMany(other, 6);
  await until(() => other.journal.positions().get('one')?.settled.length === 1);
  expect((await statusNow(other)).destinations[0]?.lag.bodies).toBe(1);
});

test('status counts damaged bodies once for the journal and once for each destination', async () => {
  const store = modelLog();
  await using fixture = await openOver(store);
  await fixture.pipeline.delivery.stop(500);
  await keepMany(fixture, 6);
  store.damage([at(1), at(2), at(3)]);
  await linesOf(scanJournal(fixture.readModel(), await sequencesOf(fixture.journal, {}, never), never));
  const { journal, destinations: states } = await statusNow(fixture);
  expect(journal.lost).toMatchObject([{ fromSequence: at(1), toSequence: at(3), bodies: 3, reason: 'damaged' }]);
  expect(states[0]?.lag.bodies).toBe(6);
});

test('a scan counts bodies and reports where some are lost', async () => {
  const store = modelLog();
  await using fixture = await openOver(store);
  await keepMany(fixture, 8);
  store.damage([at(2), at(3)]);
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    nowMs += 1_000;
    return nowMs;
  });
  const steps = await linesOf(scanJournal(fixture.readModel(), { first: at(0) - 3, next: at(6) + 4 }, never));
  vi.restoreAllMocks();
  const progress = steps.flatMap((step) => (step.kind === 'progress' ? [[step.done, step.total]] : []));
  expect(progress).toEqual([0, 1, 2, 5, 6, 7, 7].map((done) => [done, 7]));
  const bodies = steps.flatMap((step) => (step.kind === 'body' ? [[step.body.sequence, step.afterLoss]] : []));
  expect(bodies).toEqual([
    [at(0), false],
    [at(1), false],
    [at(4), true],
    [at(5), false],
    [at(6), false],
  ]);
});

test('rates are numbers of bodies', async () => {
  await using fixture = await openOver(modelLog());
  const { journal, progressHistory, directory, now, pipeline } = fixture;
  const { delivery } = pipeline;
  const sampler = startSampler({ journal, progressHistory, directory, now, delivery, receivedBytes: () => 0 });
  await sampler.sample();
  await keepMany(fixture, 12);
  fixture.pass(50_000);
  await sampler.sample();
  sampler.stop();
  expect(sampler.rates.bodiesPerSecond()).toBeGreaterThan(12 / 60);
  expect(sampler.rates.bodiesPerSecond()).toBeLessThanOrEqual(12 / 50);
});

test('a slow tail skips bodies and reports how many', async () => {
  await using fixture = await openOver(modelLog());
  const leaving = new AbortController();
  const lines = tail(fixture.readModel(), {}, leaving.signal);
  await lines.next();
  await keepMany(fixture, 200);
  for (let shown = 0; shown < 200; shown += 1) expect((await lines.next()).value).toMatchObject({ kind: 'document' });
  const next = lines.next();
  await keepMany(fixture, 600);
  expect((await next).value).toMatchObject({ kind: 'document' });
  let line = (await lines.next()).value;
  while (line?.kind === 'document') line = (await lines.next()).value;
  expect(line).toEqual({ kind: 'skipped', bodies: 600 - 32 });
  leaving.abort();
  await lines.return?.(undefined);
});

test('lastBodies returns the given number of bodies', async () => {
  await using fixture = await openOver(modelLog());
  await keepMany(fixture, 10);
  expect(fixture.journal.countBodies(lastBodies(fixture.journal, 4).first)).toBe(4);
  expect(lastBodies(fixture.journal, 100)).toEqual({ first: at(0), next: at(10) });
});
