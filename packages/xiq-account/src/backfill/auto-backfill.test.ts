import type { Job } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { destinations, openFixture } from '@xiq-siem/queries/test-queries';
import { createManualClock, createRecordingLogger, type ManualClock } from '@xiq-siem/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { testAccount } from '../test-account.ts';
import { startAutoBackfill } from './auto-backfill.ts';
import { openLastAccepting, openPendingSpans } from './pending-spans.ts';

const startMs = Date.UTC(2026, 0, 1, 12);
const minute = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** Jobs that start and stay running. */
function testJobs(clock: ManualClock) {
  const list: Job[] = [];
  const world = { refuses: undefined as ConnectorError | undefined };
  return {
    list,
    world,
    jobs: {
      list: () => list,
      async start(kind: Job['kind'], request: Job['request']): Promise<Job> {
        if (world.refuses !== undefined) throw world.refuses;
        const pending = JSON.stringify(request);
        const known = list.findIndex((job) => JSON.stringify(job.request) === pending && job.state !== 'done');
        const id = known < 0 ? `job${list.length}` : (list[known]?.id ?? '');
        const job: Job = { id, kind, request, state: 'running', created: iso(clock.now()), streams: [] };
        list.splice(known < 0 ? list.length : known, 1, job);
        return job;
      },
    },
  };
}

async function fixture(config: Parameters<typeof testAccount>[0] = {}) {
  const fixture = await openFixture(destinations('one'));
  onTestFinished(() => fixture[Symbol.asyncDispose]());
  const { documents } = fixture.state;
  const clock = createManualClock(startMs);
  const log = createRecordingLogger();
  const made = testJobs(clock);
  const { accounts } = testAccount(config);
  const ready = { is: true };
  const start = async () => {
    const auto = startAutoBackfill({
      accounts,
      access: fixture.readModel,
      jobs: made.jobs,
      clock,
      log,
      lastAccepting: await openLastAccepting(documents),
      pending: await openPendingSpans(documents, log),
      ready: () => ready.is,
    });
    onTestFinished(() => auto.stop());
    // The first tick reads and writes files, which the manual clock does not wait for.
    await waitFor(() => clock.sleepers() > 0);
    return auto;
  };
  return { ...made, clock, log, ready, start };
}

