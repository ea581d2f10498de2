import { request } from 'node:http';
import { expect, it } from 'vitest';
import { send, testCloud, testReceiver } from '../test-cloud.ts';

async function start() {
  const cloud = await testCloud();
  const control = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await send(cloud, method, `/_simulator${path}`, { body });
    return { status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { cloud, control };
}

it('creates events, waits until they are delivered, and returns the ground truth', async () => {
  const { cloud, control } = await start();
  const { url } = await testReceiver();
  const { body: subscription } = await control('POST', '/subscriptions', { url, messageType: 'SMS_LOG_ALL' });
  expect(subscription).toMatchObject({ id: '120001', application: 'other-application', status: 'ENABLED' });
  const { body: made } = await control('POST', '/events', { type: 'SMS_LOG_ALL', count: 3, atMs: 5000 });
  expect(made.events).toHaveLength(3);
  expect(await control('POST', '/settle')).toEqual({ status: 200, body: { pending: 0 } });
  const { body: truth } = await control('GET', '/events?from=5001&to=5002&types=SMS_LOG_ALL,GDPR_LOG_ALL&limit=1');
  expect(truth).toMatchObject({
    total: 2,
    forgotten: 0,
    events: [{ timeMs: 5001, deliveries: [{ response: 202 }] }],
  });
  expect(cloud.truth({ from: 5001, to: 5001 }).events).toMatchObject(truth.events);
});

it('sets, shows and removes faults', async () => {
  const { control } = await start();
  await control('PUT', '/faults', { drop: { next: 2 } });
  expect(await control('PUT', '/faults', { late: {} })).toMatchObject({
    body: { drop: { next: 2 }, late: { delayMs: 1000 } },
  });
  expect(await control('DELETE', '/faults/late')).toEqual({ status: 200, body: { drop: { next: 2 } } });
  expect(await control('DELETE', '/faults')).toEqual({ status: 200, body: {} });
});

it('changes subscriptions, tokens, the clock, the flow, the generation and the budget', async () => {
  const { cloud, control } = await start();
  const { id } = cloud.subscriptions.add({ url: 'http://127.0.0.1:1/', messageType: 'SMS_LOG_ALL' });
  expect(await control('PATCH', `/subscriptions/${id}`, { status: 'DISABLED' })).toMatchObject({
    body: { status: 'DISABLED' },
  });
  expect(await control('GET', '/subscriptions')).toMatchObject({
    body: { subscriptions: [{ id, status: 'DISABLED' }] },
  });
  expect(await control('DELETE', `/subscriptions/${id}`)).toMatchObject({ status: 204 });
  const { body } = await control('POST', '/tokens', { permissions: ['log:r'] });
  expect(await send(cloud, 'GET', '/logs/sms', { token: body.token })).toMatchObject({ status: 200 });
  expect(await control('POST', '/tokens/expire')).toMatchObject({ status: 204 });
  expect(await send(cloud, 'GET', '/logs/sms', { token: body.token })).toMatchObject({ status: 401 });
  await control('PUT', '/clock', { offsetMs: 3_600_000 });
  await control('PUT', '/generation', { generation: 'array' });
  await control('PUT', '/budget', { remaining: 5 });
  await control('PUT', '/flow', { eventsPerSecond: 1, types: ['SMS_LOG_ALL'] });
  expect((await control('GET', '')).body).toMatchObject({
    clockOffsetMs: 3_600_000,
    generation: 'array',
    flow: { eventsPerSecond: 1 },
    accounts: [{ budget: { remaining: 5 }, subscriptions: 0 }],
  });
  expect((await control('GET', '/requests')).body.requests).toHaveLength(2);
  expect((await control('POST', '/reset')).body).toMatchObject({
    clockOffsetMs: 0,
    generation: 'page',
    flow: { eventsPerSecond: 0 },
  });
});

it.each([
  ['POST', '/events', { type: 'NONE' }, 400],
  ['POST', '/events', 'nothing', 400],
  ['PUT', '/faults', { drop: { rate: 2 } }, 400],
  ['PUT', '/faults', { unknown: {} }, 400],
  ['DELETE', '/faults/unknown', undefined, 400],
  ['PUT', '/flow', {}, 400],
  ['GET', '/events?types=NONE', undefined, 400],
  ['PATCH', '/subscriptions/5', { status: 'ENABLED' }, 404],
  ['POST', '/events', { type: 'SMS_LOG_ALL', account: 'nobody' }, 404],
  ['GET', '/nothing', undefined, 404],
])('reports the fault of %s %s %j', async (method, path, body, status) => {
  const { control } = await start();
  expect(await control(method, path, body)).toEqual({ status, body: { error: expect.any(String) } });
});

it('rejects requests with another host name', async () => {
  const { cloud } = await start();
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  request(`${cloud.url}/_simulator`, { headers: { host: 'evil.example' } }, (response) => {
    response.resume();
    resolve(response.statusCode);
  }).end();
  expect(await promise).toBe(403);
});
