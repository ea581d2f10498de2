import { expect, test } from 'vitest';
import { restPlace, types } from './rest-place.ts';
import { until } from './xiq-place.ts';

const [audit] = types;
const hour = 3_600_000;
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;

/** 250 events that never came, and three that did. */
async function withMissing(options: Parameters<typeof restPlace>[0] = {}) {
  const place = await restPlace(options);
  const connector = await place.start();
  place.cloud.emit({ type: audit, count: 3 });
  await place.cloud.settled();
  place.cloud.faults.set({ drop: {} });
  place.cloud.emit({ type: audit, count: 250, atMs: earlier(600) });
  await place.cloud.settled();
  return Object.assign(place, { connector });
}

test('429 is waited for, a page that fails in the middle is asked for again', async () => {
  await using place = await withMissing();
  place.cloud.faults.set({
    tooManyRequests: { next: 2, retryAfterSeconds: 1, on: ['logs'] },
    serverError: { next: 1, status: 503, on: ['logs'], page: 2 },
    cutAnswer: { next: 1, on: ['logs'], page: 3 },
  });
  const { code, job } = await place.backfill();
  expect([code, job.types?.[0]]).toMatchObject([0, { state: 'done', kept: 250 }]);
  await place.hasDelivered(253);
});

test('pages that shift while they are read: all is found, once', async () => {
  await using place = await withMissing();
  place.cloud.faults.set({ shiftPages: { next: 2, events: 7, on: ['logs'] } });
  const span = place.span();
  const { code, job } = await place.backfill(span);
  expect([code, job.types?.[0]?.state]).toEqual([0, 'done']);
  expect(await place.completeness(span)).toMatchObject({ code: 0 });
});

test('a total that never holds still: kept what there was, and said; the same command goes on with it', async () => {
  await using place = await withMissing();
  place.cloud.faults.set({ movingTotal: { on: ['logs'], types: [audit] } });
  const span = place.span(15);
  const first = await place.backfill(span);
  expect(first.code).toBe(1);
  expect(first.job).toMatchObject({ state: 'failed', types: [{ state: 'failed', kept: 250 }, { state: 'done' }] });
  expect(first.job.types?.[0]?.words).toContain('not read for certain');
  expect(await place.completeness(span)).toMatchObject({ code: 3 });
  place.cloud.faults.clear();
  const second = await place.backfill(span);
  expect(second).toMatchObject({ code: 0, job: { id: first.job.id, state: 'done', types: [{ kept: 250 }, {}] } });
  expect(await place.completeness(span)).toMatchObject({ code: 0 });
}, 90_000);

test('a token that has expired: what failed is said, and the same command goes on once there is another', async () => {
  await using place = await withMissing();
  place.cloud.tokens.expireAll('api');
  const span = place.span();
  const first = await place.backfill(span);
  expect(first.code).toBe(1);
  expect(first.job).toMatchObject({ state: 'failed', types: [{ state: 'failed', kept: 0 }, { state: 'failed' }] });
  expect(first.job.types?.[0]?.words).toMatch(/token|401|credential/i);
  const preview = await place.operator.run(`backfill ${span} --dry-run`);
  expect(preview.code).toBe(77);
  await place.operator.write('token', place.cloud.tokens.create({}));
  // A secret's file is looked at once a second.
  const second = await until('the new token is taken', async () => {
    const again = await place.backfill(span);
    return again.code === 0 && again;
  });
  expect(second.job).toMatchObject({ id: first.job.id, state: 'done' });
  await place.hasDelivered(253);
});

test('a log that fails for good: the words name it, the others are fetched, and the same command goes on', async () => {
  await using place = await withMissing();
  place.cloud.faults.set({ serverError: { status: 500, on: ['logs'], types: [audit], page: 3 } });
  const span = place.span();
  const first = await place.backfill(span);
  expect(first.code).toBe(1);
  expect(first.job.types).toMatchObject([{ state: 'failed' }, { state: 'done' }]);
  place.cloud.faults.clear();
  expect(await place.backfill(span)).toMatchObject({ code: 0, job: { state: 'done' } });
  await place.hasDelivered(253);
}, 90_000);

test('their clock is an hour ahead: what came already is known all the same', async () => {
  await using place = await restPlace({ cloud: { clockOffsetMs: hour } });
  const { cloud } = place;
  const connector = await place.start();
  cloud.emit({ type: audit, count: 20 });
  await cloud.settled();
  // The span lies ahead of us, but for the part that has come.
  cloud.clock.setOffset(hour - 120_000);
  const span = `--from ${new Date(Date.now() - 2 * hour).toISOString()} --to ${new Date().toISOString()}`;
  cloud.faults.set({ drop: {} });
  cloud.emit({ type: audit, count: 10, atMs: earlier(60) });
  await cloud.settled();
  const { code, job } = await place.backfill(span);
  expect([code, job.types?.[0]]).toMatchObject([0, { kept: 10, words: expect.stringMatching(/ahead of ours/) }]);
  await place.hasDelivered(30);
  expect(connector.output()).toContain('backfill.clock_differs');
});

test('their clock is an hour behind: what has not settled by it is waited for, and said', async () => {
  await using place = await restPlace({ cloud: { clockOffsetMs: -hour } });
  const { cloud, operator } = place;
  await place.start();
  cloud.emit({ type: audit, count: 20 });
  await cloud.settled();
  await place.hasDelivered(20);
  const span = `--from ${new Date(Date.now() - 3 * hour).toISOString()} --to ${new Date().toISOString()}`;
  await operator.run(`backfill ${span} --no-wait`);
  const shown = await operator.run('jobs');
  expect(shown.output).toContain('running');
  const proof = await operator.run(`completeness ${span} --types audit`);
  expect(proof.output).toContain('behind ours');
  expect(proof.code).toBe(3);
});
