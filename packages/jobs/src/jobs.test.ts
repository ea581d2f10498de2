import { replayRequest } from '@xiq-siem/admin-api';
import {
  audit,
  destinations,
  type Fixture,
  linesOf,
  never,
  openFixture,
  unavailable,
} from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { openJobs, spanOf } from './test-jobs.ts';

/** A fixture with one body whose destination does not respond, so that its jobs keep running. */
async function stuckFixture() {
  const fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  fixture.siem('one').response = unavailable;
  return fixture;
}

const spans = (fixture: Fixture, count: number) =>
  Array.from({ length: count }, (_, index) =>
    replayRequest.parse({ ...spanOf(fixture), from: new Date(Date.UTC(2019, 0, index + 1)).toISOString() }),
  );

test('two concurrent starts with the same request get the same job', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [wanted, other] = spans(fixture, 2);
  if (wanted === undefined || other === undefined) throw new Error('no spans');
  const [first, second] = await Promise.all([jobs.start('replay', wanted), jobs.start('replay', wanted)]);
  expect(second).toMatchObject({ id: first.id, resumed: true });
  expect(first).not.toHaveProperty('resumed');
  expect((await jobs.start('replay', other)).id).not.toBe(first.id);
  expect(jobs.running()).toBe(2);
  await jobs.stop();
});

test('four jobs run at once; a fifth is refused as busy, but attaching to a running one is possible', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [one, ...others] = spans(fixture, 5);
  if (one === undefined) throw new Error('no spans');
  for (const request of others) await jobs.start('replay', request);
  await expect(jobs.start('replay', one)).rejects.toMatchObject({ code: 'too_many_jobs' });
  expect(jobs.list()).toHaveLength(4);
  expect(await jobs.start('replay', others[0] ?? one)).toMatchObject({ resumed: true });
  await jobs.cancel(jobs.list()[0]?.id ?? '');
  expect(await jobs.start('replay', one)).toMatchObject({ state: 'running' });
  await jobs.stop();
});

test('a cancelled job has ended, and the same command starts a new one', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [wanted] = spans(fixture, 1);
  if (wanted === undefined) throw new Error('no span');
  const { id } = await jobs.start('replay', wanted);
  expect(await jobs.cancel(id)).toMatchObject({ id, state: 'cancelled', ended: expect.any(String) });
  expect(await jobs.cancel(id)).toMatchObject({ state: 'cancelled' });
  expect((await jobs.start('replay', wanted)).id).not.toBe(id);
  await expect(jobs.cancel('none')).rejects.toMatchObject({ code: 'not_found' });
  await jobs.stop();
});

test('a job that a restart interrupted can be cancelled', async () => {
  await using fixture = await stuckFixture();
  const [wanted] = spans(fixture, 1);
  if (wanted === undefined) throw new Error('no span');
  const first = await openJobs(fixture);
  const { id } = await first.start('replay', wanted);
  await first.stop();
  const second = await openJobs(fixture);
  expect(await second.cancel(id)).toMatchObject({ state: 'cancelled' });
  expect((await openJobs(fixture)).list()).toMatchObject([{ id, state: 'cancelled' }]);
});

test('watching ends with the job; a client that disconnects ends only its watching', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [wanted] = spans(fixture, 1);
  if (wanted === undefined) throw new Error('no span');
  const { id } = await jobs.start('replay', wanted);
  const leaving = new AbortController();
  for await (const job of jobs.watch(id, leaving.signal)) {
    expect(job.state).toBe('running');
    leaving.abort();
  }
  expect(jobs.running()).toBe(1);
  fixture.siem('one').response = undefined;
  const watching = linesOf(jobs.watch(id, never));
  await jobs.cancel(id);
  const states = (await watching).map(({ state }) => state);
  expect(states.at(-1)).toBe('cancelled');
  await expect(linesOf(jobs.watch('none', never))).rejects.toMatchObject({ code: 'not_found' });
});
