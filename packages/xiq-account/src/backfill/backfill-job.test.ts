import { backfillRequest, type Job } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { createJobs } from '@xiq-siem/jobs';
import { audit, destinations, type Fixture, linesOf, never, openFixture, until } from '@xiq-siem/queries/test-queries';
import { openBackfilledIds, openJobRecords } from '@xiq-siem/state';
import { createManualClock } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import { type TestCloud, testCloud } from '../test-cloud.ts';
import { backfillKind } from './backfill-kind.ts';
import { previewBackfill } from './preview-backfill.ts';

/** The times of `audit(0)` and on. */
const T = 1_636_337_187_000;
const hour = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

async function jobsOf(fixture: Fixture, world: TestCloud, clock = createManualClock(T + 10 * hour)) {
  const { journal, state, log, readModel } = fixture;
  const records = await openJobRecords(state.documents);
  const backfilled = await openBackfilledIds(state.database, { now: clock.now, log });
  const refuse = () => Promise.reject(new ConnectorError('usage', 'not in this test'));
  const none = { plan: refuse, start: refuse };
  const kind = backfillKind({
    clouds: world.clouds,
    access: readModel,
    journal,
    backfilled,
    records,
    clock,
    log,
  });
  const jobs = createJobs({ records, now: clock.now, log, kinds: { retry: none, replay: none, backfill: kind } });
  const jobOf = (id: string): Job => {
    const found = jobs.list().find((job) => job.id === id);
    if (found === undefined) throw new Error(`no job ${id}`);
    return found;
  };
  return {
    jobs,
    clock,
    backfilled,
    jobOf,
    begin: (more: object = {}) =>
      jobs.start('backfill', backfillRequest.parse({ from: iso(T - hour), to: iso(T + hour), ...more })),
    async ended({ id }: Job): Promise<Job> {
      await until(() => jobOf(id).state !== 'running');
      return jobOf(id);
    },
  };
}

const restForms = (from: number, count: number): object[] =>
  Array.from({ length: count }, (_, index) => audit(from + index, { id: 1_000 + index }));

async function originsOf({ journal }: Fixture): Promise<readonly string[]> {
  const { firstSequence, nextSequence } = journal.extent();
  const reader = journal.reader(firstSequence, nextSequence - 1);
  const entries = await reader.read({ maxBodies: 1_000, maxBytes: 1 << 30 }, never);
  await reader.close();
  return entries.flatMap((entry) => (entry.kind === 'body' ? [entry.body.metadata.origin] : []));
}

test('what did not come is kept and delivered, what came is left out, and a second one keeps nothing', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  world.logs.set('audit', restForms(0, 10));
  await fixture.keep([audit(0), audit(1), audit(2)]);
  const { begin, ended, backfilled } = await jobsOf(fixture, world);
  const job = await ended(await begin());
  expect(job).toMatchObject({ state: 'done', types: [{ state: 'done', done: 1, fetched: 10, known: 3, kept: 7 }] });
  await fixture.settled();
  const ids = fixture.siem('one').received.map((json): unknown => JSON.parse(json).event.id);
  expect([ids.length, new Set(ids).size, backfilled.size]).toEqual([10, 10, 7]);
  const again = await ended(await begin());
  expect(again.id).not.toBe(job.id);
  expect(again.types).toMatchObject([{ fetched: 10, known: 10, kept: 0 }]);
  expect(await originsOf(fixture)).toEqual(['webhook', 'rest']);
});

test('what comes by webhook while a piece is fetched is known when it is kept', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  world.logs.set('audit', restForms(0, 4));
  world.before = async () => {
    world.before = undefined;
    await fixture.keep([audit(3)]);
  };
  const { begin, ended } = await jobsOf(fixture, world);
  expect((await ended(await begin())).types).toMatchObject([{ fetched: 4, known: 1, kept: 3 }]);
});

test('a failure of the journal between two bodies: the next one goes on, and nothing is kept twice', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  world.logs.set('audit', restForms(0, 1_200));
  const whole = await jobsOf(fixture, world);
  let appends = 0;
  const broken: Fixture = {
    ...fixture,
    journal: {
      ...fixture.journal,
      append(metadata, bytes) {
        appends += 1;
        if (appends === 2) return Promise.reject(new ConnectorError('journal_full', 'the journal is full'));
        return fixture.journal.append(metadata, bytes);
      },
    },
  };
  const half = await jobsOf(broken, world);
  const failed = await half.ended(await half.begin());
  expect(failed).toMatchObject({
    state: 'failed',
    types: [{ state: 'failed', message: 'the journal is full', kept: 0 }],
  });
  const job = await whole.ended(await whole.begin());
  expect(job.types).toMatchObject([{ fetched: 1_200, known: 500, kept: 700 }]);
  // Ids of the body whose progress was not saved are remembered by the scan.
  expect(whole.backfilled.size).toBe(1_200);
});