async function waitFor(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`never: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Advances tick by tick, and waits until each has written its files. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  const end = clock.now() + ms;
  while (clock.now() < end) {
    await clock.advance(Math.min(30_000, end - clock.now()));
    await waitFor(() => clock.sleepers() > 0);
  }
}

test('a first start, and a quick restart, start no job', async () => {
  const { start, clock, list } = await fixture();
  const first = await start();
  await pass(clock, 5 * minute);
  await first.stop();
  await clock.advance(45_000);
  await start();
  expect(list).toEqual([]);
});

test('a downtime starts one job with a margin', async () => {
  const { start, clock, list, log } = await fixture();
  const first = await start();
  await pass(clock, 2 * minute);
  await first.stop();
  const minDowntimeMs = clock.now();
  await clock.advance(90 * minute);
  await start();
  await pass(clock, 2 * minute);
  expect(list).toHaveLength(1);
  const [job] = list;
  const request = job?.request;
  if (request === undefined || !('to' in request)) throw new Error('no request');
  expect(Date.parse(request.from ?? '')).toBeLessThanOrEqual(minDowntimeMs - 10 * minute);
  expect(Date.parse(request.to ?? '')).toBeGreaterThanOrEqual(minDowntimeMs + 90 * minute);
  expect(request).toMatchObject({ source: 'xiq', forceDuplicates: false });
  expect(log.of('backfill.span_added')[0]?.attributes['why']).toContain('the connector could not accept webhooks from');
});

test('a time without readiness counts as downtime', async () => {
  const { start, clock, list, ready } = await fixture();
  await start();
  await pass(clock, minute);
  ready.is = false;
  await pass(clock, 20 * minute);
  expect(list).toEqual([]);
  ready.is = true;
  await pass(clock, minute);
  expect(list).toHaveLength(1);
});

test('with backfill: manual no job starts', async () => {
  const { start, clock, list } = await fixture({ backfill: 'manual' });
  const first = await start();
  await first.addGap({
    source: 'xiq',
    messageType: 'AUDIT_LOG_ALL',
    reason: 'missing',
    sinceMs: 0,
    untilMs: startMs,
  });
  await first.stop();
  await clock.advance(60 * minute);
  await start();
  expect(list).toEqual([]);
});

test('gaps of several types with the same span are one job', async () => {
  const { start, clock, list } = await fixture();
  const auto = await start();
  const gap = { source: 'xiq', reason: 'disabled', sinceMs: startMs - 30 * minute, untilMs: startMs } as const;
  for (const messageType of ['AUDIT_LOG_ALL', 'SMS_LOG_ALL', 'AUDIT_LOG_ALL'])
    await auto.addGap({ ...gap, messageType });
  await pass(clock, minute);
  expect(list).toMatchObject([{ request: { messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL'] } }]);
  // The running job also covers a gap within its span.
  await auto.addGap({ ...gap, sinceMs: gap.sinceMs + 5 * minute, messageType: 'SMS_LOG_ALL' });
  await pass(clock, minute);
  expect(list).toHaveLength(1);
});

test('a gap stays pending over a restart, while too many jobs run, and after its job failed', async () => {
  const { start, clock, list, world } = await fixture();
  world.refuses = new ConnectorError('too_many_jobs', '4 jobs are running');
  const first = await start();
  await first.addGap({
    source: 'xiq',
    messageType: 'AUDIT_LOG_ALL',
    reason: 'missing',
    sinceMs: startMs - 30 * minute,
    untilMs: startMs,
  });
  await pass(clock, minute);
  await first.stop();
  world.refuses = undefined;
  const second = await start();
  await pass(clock, minute);
  expect(list).toHaveLength(1);
  const fail = () => list.splice(0, 1, ...list.map((job) => ({ ...job, state: 'failed' as const })));
  fail();
  await pass(clock, 16 * minute);
  expect(list).toMatchObject([{ state: 'running' }]);
  list.splice(0, 1, ...list.map((job) => ({ ...job, state: 'done' as const })));
  await pass(clock, 30 * minute);
  expect(list).toMatchObject([{ state: 'done' }]);
  await second.stop();
});

test.each([
  ['no job accepts', new ConnectorError('usage', 'the journal no longer has the span'), 1],
  ['could not be started 100 times', new ConnectorError('too_many_jobs', '4 jobs are running'), 52],
])('a span that %s is dropped, with the command to run', async (_, refuses, minutes) => {
  const { start, clock, log, list, world } = await fixture();
  world.refuses = refuses;
  const auto = await start();
  const gap = { source: 'xiq', messageType: 'AUDIT_LOG_ALL', reason: 'missing' } as const;
  await auto.addGap({ ...gap, sinceMs: startMs - 60 * minute, untilMs: startMs - 30 * minute });
  await pass(clock, minutes * minute);
  world.refuses = undefined;
  await pass(clock, 2 * minute);
  expect(list).toEqual([]);
  expect(log.of('backfill.span_dropped')).toMatchObject([
    {
      level: 'error',
      attributes: {
        ...{ source: 'xiq', messageTypes: 'AUDIT_LOG_ALL', error: refuses.message, from: '2026-01-01T10:50:00Z' },
        remediation:
          'fix the cause, then run xiq-siem backfill --source xiq --from 2026-01-01T10:50:00.000Z ' +
          '--to 2026-01-01T11:32:00.000Z --types AUDIT_LOG_ALL',
      },
    },
  ]);
});

test('resumes interrupted jobs', async () => {
  const { start, list, clock } = await fixture();
  const request = { from: iso(startMs), to: iso(startMs + 1), forceDuplicates: false };
  list.push({ id: 'old', kind: 'backfill', request, state: 'interrupted', created: iso(startMs), streams: [] });
  await start();
  await pass(clock, minute);
  expect(list).toMatchObject([{ id: 'old', state: 'running' }]);
});

test('gaps of one source are back-filled one after the other', async () => {
  const { start, clock, list } = await fixture();
  const auto = await start();
  const gap = { source: 'xiq', messageType: 'AUDIT_LOG_ALL', reason: 'missing' } as const;
  await auto.addGap({ ...gap, sinceMs: startMs - 300 * minute, untilMs: startMs - 200 * minute });
  await auto.addGap({ ...gap, sinceMs: startMs - 100 * minute, untilMs: startMs });
  await pass(clock, 2 * minute);
  expect(list).toHaveLength(1);
  list.splice(0, 1, ...list.map((job) => ({ ...job, state: 'done' as const })));
  await pass(clock, 2 * minute);
  expect(list).toHaveLength(2);
});
