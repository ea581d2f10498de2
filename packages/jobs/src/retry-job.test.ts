import { retryRequest } from '@xiq-siem/admin-api';
import { audit, destinations, type Fixture, openFixture, unavailable, until } from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { openJobs } from './test-jobs.ts';

/** A fixture with `count` dead letters, one for each body, at each destination. All destinations accept events from then on. */
async function fixtureWithLetters(count: number, ...names: readonly string[]): Promise<Fixture> {
  const fixture = await openFixture(destinations(...names));
  await Promise.all(Array.from({ length: count }, (_, id) => fixture.keep([audit(id)])));
  await fixture.settled();
  for (const name of names) {
    for (const [index, json] of fixture.siem(name).received.splice(0).entries()) {
      const { id, dataset } = JSON.parse(json).event;
      const { receipt } = JSON.parse(json).extreme.xiq;
      await fixture.deadLetters.append({
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
  return fixture;
}

const countsOf = async (fixture: Fixture, name = 'one') => (await fixture.deadLetters.counts()).get(name);

test('a dead letter is sent as it was stored, and resolved when it is delivered', async () => {
  await using fixture = await fixtureWithLetters(3, 'one');
  const [stored] = await fixture.deadLetters.list({}, { limit: 1 }).then(({ entries }) => entries);
  const jobs = await openJobs(fixture);
  const ended = await jobs.ended(await jobs.start('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({
    state: 'done',
    streams: [{ destination: 'one', state: 'done', done: 3, total: 3, delivered: 3, deadLettered: 0, damaged: 0 }],
  });
  expect(await countsOf(fixture)).toEqual({ open: 0, parked: 0, delivered: 3, dropped: 0, lost: 0, fromJobs: 0 });
  expect(fixture.siem('one').received.map((json) => JSON.parse(json).event.id)).toContain(stored?.id);
});

test('a dead letter that is rejected again stays, with its new reason, more attempts and the time of the first attempt', async () => {
  await using fixture = await fixtureWithLetters(1, 'one');
  const before = (await fixture.deadLetters.list({}, { limit: 1 })).entries[0];
  fixture.siem('one').response = ({ items }) => ({
    items: items.map(({ index }) => ({ index, verdict: 'rejected', code: 'down', message: 'still not' })),
  });
  const jobs = await openJobs(fixture);
  const ended = await jobs.ended(await jobs.start('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({ state: 'done', streams: [{ done: 1, total: 1, delivered: 0, deadLettered: 1 }] });
  const [after, ...more] = (await fixture.deadLetters.list({}, { limit: 9 })).entries;
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
  expect(await countsOf(fixture)).toMatchObject({ open: 1 });
});

test('only dead letters that match the filter and existed at the start of the job', async () => {
  await using fixture = await fixtureWithLetters(2, 'one', 'two');
  const jobs = await openJobs(fixture);
  const [first] = (await fixture.deadLetters.list({ destination: 'one' }, { limit: 1 })).entries;
  const request = retryRequest.parse({ destination: 'one', numbers: [first?.number] });
  await jobs.ended(await jobs.start('retry', request));
  expect([(await countsOf(fixture))?.open, (await countsOf(fixture, 'two'))?.open]).toEqual([1, 2]);
  await expect(jobs.start('retry', retryRequest.parse({ destination: 'none' }))).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('one, two'),
  });
});

test('renormalize uses the raw body and the current mapping; a dead letter without a body stays, and is counted', async () => {
  await using fixture = await fixtureWithLetters(2, 'one');
  const [letter] = (await fixture.deadLetters.list({}, { limit: 1 })).entries;
  if (letter === undefined) throw new Error('no letter');
  const { number: _, ...gone } = letter;
  await fixture.deadLetters.append({
    ...gone,
    sequence: 77,
    json: '{"@timestamp":"2026-01-01T00:00:00Z"}',
  });
  const rules = 'auditCodes: { "99001": { action: ssid-changed, type: [change] } }\n';
  await fixture.pipeline.apply(await fixture.configure(destinations('one'), {}, rules));
  const jobs = await openJobs(fixture);
  const ended = await jobs.ended(await jobs.start('retry', retryRequest.parse({ renormalize: true })));
  expect(ended).toMatchObject({ state: 'done', streams: [{ done: 3, total: 3, delivered: 2, damaged: 1 }] });
  expect(fixture.siem('one').received).toHaveLength(2);
  for (const json of fixture.siem('one').received) expect(json).toContain('ssid-changed');
  expect(await countsOf(fixture)).toMatchObject({ open: 1, delivered: 2 });
});

test('after a restart the same command retries the rest; nothing is lost', async () => {
  await using fixture = await fixtureWithLetters(30, 'one');
  const { siems, directory } = fixture;
  const siem = fixture.siem('one');
  siem.response = ({ items }) =>
    siem.received.length < 10 ? { items: items.map(({ index }) => ({ index, verdict: 'delivered' })) } : unavailable();
  const first = await openJobs(fixture);
  const started = await first.start('retry', retryRequest.parse({}));
  await until(() => siem.received.length >= 10 && first.jobOf(started.id).streams[0]?.state === 'backing_off');
  await first.stop();
  await fixture.stop();
  siem.response = undefined;
  await using again = await openFixture(destinations('one'), { after: { directory, siems } });
  const second = await openJobs(again);
  const resumed = await second.start('retry', retryRequest.parse({}));
  expect(resumed).toMatchObject({ id: started.id, resumed: true });
  expect(await second.ended(resumed)).toMatchObject({ state: 'done' });
  expect(await countsOf(again)).toMatchObject({ open: 0, delivered: 30 });
  expect(new Set(siem.received.map((json) => JSON.parse(json).event.id)).size).toBe(30);
});

test('after a restart the job ignores dead letters that were stored after it started', async () => {
  await using fixture = await fixtureWithLetters(2, 'one');
  const [stored] = (await fixture.deadLetters.list({}, { limit: 1 })).entries;
  if (stored === undefined) throw new Error('no letter');
  const { number: _, ...letter } = stored;
  fixture.siem('one').response = unavailable;
  const first = await openJobs(fixture);
  const started = await first.start('retry', retryRequest.parse({}));
  await until(() => first.jobOf(started.id).streams[0]?.state === 'backing_off');
  await first.stop();
  await fixture.deadLetters.append({ ...letter, sequence: 77, json: '{"@timestamp":"2026-01-01T00:00:00Z"}' });
  fixture.siem('one').response = undefined;
  const second = await openJobs(fixture);
  const ended = await second.ended(await second.start('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({ id: started.id, state: 'done', streams: [{ done: 2, total: 2, delivered: 2 }] });
  expect(await countsOf(fixture)).toMatchObject({ open: 1, delivered: 2 });
});

test('a delivered dead letter is resolved later where the disk fails at the first attempt', async () => {
  await using fixture = await fixtureWithLetters(3, 'one');
  let calls = 0;
  const resolve: typeof fixture.deadLetters.resolve = async (...resolution) => {
    calls += 1;
    if (calls === 1) throw new Error('the disk is full');
    await fixture.deadLetters.resolve(...resolution);
  };
  const deadLetters = { ...fixture.deadLetters, resolve };
  const jobs = await openJobs({ ...fixture, parts: { ...fixture.parts, deadLetters } });
  const ended = await jobs.ended(await jobs.start('retry', retryRequest.parse({})));
  expect(ended).toMatchObject({ state: 'done', streams: [{ delivered: 3 }] });
  expect(calls).toBeGreaterThan(1);
  expect(await countsOf(fixture)).toMatchObject({ open: 0, delivered: 3 });
});

test('a stopped job releases its reader while more dead letters remain', async () => {
  await using fixture = await fixtureWithLetters(9, 'one');
  fixture.siem('one').response = unavailable;
  const jobs = await openJobs(fixture);
  const job = await jobs.start('retry', retryRequest.parse({ renormalize: true }));
  await until(() => jobs.jobOf(job.id).streams[0]?.state === 'backing_off');
  await jobs.stop();
  expect(jobs.jobOf(job.id)).toMatchObject({ state: 'interrupted', streams: [{ delivered: 0 }] });
  expect(await countsOf(fixture)).toMatchObject({ open: 9 });
});

test('parked events are sent only if they are selected', async () => {
  await using fixture = await fixtureWithLetters(2, 'one');
  const [first] = (await fixture.deadLetters.list({}, { limit: 1 })).entries;
  const stored = await fixture.deadLetters.get(first?.number ?? 0);
  if (stored === undefined) throw new Error('no entry');
  await fixture.deadLetters.append({ ...stored, parked: true });
  const jobs = await openJobs(fixture);
  await jobs.ended(await jobs.start('retry', retryRequest.parse({})));
  expect(await countsOf(fixture)).toMatchObject({ open: 0, parked: 1, delivered: 1 });
  const ended = await jobs.ended(await jobs.start('retry', retryRequest.parse({ parked: true })));
  expect(ended).toMatchObject({ state: 'done', streams: [{ delivered: 1 }] });
  expect(await countsOf(fixture)).toMatchObject({ open: 0, parked: 0, delivered: 2 });
});

test('a parked event that a retry finds rejected is a dead letter', async () => {
  await using fixture = await fixtureWithLetters(1, 'one');
  const stored = await fixture.deadLetters.get(1);
  if (stored === undefined) throw new Error('no entry');
  await fixture.deadLetters.append({ ...stored, parked: true });
  fixture.siem('one').response = ({ items }) => ({
    items: items.map(({ index }) => ({ index, verdict: 'rejected', code: 'bad', message: 'no' })),
  });
  const jobs = await openJobs(fixture);
  await jobs.ended(await jobs.start('retry', retryRequest.parse({ numbers: [1] })));
  expect(await countsOf(fixture)).toMatchObject({ open: 1, parked: 0, delivered: 0 });
});
