import { replayRequest } from '@xiq-siem/admin-api';
import {
  audit,
  away,
  configChange,
  destinations,
  judging,
  openPlace,
  type Place,
  until,
} from '@xiq-siem/queries/test-place';
import { expect, test } from 'vitest';
import { openJobs, spanOf } from './test-desk.ts';

const request = (place: Place, more: object = {}) => replayRequest.parse({ ...spanOf(place), ...more });
const idsIn = (received: readonly string[]): string[] => received.map((json) => JSON.parse(json).event.id);

test('a span is sent again, with the same ids, to every destination, and counted', async () => {
  await using place = await openPlace(destinations('one', 'two'));
  await place.keep([audit(1), audit(2)]);
  await place.keep([audit(3)]);
  await place.settled();
  const before = idsIn(place.siem('one').received);
  const jobs = await openJobs(place);
  const job = await jobs.begin('replay', request(place));
  expect(job).toMatchObject({ kind: 'replay', state: 'running' });
  const ended = await jobs.ended(job);
  expect(ended).toMatchObject({ state: 'done', ended: expect.any(String) });
  expect(ended.lanes).toMatchObject(
    ['one', 'two'].map((destination) => ({ destination, state: 'done', done: 2, total: 2, delivered: 3 })),
  );
  const after = idsIn(place.siem('one').received);
  expect(new Set(after)).toEqual(new Set(before));
  expect(after).toHaveLength(6);
  expect(place.pipeline.delivery.status()[0]?.counters).toMatchObject({ normalized: 3, delivered: 3 });
});

test('by the mapping of today, in what is left of it after a reload too', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1)]);
  await place.settled();
  const rules = 'auditCodes: { "99001": { action: ssid-changed, type: [change] } }\n';
  await place.pipeline.apply(await place.configure(destinations('one'), {}, rules));
  const jobs = await openJobs(place);
  await jobs.ended(await jobs.begin('replay', request(place)));
  const [old, replayed] = place.siem('one').received;
  expect(old).not.toContain('ssid-changed');
  expect(replayed).toContain('ssid-changed');
});

test('only what `where` means goes, and only where the destination wants it', async () => {
  const gdpr = { ...destinations('one')['one'], where: { datasets: ['extreme_xiq.gdpr'] } };
  await using place = await openPlace({ ...destinations('one'), picky: gdpr });
  await place.keep([audit(1), configChange(2)]);
  await place.settled();
  place.siem('one').received.length = 0;
  const jobs = await openJobs(place);
  const { lanes } = await jobs.ended(
    await jobs.begin('replay', request(place, { where: { actions: ['config-changed'] } })),
  );
  expect(place.siem('one').received).toHaveLength(1);
  expect(place.siem('one').received[0]).toContain('number 2');
  expect(place.siem('picky').received).toEqual([]);
  expect(lanes).toMatchObject([
    { destination: 'one', delivered: 1, filtered: 0 },
    { destination: 'picky', delivered: 0, filtered: 1 },
  ]);
});

test('only the destinations that are named; one that is not configured is refused with those that are', async () => {
  await using place = await openPlace(destinations('one', 'two'));
  await place.keep([audit(1)]);
  await place.settled();
  const jobs = await openJobs(place);
  const { lanes } = await jobs.ended(await jobs.begin('replay', request(place, { destinations: ['two'] })));
  expect(lanes.map(({ destination }) => destination)).toEqual(['two']);
  await expect(jobs.begin('replay', request(place, { destinations: ['three'] }))).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('one, two'),
  });
  expect(jobs.list()).toHaveLength(1);
});

test('a span that holds nothing is through at once', async () => {
  await using place = await openPlace(destinations('one'));
  const jobs = await openJobs(place);
  const { state, lanes } = await jobs.ended(await jobs.begin('replay', request(place)));
  expect({ state, lanes }).toEqual({ state: 'done', lanes: [] });
});

test('what a replay has rejected is a dead letter that the sum knows to be of a job', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1)]);
  await place.settled();
  place.siem('one').answer = judging('rejected', () => true);
  const jobs = await openJobs(place);
  expect(await jobs.ended(await jobs.begin('replay', request(place)))).toMatchObject({
    state: 'done',
    lanes: [{ delivered: 0, deadLettered: 1 }],
  });
  expect((await place.deadLetters.counts()).get('one')).toEqual({
    open: 1,
    delivered: 0,
    dropped: 0,
    lost: 0,
    fromRuns: 1,
  });
});

test('after a restart it stands as interrupted, and the same command goes on from where it stood, to the end', async () => {
  await using place = await openPlace(destinations('one'));
  await Promise.all(Array.from({ length: 40 }, (_, id) => place.keep([audit(id)])));
  await place.settled();
  const { siems } = place;
  const siem = place.siem('one');
  siem.received.length = 0;
  siem.answer = (batch) =>
    siem.received.length < 20 ? { items: batch.items.map(({ index }) => ({ index, verdict: 'delivered' })) } : away();
  const first = await openJobs(place);
  const wanted = request(place);
  const begun = await first.begin('replay', wanted);
  await until(() => siem.received.length >= 20);
  await first.stop();
  expect(first.jobOf(begun.id)).toMatchObject({ state: 'interrupted' });
  expect(first.jobOf(begun.id)).not.toHaveProperty('ended');
  await place.stop();

  siem.answer = undefined;
  const sentBefore = siem.received.length;
  await using again = await openPlace(destinations('one'), { after: { directory: place.directory, siems } });
  const second = await openJobs(again);
  expect(second.list()).toMatchObject([{ id: begun.id, state: 'interrupted', request: wanted }]);
  expect(second.list()[0]?.request).toEqual(wanted);
  const resumed = await second.begin('replay', wanted);
  expect(resumed).toMatchObject({ id: begun.id, resumed: true });
  expect(await second.ended(resumed)).toMatchObject({ state: 'done', lanes: [{ done: 40, total: 40 }] });
  expect(new Set(idsIn(siem.received)).size).toBe(40);
  expect(siem.received.length - sentBefore).toBeLessThanOrEqual(21);
});

test('one whose destination is reloaded away is interrupted, and cannot pretend to go on without it', async () => {
  await using place = await openPlace(destinations('one', 'two'));
  await place.keep([audit(1)]);
  await place.settled();
  place.siem('two').answer = away;
  const jobs = await openJobs(place);
  const wanted = request(place, { destinations: ['two'] });
  const job = await jobs.begin('replay', wanted);
  await until(() => jobs.jobOf(job.id).lanes[0]?.state === 'backing_off');
  await place.pipeline.apply(await place.configure(destinations('one')));
  expect(await jobs.ended(job)).toMatchObject({ state: 'interrupted' });
  await expect(jobs.begin('replay', wanted)).rejects.toMatchObject({ code: 'usage' });
  expect(jobs.jobOf(job.id)).toMatchObject({ state: 'interrupted' });
  place.siem('two').answer = undefined;
  await place.pipeline.apply(await place.configure(destinations('one', 'two')));
  expect(await jobs.ended(await jobs.begin('replay', wanted))).toMatchObject({ id: job.id, state: 'done' });
});
