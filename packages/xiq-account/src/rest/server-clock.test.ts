import { expect, it, onTestFinished, vi } from 'vitest';
import { createServerClock } from './server-clock.ts';
import { noSignal, respondWith, startFixture } from './test-api.ts';

const noon = Date.UTC(2026, 10, 24, 12);
const dated = (ms: number) => ({ date: new Date(ms).toUTCString() });

it.each([
  ['agrees, to the second', noon + 400, noon + 500, noon, 0],
  ['agrees, within the time of a slow response', noon, noon + 20_000, noon + 15_000, 0],
  ['is an hour ahead', noon, noon + 200, noon + 3_600_000, 3_600_400],
  ['is an hour behind', noon, noon + 200, noon - 3_600_000, -3_599_600],
])("the server's clock %s", (_, sentAtMs, receivedAtMs, serverMs, aheadMs) => {
  const clock = createServerClock();
  clock.measure(dated(serverMs), sentAtMs, receivedAtMs);
  expect(clock.aheadMs(receivedAtMs)).toBe(aheadMs);
});

it('ignores an old measurement, a cached response and an invalid date', () => {
  const clock = createServerClock();
  clock.measure({ date: 'yesterday' }, noon, noon);
  clock.measure({ ...dated(noon - 3_600_000), age: '3600' }, noon, noon);
  expect(clock.aheadMs(noon)).toBeUndefined();
  clock.measure(dated(noon), noon, noon);
  expect(clock.aheadMs(noon + 599_000)).toBe(0);
  expect(clock.aheadMs(noon + 601_000)).toBeUndefined();
});

it('sends one request for the date, then measures with every response, also with an error', async () => {
  const { client, server, clock } = await startFixture(onTestFinished);
  const serverMs = clock.now() - 7_200_000;
  server.instead.push(respondWith(403, '', { Date: new Date(serverMs).toUTCString() }));
  const ahead = await client.clockAheadMs(noSignal);
  expect(ahead).toBeGreaterThan(-7_201_000);
  expect(ahead).toBeLessThan(-7_199_000);
  expect(await client.clockAheadMs(noSignal)).toBe(ahead);
  expect(server.requests.map(({ path }) => path)).toEqual(['/logs/audit']);
  server.instead.push(respondWith(200, [], { Date: new Date(clock.now()).toUTCString() }));
  await client.subscriptions.list(noSignal);
  expect(await client.clockAheadMs(noSignal)).toBe(0);
});

it('is undefined without a response; a cancelled call rejects', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push((response) => response.destroy());
  expect(await client.clockAheadMs(noSignal)).toBeUndefined();
  const cancelled = new AbortController();
  server.instead.push(() => cancelled.abort(new Error('Ctrl-C')));
  await expect(client.clockAheadMs(cancelled.signal)).rejects.toThrow('Ctrl-C');
  await vi.waitUntil(() => server.requests.length === 2);
});
