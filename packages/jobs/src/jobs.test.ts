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

/** A place with one body, whose destination answers no more, so that its jobs stay. */
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

test('who wants the same attaches to the job that runs, though both ask at once', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [wanted, other] = spans(fixture, 2);
  if (wanted === undefined || other === undefined) throw new Error('no spans');
  const [first, second] = await Promise.all([jobs.begin('replay', wanted), jobs.begin('replay', wanted)]);
  expect(second).toMatchObject({ id: first.id, resumed: true });
  expect(first).not.toHaveProperty('resumed');
  expect((await jobs.begin('replay', other)).id).not.toBe(first.id);
  expect(jobs.running()).toBe(2);
  await jobs.stop();
});

test('four run at once; the fifth is told to come again, one that attaches is not', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [one, ...others] = spans(fixture, 5);
  if (one === undefined) throw new Error('no spans');
  for (const request of others) await jobs.begin('replay', request);
  await expect(jobs.begin('replay', one)).rejects.toMatchObject({ code: 'too_many_jobs' });
  expect(jobs.list()).toHaveLength(4);
  expect(await jobs.begin('replay', others[0] ?? one)).toMatchObject({ resumed: true });
  await jobs.cancel(jobs.list()[0]?.id ?? '');
  expect(await jobs.begin('replay', one)).toMatchObject({ state: 'running' });
  await jobs.stop();
});

test('one that is cancelled has ended, and the same command begins anew', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [wanted] = spans(fixture, 1);
  if (wanted === undefined) throw new Error('no span');
  const { id } = await jobs.begin('replay', wanted);
  expect(await jobs.cancel(id)).toMatchObject({ id, state: 'cancelled', ended: expect.any(String) });
  expect(await jobs.cancel(id)).toMatchObject({ state: 'cancelled' });
  expect((await jobs.begin('replay', wanted)).id).not.toBe(id);
  await expect(jobs.cancel('none')).rejects.toMatchObject({ code: 'not_found' });
  await jobs.stop();
});

test('one that a restart interrupted can be cancelled too', async () => {
  await using fixture = await stuckFixture();
  const [wanted] = spans(fixture, 1);
  if (wanted === undefined) throw new Error('no span');
  const first = await openJobs(fixture);
  const { id } = await first.begin('replay', wanted);
  await first.stop();
  const second = await openJobs(fixture);
  expect(await second.cancel(id)).toMatchObject({ state: 'cancelled' });
  expect((await openJobs(fixture)).list()).toMatchObject([{ id, state: 'cancelled' }]);
});

test('it is watched until it has ended; who leaves ends only the watching', async () => {
  await using fixture = await stuckFixture();
  const jobs = await openJobs(fixture);
  const [wanted] = spans(fixture, 1);
  if (wanted === undefined) throw new Error('no span');
  const { id } = await jobs.begin('replay', wanted);
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
