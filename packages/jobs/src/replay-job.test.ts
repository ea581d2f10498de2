import { replayRequest } from '@xiq-siem/admin-api';
import {
  audit,
  configChange,
  destinations,
  type Fixture,
  openFixture,
  unavailable,
  until,
  verdictWhere,
} from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { openJobs, spanOf } from './test-jobs.ts';

const request = (fixture: Fixture, more: object = {}) => replayRequest.parse({ ...spanOf(fixture), ...more });
const idsIn = (received: readonly string[]): string[] => received.map((json) => JSON.parse(json).event.id);

test('a span is sent again with the same ids to every destination, and counted', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  await fixture.keep([audit(1), audit(2)]);
  await fixture.keep([audit(3)]);
  await fixture.settled();
  const before = idsIn(fixture.siem('one').received);
  const jobs = await openJobs(fixture);
  const job = await jobs.start('replay', request(fixture));
  expect(job).toMatchObject({ kind: 'replay', state: 'running' });
  const ended = await jobs.ended(job);
  expect(ended).toMatchObject({ state: 'done', ended: expect.any(String) });
  expect(ended.streams).toMatchObject(
    ['one', 'two'].map((destination) => ({ destination, state: 'done', done: 2, total: 2, delivered: 3 })),
  );
  const after = idsIn(fixture.siem('one').received);
  expect(new Set(after)).toEqual(new Set(before));
  expect(after).toHaveLength(6);
  expect(fixture.pipeline.delivery.status()[0]?.counters).toMatchObject({ normalized: 3, delivered: 3 });
});

test('a replay uses the current mapping, also after a reload during the job', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const rules = 'auditCodes: { "99001": { action: ssid-changed, type: [change] } }\n';
  await fixture.pipeline.apply(await fixture.configure(destinations('one'), {}, rules));
  const jobs = await openJobs(fixture);
  await jobs.ended(await jobs.start('replay', request(fixture)));
  const [old, replayed] = fixture.siem('one').received;
  expect(old).not.toContain('ssid-changed');
  expect(replayed).toContain('ssid-changed');
});

test('only events that match `where` of the request and of the destination are sent', async () => {
  const gdpr = { ...destinations('one')['one'], where: { datasets: ['extreme_xiq.gdpr'] } };
  await using fixture = await openFixture({ ...destinations('one'), picky: gdpr });
  await fixture.keep([audit(1), configChange(2)]);
  await fixture.settled();
  fixture.siem('one').received.length = 0;
  const jobs = await openJobs(fixture);
  const { streams } = await jobs.ended(
    await jobs.start('replay', request(fixture, { where: { actions: ['config-changed'] } })),
  );
  expect(fixture.siem('one').received).toHaveLength(1);
  expect(fixture.siem('one').received[0]).toContain('number 2');
  expect(fixture.siem('picky').received).toEqual([]);
  expect(streams).toMatchObject([
    { destination: 'one', delivered: 1, filtered: 0 },
    { destination: 'picky', delivered: 0, filtered: 1 },
  ]);
});

test('only the named destinations; a name that is not configured is refused', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const jobs = await openJobs(fixture);
  const { streams } = await jobs.ended(await jobs.start('replay', request(fixture, { destinations: ['two'] })));
  expect(streams.map(({ destination }) => destination)).toEqual(['two']);
  await expect(jobs.start('replay', request(fixture, { destinations: ['three'] }))).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('one, two'),
  });
  expect(jobs.list()).toHaveLength(1);
});

test('an empty span is done at once', async () => {
  await using fixture = await openFixture(destinations('one'));
  const jobs = await openJobs(fixture);
  const { state, streams } = await jobs.ended(await jobs.start('replay', request(fixture)));
  expect({ state, streams }).toEqual({ state: 'done', streams: [] });
});

test('an event that a replay has rejected is a dead letter that is counted as one of a job', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  const jobs = await openJobs(fixture);
  expect(await jobs.ended(await jobs.start('replay', request(fixture)))).toMatchObject({
    state: 'done',
    streams: [{ delivered: 0, deadLettered: 1 }],
  });
  expect((await fixture.deadLetters.counts()).get('one')).toEqual({
    open: 1,
    parked: 0,
    delivered: 0,
    dropped: 0,
    lost: 0,
    fromJobs: 1,
  });
});

test('after a restart a job is interrupted, and the same command resumes it to the end', async () => {
  await using fixture = await openFixture(destinations('one'));
  await Promise.all(Array.from({ length: 40 }, (_, id) => fixture.keep([audit(id)])));
  await fixture.settled();
  const { siems } = fixture;
  const siem = fixture.siem('one');
  siem.received.length = 0;
  siem.response = (batch) =>
    siem.received.length < 20
      ? { items: batch.items.map(({ index }) => ({ index, verdict: 'delivered' })) }
      : unavailable();
  const first = await openJobs(fixture);
  const wanted = request(fixture);
  const started = await first.start('replay', wanted);
  await until(() => siem.received.length >= 20);
  await first.stop();
  expect(first.jobOf(started.id)).toMatchObject({ state: 'interrupted' });
  expect(first.jobOf(started.id)).not.toHaveProperty('ended');
  await fixture.stop();

  siem.response = undefined;
  const sentBefore = siem.received.length;
  await using again = await openFixture(destinations('one'), { after: { directory: fixture.directory, siems } });
  const second = await openJobs(again);
  expect(second.list()).toMatchObject([{ id: started.id, state: 'interrupted', request: wanted }]);
  expect(second.list()[0]?.request).toEqual(wanted);
  const resumed = await second.start('replay', wanted);
  expect(resumed).toMatchObject({ id: started.id, resumed: true });
  expect(await second.ended(resumed)).toMatchObject({ state: 'done', streams: [{ done: 40, total: 40 }] });
  expect(new Set(idsIn(siem.received)).size).toBe(40);
  expect(siem.received.length - sentBefore).toBeLessThanOrEqual(21);
});

test('a job whose destination is removed by a reload is interrupted, and cannot be resumed without it', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  fixture.siem('two').response = unavailable;
  const jobs = await openJobs(fixture);
  const wanted = request(fixture, { destinations: ['two'] });
  const job = await jobs.start('replay', wanted);
  await until(() => jobs.jobOf(job.id).streams[0]?.state === 'backing_off');
  await fixture.pipeline.apply(await fixture.configure(destinations('one')));
  expect(await jobs.ended(job)).toMatchObject({ state: 'interrupted' });
  await expect(jobs.start('replay', wanted)).rejects.toMatchObject({ code: 'not_found' });
  expect(jobs.jobOf(job.id)).toMatchObject({ state: 'interrupted' });
  fixture.siem('two').response = undefined;
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two')));
  expect(await jobs.ended(await jobs.start('replay', wanted))).toMatchObject({ id: job.id, state: 'done' });
});

test('a late webhook of a fetched event is filtered in a replay too', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.fetch([audit(1, { id: 7 })]);
  await fixture.keep([audit(1, { id: null }), audit(1, { id: null, device_count: 2 })]);
  await fixture.settled();
  const before = idsIn(fixture.siem('one').received);
  expect(before).toHaveLength(2);
  const jobs = await openJobs(fixture);
  const { streams } = await jobs.ended(await jobs.start('replay', request(fixture)));
  expect(streams).toMatchObject([{ delivered: 2, filtered: 1 }]);
  expect(idsIn(fixture.siem('one').received).slice(2)).toEqual(before);
});
