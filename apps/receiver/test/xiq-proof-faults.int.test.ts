import { expect, test } from 'vitest';
import { only } from './operator-fixture.ts';
import { until } from './xiq-fixture.ts';
import { jobsOf, proofFixture, subscribed } from './xiq-proof-fixture.ts';

const audit = 'AUDIT_LOG_ALL';
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;

test('429, a truncated response, shifting pages, a changing total: the report for each', async () => {
  await using fixture = await proofFixture();
  const { cloud } = fixture;
  await subscribed(fixture);
  const events = cloud.emit({ type: audit, count: 350, atMs: earlier(30), stepMs: 10, batch: 50 });
  await cloud.settled();
  await fixture.waitForAll(events);
  const options = (span = fixture.span()) => `${span} --types ${audit}`;

  cloud.faults.set({
    tooManyRequests: { next: 1, retryAfterSeconds: 1, on: ['logs'] },
    cutResponse: { next: 1, on: ['logs'], page: 2 },
    serverError: { next: 1, status: 502, on: ['logs'], page: 3 },
  });
  expect(await fixture.completenessOf(options())).toMatchObject({ code: 0, verdict: 'complete' });

  cloud.faults.set({ shiftPages: { next: 2, events: 7, on: ['logs'] } });
  const shifted = await fixture.completenessOf(options());
  await cloud.settled();
  expect([0, 1]).toContain(shifted.code);
  expect(await fixture.completenessOf(options())).toMatchObject({ code: 0, verdict: 'complete' });
  await fixture.waitForAll(cloud.truth().events);

  // Total and pages keep contradicting each other: the events read are not called all events.
  cloud.faults.set({ movingTotal: { on: ['logs'] } });
  const moving = await fixture.completenessOf(options());
  expect(moving).toMatchObject({ code: 3, verdict: 'unprovable' });
  expect(moving.cells.map(({ reason }) => reason).join()).toMatch(/number of events changed|counts/);
  cloud.faults.clear();

  cloud.faults.set({ cutResponse: { on: ['logs'], page: 3 } });
  const cut = await fixture.runLine(`completeness ${options()}`);
  expect([cut.code, cut.output]).toEqual([69, expect.not.stringContaining('Complete')]);
  cloud.faults.clear();

  cloud.faults.set({ tooManyRequests: { retryAfterSeconds: 3_600, on: ['logs'] } });
  const limited = await fixture.runLine(`completeness ${options()}`);
  expect([limited.code, limited.output]).toEqual([75, expect.stringMatching(/try again in 60 min/)]);
  expect((await fixture.runLine(`backfill ${options()} --no-wait`)).code).toBe(0);
  const waiting = await until('the back-fill says that it waits', async () => {
    const [type] = only(await jobsOf(fixture)).types ?? [];
    return type?.state === 'waiting' && type;
  });
  expect(waiting.message).toMatch(/^until .*: ExtremeCloud IQ requires a wait$/);
  cloud.faults.clear();
}, 90_000);

test('an expired token: no verdict, and a message with advice; with a new token all is complete', async () => {
  await using fixture = await proofFixture();
  const { cloud } = fixture;
  await subscribed(fixture);
  const events = cloud.emit({ type: audit, count: 5 });
  await cloud.settled();
  await fixture.waitForAll(events);
  cloud.tokens.expireAll('api');
  const refused = await fixture.runLine(`completeness ${fixture.span()}`);
  expect([refused.code, refused.output]).toEqual([77, expect.stringMatching(/token/)]);
  expect((await fixture.runLine('subscriptions plan')).code).toBe(77);
  await fixture.write('token', cloud.tokens.create({}));
  // The file of a secret is checked once a second.
  await until(
    'the new token is taken',
    async () => (await fixture.runLine(`completeness ${fixture.span()}`)).code !== 77,
  );
  expect(await fixture.completenessOf()).toMatchObject({ code: 0, verdict: 'complete' });
});
