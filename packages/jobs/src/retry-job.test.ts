import { retryRequest } from '@xiq-siem/admin-api';
import { audit, away, destinations, openPlace, type Place, until } from '@xiq-siem/queries/test-place';
import { expect, test } from 'vitest';
import { openJobs } from './test-desk.ts';

/** A place with the dead letters of `count` events, one a body, at each destination, which take all from now on. */
async function placeWithLetters(count: number, ...names: readonly string[]): Promise<Place> {
  const place = await openPlace(destinations(...names));
  await Promise.all(Array.from({ length: count }, (_, id) => place.keep([audit(id)])));
  await place.settled();
  for (const name of names) {
    for (const [index, json] of place.siem(name).received.splice(0).entries()) {
      const { id, dataset } = JSON.parse(json).event;
      const { receipt } = JSON.parse(json).extreme.xiq;
      await place.deadLetters.append({
        destination: name,
        sequence: index + 1,
        element: 0,
        id,
        dataset,
        receipt,
        json,
        code: 'bad',
        message: 'no such field',
        attempts: 1,
        firstAttemptMs: 1000,
        lastAttemptMs: 1000,
      });
    }
  }
  return place;
}

const countsOf = async (place: Place, name = 'one') => (await place.deadLetters.counts()).get(name);

test('what was rejected and is mended goes through as it was stored, and is resolved', async () => {
  await using place = await placeWithLetters(3, 'one');
  const [stored] = await place.deadLetters.list({}, { limit: 1 }).then(({ entries }) => entries);
  const jobs = await openJobs(place);
  const ended = await jobs.ended(await jobs.begin('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({
    state: 'done',
    lanes: [{ destination: 'one', state: 'done', done: 3, total: 3, delivered: 3, deadLettered: 0, damaged: 0 }],
  });
  expect(await countsOf(place)).toEqual({ open: 0, delivered: 3, dropped: 0, lost: 0, fromRuns: 0 });
  expect(place.siem('one').received.map((json) => JSON.parse(json).event.id)).toContain(stored?.id);
});

test('what is rejected again stays, with its new reason, more attempts, and the time when it was first tried', async () => {
  await using place = await placeWithLetters(1, 'one');
  const before = (await place.deadLetters.list({}, { limit: 1 })).entries[0];
  place.siem('one').answer = ({ items }) => ({
    items: items.map(({ index }) => ({ index, verdict: 'rejected', code: 'down', message: 'still not' })),
  });
  const jobs = await openJobs(place);
  const ended = await jobs.ended(await jobs.begin('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({ state: 'done', lanes: [{ done: 1, total: 1, delivered: 0, deadLettered: 1 }] });
  const [after, ...more] = (await place.deadLetters.list({}, { limit: 9 })).entries;
  expect(more).toEqual([]);
  expect(after).toMatchObject({
    code: 'down',
    message: 'still not',
    attempts: (before?.attempts ?? 0) + 1,
    sequence: before?.sequence,
    element: before?.element,
    id: before?.id,
    receipt: before?.receipt,
    firstAttemptMs: before?.firstAttemptMs,
  });
  expect(after?.number).toBeGreaterThan(before?.number ?? 0);
  expect(after?.lastAttemptMs).toBeGreaterThan(before?.lastAttemptMs ?? 0);
  expect(await countsOf(place)).toMatchObject({ open: 1 });
});

test('only what the filter means, and only what there was when it began', async () => {
  await using place = await placeWithLetters(2, 'one', 'two');
  const jobs = await openJobs(place);
  const [first] = (await place.deadLetters.list({ destination: 'one' }, { limit: 1 })).entries;
  const request = retryRequest.parse({ destination: 'one', numbers: [first?.number] });
  await jobs.ended(await jobs.begin('retry', request));
  expect([(await countsOf(place))?.open, (await countsOf(place, 'two'))?.open]).toEqual([1, 2]);
  await expect(jobs.begin('retry', retryRequest.parse({ destination: 'none' }))).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('one, two'),
  });
});