test('what has not settled is waited for, and its words say until when; a stop in between is gone on with', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  world.logs.set('audit', restForms(0, 5));
  const clock = createManualClock(T + 60_000);
  const { jobs, begin, jobOf } = await jobsOf(fixture, world, clock);
  const span = { from: iso(T - hour), to: iso(T + 60_000) };
  const { id } = await begin(span);
  await until(() => jobOf(id).types?.[0]?.state === 'waiting');
  expect(jobOf(id).types?.[0]?.message).toContain(`until ${iso(T + 660_000).slice(0, 19)}Z`);
  expect(world.asked.every(({ toMs }) => toMs <= T - 540_000 + 1_000)).toBe(true);
  await jobs.stop();
  expect(jobOf(id)).toMatchObject({ state: 'interrupted' });
  const after = await jobsOf(fixture, world, clock);
  expect(await after.begin(span)).toMatchObject({ id, resumed: true });
  await until(() => after.jobOf(id).types?.[0]?.state === 'waiting');
  await clock.advance(600_000);
  const done = await after.ended(after.jobOf(id));
  expect(done).toMatchObject({ state: 'done', types: [{ kept: 5 }] });
  expect(done.types?.[0]).not.toHaveProperty('message');
});

test('a wait for the request budget is shown as one', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  world.before = () => {
    asked.resolve();
    return goOn.promise;
  };
  const { begin, jobOf, ended } = await jobsOf(fixture, world);
  const job = await begin();
  await asked.promise;
  world.waitMs = 1_800_000;
  expect(jobOf(job.id).types).toMatchObject([
    { state: 'waiting', message: expect.stringContaining('the 7500 requests an hour are used up') },
  ]);
  world.waitMs = 0;
  goOn.resolve();
  expect((await ended(job)).state).toBe('done');
});

test('a type that fails is said with its words, others are fetched, and the same request goes on with it', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud({ messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL', 'GDPR_LOG_ALL'] });
  world.logs.set('audit', restForms(0, 5));
  world.before = (type) => {
    if (type === 'sms') throw xiqError('xiq_unauthorized', 'the token has expired');
  };
  const { begin, ended } = await jobsOf(fixture, world);
  const failed = await ended(await begin());
  expect(failed).toMatchObject({
    state: 'failed',
    types: [
      { messageType: 'AUDIT_LOG_ALL', state: 'done', kept: 5 },
      { messageType: 'SMS_LOG_ALL', state: 'failed', message: 'the token has expired' },
    ],
  });
  world.before = undefined;
  const begun = await begin();
  expect(begun).toMatchObject({ id: failed.id, resumed: true, state: 'running' });
  expect(await ended(begun)).toMatchObject({ state: 'done', types: [{ state: 'done', kept: 5 }, { state: 'done' }] });
});

test('a type without a log is named, and nothing else of it', async () => {
  await using fixture = await openFixture(destinations('one'));
  const { begin, ended } = await jobsOf(fixture, testCloud());
  await expect(begin({ messageTypes: ['GDPR_LOG_ALL'] })).rejects.toMatchObject({ code: 'usage' });
  const job = await ended(await begin({ messageTypes: ['GDPR_LOG_ALL', 'AUDIT_LOG_ALL'] }));
  expect(job).toMatchObject({
    state: 'done',
    types: [{ state: 'stopped', message: expect.stringContaining('no log of GDPR_LOG_ALL') }, { state: 'done' }],
  });
});

test.each([
  ['a source that is not there', { source: 'other' }],
  ['an empty span', { from: iso(T), to: iso(T) }],
  ['a span that is yet to come', { to: iso(T + 20 * hour) }],
])('%s is refused', async (_, more) => {
  await using fixture = await openFixture(destinations('one'));
  const { begin } = await jobsOf(fixture, testCloud());
  await expect(begin(more)).rejects.toMatchObject({ code: 'usage' });
});

test('beyond what the journal retains a span is refused with the reason, and done all the same where duplicates are forced', async () => {
  await using fixture = await openFixture(destinations('one'), { journal: { segmentBytes: 256 } });
  const world = testCloud();
  const receivedMs = fixture.now();
  world.logs.set('audit', [audit(0, { timestamp: receivedMs - 60_000 })]);
  for (let body = 0; body < 20; body += 1) await fixture.keep([audit(body)]);
  await fixture.settled();
  fixture.pass(2 * hour);
  await fixture.keep([audit(100)]);
  await fixture.journal.maintain();
  expect(fixture.journal.extent().firstSequence).toBeGreaterThan(1);
  const { begin, ended } = await jobsOf(fixture, world, createManualClock(receivedMs + 3 * hour));
  const span = { from: iso(receivedMs - hour), to: iso(receivedMs + hour) };
  await expect(begin(span)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('--force-dup') });
  expect((await ended(await begin({ ...span, forceDuplicates: true }))).types).toMatchObject([{ kept: 1 }]);
  const later = { from: iso(receivedMs + 2.5 * hour), to: iso(receivedMs + 2.75 * hour) };
  expect(await ended(await begin(later))).toMatchObject({ state: 'done' });
});

test('a preview counts what is missing, and keeps nothing', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  world.logs.set('audit', restForms(0, 10));
  await fixture.keep([audit(0), audit(1)]);
  const parts = {
    clouds: world.clouds,
    access: fixture.readModel,
    snapshot: false,
    clock: createManualClock(T + 10 * hour),
  };
  const lines = await linesOf(previewBackfill(parts, { from: iso(T - hour), to: iso(T + hour) }, never));
  expect(lines.slice(-2)).toEqual([
    { kind: 'type', messageType: 'AUDIT_LOG_ALL', fetched: 10, known: 2, missing: 8 },
    { kind: 'end', snapshot: false, missing: 8 },
  ]);
  expect(fixture.journal.extent().nextSequence).toBe(2);
});
