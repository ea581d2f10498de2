import { createManualClock } from '@xiq-siem/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createRequestBudget } from './request-budget.ts';
import { json, noSignal, rejection, respondWith, startFixture } from './test-api.ts';

const ignore = () => undefined;
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const context = { endpoint: 'logs_audit', origin: 'https://api.example', secrets: [] } as const;
const hourMs = 3_600_000;

it('shows the used requests of the last hour, and the remaining ones', async () => {
  const { client, clock } = await startFixture(onTestFinished);
  expect(client.budget()).toEqual({ perHour: 7_500, usedLastHour: 0, remaining: 7_500, waitMs: 0 });
  await client.subscriptions.list(noSignal);
  expect(client.budget()).toEqual({ perHour: 7_500, usedLastHour: 1, remaining: 7_499, waitMs: 0 });
  await clock.advance(hourMs);
  expect(client.budget()).toMatchObject({ usedLastHour: 0, remaining: 7_500 });
});

it('a call beyond the budget waits until the oldest request is an hour old', async () => {
  const { client, server, clock } = await startFixture(onTestFinished, {
    budget: { requestsPerHour: 2, maxWaitMs: hourMs },
  });
  await client.subscriptions.list(noSignal);
  await clock.advance(60_000);
  await client.subscriptions.list(noSignal);
  const third = client.subscriptions.list(noSignal);
  const fourth = client.subscriptions.list(noSignal);
  await clock.advance(59 * 60_000 - 1);
  expect(server.requests).toHaveLength(2);
  await clock.advance(1);
  await third;
  expect(server.requests).toHaveLength(3);
  await clock.advance(60_000);
  await fourth;
  expect(server.requests).toHaveLength(4);
});

it('rejects a call that would wait too long, without a request', async () => {
  const { client, server } = await startFixture(onTestFinished, { budget: { requestsPerHour: 1 } });
  await client.subscriptions.list(noSignal);
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('xiq_rate_limited');
  expect(refused.message).toContain('the account has used its 1 requests per hour');
  expect(refused.message).toContain('try again in 60 min');
  expect(server.requests).toHaveLength(1);
});

it('a wait for the budget can be cancelled', async () => {
  const { client, clock } = await startFixture(onTestFinished, { budget: { requestsPerHour: 1, maxWaitMs: hourMs } });
  await client.subscriptions.list(noSignal);
  const cancel = new AbortController();
  const ended = expect(client.subscriptions.list(cancel.signal)).rejects.toThrow('enough');
  await vi.waitUntil(() => clock.sleepers() === 1);
  cancel.abort(new Error('enough'));
  await ended;
  expect(clock.sleepers()).toBe(0);
});

it("the server's rate limit lowers the budget: the account may have other API clients", async () => {
  const { client, server, clock } = await startFixture(onTestFinished, { budget: { maxWaitMs: 0 } });
  const headers = { 'RateLimit-Limit': '5000;w=3600', 'RateLimit-Remaining': '1', 'RateLimit-Reset': '90' };
  server.instead.push((response) => json(response, 200, [], headers));
  await client.subscriptions.list(noSignal);
  expect(client.budget()).toMatchObject({ perHour: 5_000, usedLastHour: 1, remaining: 1, waitMs: 0 });
  await client.subscriptions.list(noSignal);
  expect(client.budget()).toMatchObject({ remaining: 0, waitMs: 90_000 });
  expect((await rejection(client.subscriptions.list(noSignal))).code).toBe('xiq_rate_limited');
  await clock.advance(90_000);
  expect(client.budget()).toMatchObject({ remaining: 4_998, waitMs: 0 });
});

it("the server's rate limit never raises the budget; invalid headers are ignored", async () => {
  const { client, server } = await startFixture(onTestFinished, { budget: { requestsPerHour: 100 } });
  const headers = { 'RateLimit-Limit': '9000;w=3600', 'RateLimit-Remaining': '-3', 'RateLimit-Reset': 'soon' };
  server.instead.push(respondWith(200, [], headers), respondWith(200, [], { 'RateLimit-Limit': '10;w=1' }));
  await client.subscriptions.list(noSignal);
  await client.subscriptions.list(noSignal);
  expect(client.budget()).toMatchObject({ perHour: 100, remaining: 98, waitMs: 0 });
});

it('no wait becomes longer when the clock is set back', async () => {
  const clock = createManualClock();
  let offsetMs = 0;
  const shifted = { now: () => clock.now() + offsetMs, sleep: clock.sleep };
  const budget = createRequestBudget({ requestsPerHour: 1, clock: shifted, log: silent });
  await budget.take(context, Number.POSITIVE_INFINITY, noSignal);
  budget.pauseRequests(5_000);
  offsetMs = -24 * hourMs;
  expect(budget.state()).toMatchObject({ usedLastHour: 1, waitMs: hourMs });
  await clock.advance(hourMs);
  expect(budget.state()).toMatchObject({ usedLastHour: 0, waitMs: 0 });
});