test('from the raw body by today’s mapping; what has no body any more stays, and is counted', async () => {
  await using place = await placeWithLetters(2, 'one');
  const [letter] = (await place.deadLetters.list({}, { limit: 1 })).entries;
  if (letter === undefined) throw new Error('no letter');
  const { number: _, ...gone } = letter;
  await place.deadLetters.append({
    ...gone,
    sequence: 77,
    json: '{"@timestamp":"2026-01-01T00:00:00Z"}',
  });
  const rules = 'auditCodes: { "99001": { action: ssid-changed, type: [change] } }\n';
  await place.pipeline.apply(await place.configure(destinations('one'), {}, rules));
  const jobs = await openJobs(place);
  const ended = await jobs.ended(await jobs.begin('retry', retryRequest.parse({ renormalize: true })));
  expect(ended).toMatchObject({ state: 'done', lanes: [{ done: 3, total: 3, delivered: 2, damaged: 1 }] });
  expect(place.siem('one').received).toHaveLength(2);
  for (const json of place.siem('one').received) expect(json).toContain('ssid-changed');
  expect(await countsOf(place)).toMatchObject({ open: 1, delivered: 2 });
});

test('after a restart in the midst, the same command brings the rest through; nothing is lost', async () => {
  await using place = await placeWithLetters(30, 'one');
  const { siems, directory } = place;
  const siem = place.siem('one');
  siem.answer = ({ items }) =>
    siem.received.length < 10 ? { items: items.map(({ index }) => ({ index, verdict: 'delivered' })) } : away();
  const first = await openJobs(place);
  const begun = await first.begin('retry', retryRequest.parse({}));
  await until(() => siem.received.length >= 10 && first.jobOf(begun.id).lanes[0]?.state === 'backing_off');
  await first.stop();
  await place.stop();
  siem.answer = undefined;
  await using again = await openPlace(destinations('one'), { after: { directory, siems } });
  const second = await openJobs(again);
  const resumed = await second.begin('retry', retryRequest.parse({}));
  expect(resumed).toMatchObject({ id: begun.id, resumed: true });
  expect(await second.ended(resumed)).toMatchObject({ state: 'done' });
  expect(await countsOf(again)).toMatchObject({ open: 0, delivered: 30 });
  expect(new Set(siem.received.map((json) => JSON.parse(json).event.id)).size).toBe(30);
});

test('after a restart it goes over what there was when it began, and not over what was rejected since', async () => {
  await using place = await placeWithLetters(2, 'one');
  const [stored] = (await place.deadLetters.list({}, { limit: 1 })).entries;
  if (stored === undefined) throw new Error('no letter');
  const { number: _, ...letter } = stored;
  place.siem('one').answer = away;
  const first = await openJobs(place);
  const begun = await first.begin('retry', retryRequest.parse({}));
  await until(() => first.jobOf(begun.id).lanes[0]?.state === 'backing_off');
  await first.stop();
  await place.deadLetters.append({ ...letter, sequence: 77, json: '{"@timestamp":"2026-01-01T00:00:00Z"}' });
  place.siem('one').answer = undefined;
  const second = await openJobs(place);
  const ended = await second.ended(await second.begin('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({ id: begun.id, state: 'done', lanes: [{ done: 2, total: 2, delivered: 2 }] });
  expect(await countsOf(place)).toMatchObject({ open: 1, delivered: 2 });
});

test('what was delivered is resolved later, where the disk fails the first resolution', async () => {
  await using place = await placeWithLetters(3, 'one');
  let calls = 0;
  const resolve: typeof place.deadLetters.resolve = async (...resolution) => {
    calls += 1;
    if (calls === 1) throw new Error('the disk is full');
    await place.deadLetters.resolve(...resolution);
  };
  const deadLetters = { ...place.deadLetters, resolve };
  const jobs = await openJobs({ ...place, parts: { ...place.parts, deadLetters } });
  const ended = await jobs.ended(await jobs.begin('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({ state: 'done', lanes: [{ delivered: 3 }] });
  expect(calls).toBeGreaterThan(1);
  expect(await countsOf(place)).toMatchObject({ open: 0, delivered: 3 });
});

test('a stop lets go of what it holds, with many still to come', async () => {
  await using place = await placeWithLetters(9, 'one');
  place.siem('one').answer = away;
  const jobs = await openJobs(place);
  const job = await jobs.begin('retry', retryRequest.parse({ renormalize: true }));
  await until(() => jobs.jobOf(job.id).lanes[0]?.state === 'backing_off');
  await jobs.stop();
  expect(jobs.jobOf(job.id)).toMatchObject({ state: 'interrupted', lanes: [{ delivered: 0 }] });
  expect(await countsOf(place)).toMatchObject({ open: 9 });
});
