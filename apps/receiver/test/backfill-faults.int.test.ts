import { expect, test } from 'vitest';
import { restFixture, types } from './rest-fixture.ts';
import { until } from './xiq-fixture.ts';

const [audit] = types;
const hour = 3_600_000;
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;

/** 250 events that were not delivered, and three that were. */
async function withMissing(options: Parameters<typeof restFixture>[0] = {}) {
  const fixture = await restFixture(options);
  const connector = await fixture.start();
  fixture.cloud.emit({ type: audit, count: 3 });
  await fixture.cloud.settled();
  fixture.cloud.faults.set({ drop: {} });
  fixture.cloud.emit({ type: audit, count: 250, atMs: earlier(600) });
  await fixture.cloud.settled();
  return Object.assign(fixture, { connector });
}

test('a 429 is waited for, and a page that fails is requested again', async () => {
  await using fixture = await withMissing();
  fixture.cloud.faults.set({
    tooManyRequests: { next: 2, retryAfterSeconds: 1, on: ['logs'] },
    serverError: { next: 1, status: 503, on: ['logs'], page: 2 },
    cutResponse: { next: 1, on: ['logs'], page: 3 },
  });
  const { code, job } = await fixture.backfill();
  expect([code, job.types?.[0]]).toMatchObject([0, { state: 'done', kept: 250 }]);
  await fixture.hasDelivered(253);
});

test('pages that shift during the back-fill: every event is found once', async () => {
  await using fixture = await withMissing();
  fixture.cloud.faults.set({ shiftPages: { next: 2, events: 7, on: ['logs'] } });
  const span = fixture.span();
  const { code, job } = await fixture.backfill(span);
  expect([code, job.types?.[0]?.state]).toEqual([0, 'done']);
  expect(await fixture.completeness(span)).toMatchObject({ code: 0 });
});

test('a total that keeps changing: found events are stored, the job fails, and the same command resumes it', async () => {
  await using fixture = await withMissing();
  fixture.cloud.faults.set({ movingTotal: { on: ['logs'], types: [audit] } });
  const span = fixture.span(15);
  const first = await fixture.backfill(span);
  expect(first.code).toBe(1);
  expect(first.job).toMatchObject({ state: 'failed', types: [{ state: 'failed', kept: 250 }, { state: 'done' }] });
  expect(first.job.types?.[0]?.message).toContain('not read reliably');
  expect(await fixture.completeness(span)).toMatchObject({ code: 3 });
  fixture.cloud.faults.clear();
  const second = await fixture.backfill(span);
  expect(second).toMatchObject({ code: 0, job: { id: first.job.id, state: 'done', types: [{ kept: 250 }, {}] } });
  expect(await fixture.completeness(span)).toMatchObject({ code: 0 });
}, 90_000);

test('an expired token: the job fails with a reason, and the same command resumes it with a new token', async () => {
  await using fixture = await withMissing();
  fixture.cloud.tokens.expireAll('api');
  const span = fixture.span();
  const first = await fixture.backfill(span);
  expect(first.code).toBe(1);
  expect(first.job).toMatchObject({ state: 'failed', types: [{ state: 'failed', kept: 0 }, { state: 'failed' }] });
  expect(first.job.types?.[0]?.message).toMatch(/token|401|credential/i);
  const preview = await fixture.operator.run(`backfill ${span} --dry-run`);
  expect(preview.code).toBe(77);
  await fixture.operator.write('token', fixture.cloud.tokens.create({}));
  // The file of a secret is checked once a second.
  const second = await until('the new token is taken', async () => {
    const again = await fixture.backfill(span);
    return again.code === 0 && again;
  });
  expect(second.job).toMatchObject({ id: first.job.id, state: 'done' });
  await fixture.hasDelivered(253);
});

test('a log that keeps failing is named, the other logs are fetched, and the same command resumes', async () => {
  await using fixture = await withMissing();
  fixture.cloud.faults.set({ serverError: { status: 500, on: ['logs'], types: [audit], page: 3 } });
  const span = fixture.span();
  const first = await fixture.backfill(span);
  expect(first.code).toBe(1);
  expect(first.job.types).toMatchObject([{ state: 'failed' }, { state: 'done' }]);
  fixture.cloud.faults.clear();
  expect(await fixture.backfill(span)).toMatchObject({ code: 0, job: { state: 'done' } });
  await fixture.hasDelivered(253);
}, 90_000);

test("with XIQ's clock an hour ahead, received events are recognized", async () => {
  await using fixture = await restFixture({ cloud: { clockOffsetMs: hour } });
  const { cloud } = fixture;
  const connector = await fixture.start();
  cloud.emit({ type: audit, count: 20 });
  await cloud.settled();
  // The span is in the future, except for the part of the received events.
  cloud.clock.setOffset(hour - 120_000);
  const span = `--from ${new Date(Date.now() - 2 * hour).toISOString()} --to ${new Date().toISOString()}`;
  cloud.faults.set({ drop: {} });
  cloud.emit({ type: audit, count: 10, atMs: earlier(60) });
  await cloud.settled();
  const { code, job } = await fixture.backfill(span);
  expect([code, job.types?.[0]]).toMatchObject([0, { kept: 10, message: expect.stringMatching(/ahead of ours/) }]);
  await fixture.hasDelivered(30);
  expect(connector.output()).toContain('backfill.clock_differs');
});

test("with XIQ's clock an hour behind, the back-fill waits until the log is final, and reports it", async () => {
  await using fixture = await restFixture({ cloud: { clockOffsetMs: -hour } });
  const { cloud, operator } = fixture;
  await fixture.start();
  cloud.emit({ type: audit, count: 20 });
  await cloud.settled();
  await fixture.hasDelivered(20);
  const span = `--from ${new Date(Date.now() - 3 * hour).toISOString()} --to ${new Date().toISOString()}`;
  await operator.run(`backfill ${span} --no-wait`);
  const shown = await operator.run('jobs');
  expect(shown.output).toContain('running');
  const proof = await operator.run(`completeness ${span} --types audit`);
  expect(proof.output).toContain('behind ours');
  expect(proof.code).toBe(3);
});
