import { backfillRequest, type Job } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { createJobs } from '@xiq-siem/jobs';
import { audit, destinations, type Fixture, linesOf, never, openFixture, until } from '@xiq-siem/queries/test-queries';
import { openJobRecords } from '@xiq-siem/state';
import { createManualClock } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import { type TestAccount, testAccount } from '../test-account.ts';
import { backfillKind } from './backfill-kind.ts';
import { previewBackfill } from './preview-backfill.ts';

/** The time of `audit(0)`. */
const T = 1_636_337_187_000;
const hour = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

async function jobsOf(fixture: Fixture, world: TestAccount, clock = createManualClock(T + 10 * hour)) {
  const { journal, state, log, pairing, readModel } = fixture;
  const records = await openJobRecords(state.documents);
  const refuse = () => Promise.reject(new ConnectorError('usage', 'not in this test'));
  const none = { plan: refuse, start: refuse };
  const kind = backfillKind({
    accounts: world.accounts,
    access: readModel,
    journal,
    pairing,
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
    pairing,
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

test('stores and delivers missing events, skips known ones, and a second job stores nothing', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 10));
  await fixture.keep([audit(0), audit(1), audit(2)]);
  const { begin, ended, pairing } = await jobsOf(fixture, world);
  const job = await ended(await begin());
  expect(job).toMatchObject({ state: 'done', types: [{ state: 'done', done: 1, fetched: 10, known: 3, kept: 7 }] });
  await fixture.settled();
  const ids = fixture.siem('one').received.map((json): unknown => JSON.parse(json).event.id);
  expect([ids.length, new Set(ids).size, pairing.size]).toEqual([10, 10, 7]);
  const again = await ended(await begin());
  expect(again.id).not.toBe(job.id);
  expect(again.types).toMatchObject([{ fetched: 10, known: 10, kept: 0 }]);
  expect(await originsOf(fixture)).toEqual(['webhook', 'rest']);
});

test('skips an event that a webhook brings during the fetch', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 4));
  world.before = async () => {
    world.before = undefined;
    await fixture.keep([audit(3)]);
  };
  const { begin, ended } = await jobsOf(fixture, world);
  expect((await ended(await begin())).types).toMatchObject([{ fetched: 4, known: 1, kept: 3 }]);
});

test('after a failure of the journal between two bodies, the next job stores nothing twice', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 1_200));
  const complete = await jobsOf(fixture, world);
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
  const job = await complete.ended(await complete.begin());
  expect(job.types).toMatchObject([{ fetched: 1_200, known: 500, kept: 700 }]);
  // The scan finds the ids of the body whose progress was not saved.
  expect(complete.pairing.size).toBe(1_200);
});

test('waits until the log is final and shows the time; resumes after a stop', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 5));
  const clock = createManualClock(T + 60_000);
  const { jobs, begin, jobOf } = await jobsOf(fixture, world, clock);
  const span = { from: iso(T - hour), to: iso(T + 60_000) };
  const { id } = await begin(span);
  await until(() => jobOf(id).types?.[0]?.state === 'waiting');
  expect(jobOf(id).types?.[0]?.message).toContain(`until ${iso(T + 660_000).slice(0, 19)}Z`);
  expect(world.requests.every(({ toMs }) => toMs <= T - 540_000 + 1_000)).toBe(true);
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

test('shows a wait for the request budget', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  const requests = Promise.withResolvers<void>();
  const resume = Promise.withResolvers<void>();
  world.before = () => {
    requests.resolve();
    return resume.promise;
  };
  const { begin, jobOf, ended } = await jobsOf(fixture, world);
  const job = await begin();
  await requests.promise;
  world.waitMs = 1_800_000;
  expect(jobOf(job.id).types).toMatchObject([
    { state: 'waiting', message: expect.stringContaining('the 7500 requests per hour are used') },
  ]);
  world.waitMs = 0;
  resume.resolve();
  expect((await ended(job)).state).toBe('done');
});

test('shows the message of a failed type, fetches the others, and the same request resumes the job', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount({ messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL', 'GDPR_LOG_ALL'] });
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
  const resumed = await begin();
  expect(resumed).toMatchObject({ id: failed.id, resumed: true, state: 'running' });
  expect(await ended(resumed)).toMatchObject({ state: 'done', types: [{ state: 'done', kept: 5 }, { state: 'done' }] });
});

test('shows a requested type without a log as stopped', async () => {
  await using fixture = await openFixture(destinations('one'));
  const { begin, ended } = await jobsOf(fixture, testAccount());
  await expect(begin({ messageTypes: ['GDPR_LOG_ALL'] })).rejects.toMatchObject({ code: 'usage' });
  const job = await ended(await begin({ messageTypes: ['GDPR_LOG_ALL', 'AUDIT_LOG_ALL'] }));
  expect(job).toMatchObject({
    state: 'done',
    types: [{ state: 'stopped', message: expect.stringContaining('no log of GDPR_LOG_ALL') }, { state: 'done' }],
  });
});

test.each([
  ['an unknown source', { source: 'other' }, 'api_not_configured'],
  ['an empty span', { from: iso(T), to: iso(T) }, 'usage'],
  ['a span in the future', { to: iso(T + 20 * hour) }, 'usage'],
])('%s is rejected', async (_, more, code) => {
  await using fixture = await openFixture(destinations('one'));
  const { begin } = await jobsOf(fixture, testAccount());
  await expect(begin(more)).rejects.toMatchObject({ code, exitCode: 64 });
});

test('rejects a span that the journal no longer retains, unless duplicates are forced', async () => {
  await using fixture = await openFixture(destinations('one'), { journal: { segmentBytes: 256 } });
  const world = testAccount();
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
  const message = expect.stringContaining('--force-dup');
  await expect(begin(span)).rejects.toMatchObject({ code: 'span_not_retained', exitCode: 64, message });
  expect((await ended(await begin({ ...span, forceDuplicates: true }))).types).toMatchObject([{ kept: 1 }]);
  const later = { from: iso(receivedMs + 2.5 * hour), to: iso(receivedMs + 2.75 * hour) };
  expect(await ended(await begin(later))).toMatchObject({ state: 'done' });
});

test('a preview counts missing events, and stores nothing', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 10));
  await fixture.keep([audit(0), audit(1)]);
  const parts = {
    accounts: world.accounts,
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
