import { expect, it } from 'vitest';
import { password, send, testCloud, username } from '../test-cloud.ts';

it('counts down the rate limit of an account, rejects with the time to wait, and starts a new hour', async () => {
  const cloud = await testCloud({ requestsPerHour: 2 });
  const token = cloud.tokens.create();
  const get = async () => {
    const { status, headers } = await send(cloud, 'GET', '/logs/audit', { token });
    return [status, headers['ratelimit-remaining'], headers['ratelimit-limit']];
  };
  expect([await get(), await get()]).toEqual([
    [200, '1', '2;w=3600'],
    [200, '0', '2;w=3600'],
  ]);
  const { status, headers, text } = await send(cloud, 'GET', '/logs/audit', { token });
  expect(status).toBe(429);
  expect(Number(headers['retry-after'])).toBeGreaterThan(3590);
  expect(JSON.parse(text)).toMatchObject({ error_code: 'TOO_MANY_REQUESTS' });
  cloud.clock.setOffset(3_600_000);
  expect(await get()).toEqual([200, '1', '2;w=3600']);
  cloud.budget.setRemaining(0);
  expect(await get()).toEqual([429, '0', '2;w=3600']);
});

it('rejects the next requests with 429 or a server error, where configured', async () => {
  const cloud = await testCloud();
  const token = cloud.tokens.create();
  const get = async (path: string) => (await send(cloud, 'GET', path, { token })).status;
  cloud.faults.set({ tooManyRequests: { next: 2, retryAfterSeconds: 7 } });
  const { status, headers } = await send(cloud, 'GET', '/logs/audit', { token });
  expect([status, headers['retry-after']]).toEqual([429, '7']);
  expect([await get('/logs/audit'), await get('/logs/audit')]).toEqual([429, 200]);

  cloud.faults.set({ tooManyRequests: { next: 1, retryAfterAs: 'date', retryAfterSeconds: 60 } });
  const { headers: dated } = await send(cloud, 'GET', '/logs/audit', { token });
  expect(Date.parse(dated['retry-after'] ?? '') - Date.parse(dated.date ?? '')).toBe(60_000);

  cloud.faults.set({ serverError: { page: 2, next: 1, types: ['AUDIT_LOG_ALL'], status: 503 } });
  const statuses = [];
  for (const path of ['/logs/audit', '/logs/sms?page=2', '/logs/audit?page=2', '/logs/audit?page=2'])
    statuses.push(await get(path));
  expect(statuses).toEqual([200, 200, 503, 200]);
  expect(cloud.faults.get()).toEqual({});

  cloud.faults.set({ serverError: { on: ['login'] } });
  expect(await send(cloud, 'POST', '/login', { body: { username, password } })).toMatchObject({ status: 500 });
  expect(await get('/subscriptions/webhook')).toBe(200);
});

it('truncates a response, also an empty one, after the request was applied', async () => {
  const cloud = await testCloud();
  const token = cloud.tokens.create();
  cloud.faults.set({ cutResponse: { next: 1 } });
  await expect(send(cloud, 'GET', '/logs/audit', { token })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  expect(await send(cloud, 'GET', '/logs/audit', { token })).toMatchObject({ status: 200 });

  cloud.faults.set({ cutResponse: { next: 1, on: ['subscriptions'] } });
  const body = [{ application: 'a', url: 'http://127.0.0.1:1/', message_type: 'SMS_LOG_ALL', status: 'ENABLED' }];
  await expect(send(cloud, 'POST', '/subscriptions/webhook', { token, body })).rejects.toThrow(/aborted|hang up/);
  expect(cloud.subscriptions.list()).toHaveLength(1);
});

it('responds late', async () => {
  const cloud = await testCloud();
  const token = cloud.tokens.create();
  cloud.faults.set({ slowResponse: { next: 1, delayMs: 60 } });
  const begin = performance.now();
  await send(cloud, 'GET', '/logs/audit', { token });
  expect(performance.now() - begin).toBeGreaterThan(55);
});

it('sends its own time in responses, and records requests', async () => {
  const cloud = await testCloud({ clockOffsetMs: -3_600_000 });
  const { headers } = await send(cloud, 'GET', '/logs/audit?page=2');
  expect(Math.abs(Date.parse(headers.date ?? '') + 3_600_000 - Date.now())).toBeLessThan(5000);
  expect(await send(cloud, 'GET', '/nothing')).toMatchObject({ status: 404 });
  expect(cloud.requests()).toMatchObject([
    { method: 'GET', path: '/logs/audit?page=2', status: 401 },
    { method: 'GET', path: '/nothing', status: 404 },
  ]);
});
