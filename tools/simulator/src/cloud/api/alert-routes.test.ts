import { describe, expect, it } from 'vitest';
import { digits, read, send, testCloud, testReceiver } from '../test-cloud.ts';

const path = '/alert-subscriptions/webhooks';
const url = 'https://hooks.example/webhooks/xiq/ALERT';
const one = { url, secret: 'hunter2', is_enabled: true, is_subscribe_all: true, alert_policy_ids: [] };
const big = '9007199254740993';

async function start(options: Parameters<typeof testCloud>[0] = {}) {
  const cloud = await testCloud(options);
  return { cloud, token: cloud.tokens.create() };
}

describe.each(['array', 'page'] as const)('generation %s', (generation) => {
  it('creates, lists, reads, changes and deletes, beside the other subscriptions', async () => {
    const { cloud, token } = await start({ generation });
    cloud.subscriptions.add({ url: 'https://other.example/', messageType: 'AUDIT_LOG_ALL' });
    const created = await send(cloud, 'POST', path, { token, body: one });
    expect(created.status).toBe(200);
    const [first, ...others] = await read(cloud, path, token);
    expect([digits(created.text), others]).toEqual([first, []]);
    expect(first).toEqual({
      ...one,
      id: big,
      create_time: expect.stringMatching(/^20\d\d-.*\+0000$/),
      update_time: first.create_time,
    });
    const list = await read(cloud, '/subscriptions/webhook', token);
    expect((Array.isArray(list) ? list : list.data).map((each: { url: string }) => each.url)).toEqual([
      'https://other.example/',
    ]);

    const changed = { is_enabled: false, is_subscribe_all: false, alert_policy_ids: [7] };
    expect((await send(cloud, 'PUT', `${path}/${big}`, { token, body: changed })).status).toBe(200);
    expect(await read(cloud, `${path}/${big}`, token)).toMatchObject({
      url,
      secret: 'hunter2',
      ...changed,
      alert_policy_ids: ['7'],
    });

    expect((await send(cloud, 'DELETE', `${path}/120001`, { token })).status).toBe(404);
    expect((await send(cloud, 'DELETE', `${path}/${big}`, { token })).status).toBe(200);
    expect(await read(cloud, path, token)).toEqual([]);
    expect(cloud.subscriptions.list()).toHaveLength(1);
  });
});

it('deletes several, and only alert subscriptions of the account', async () => {
  const accounts = ['a', 'b'].map((username) => ({ username, password: 'p' }));
  const { cloud, token } = await start({ accounts });
  const ids = ['a', 'a', 'b'].map((account) => cloud.subscriptions.add({ account, url, messageType: 'ALERT' }).id);
  const { id: other } = cloud.subscriptions.add({ url, messageType: 'SMS_LOG_ALL' });
  const body = { ids: [...ids, other] };
  expect((await send(cloud, 'POST', `${path}/:delete`, { token, body })).status).toBe(200);
  expect(cloud.subscriptions.list().map(({ id }) => id)).toEqual([ids[2], other]);
});

it('keeps ids of policies that a double cannot represent', async () => {
  const { cloud, token } = await start();
  const { id } = cloud.subscriptions.add({ url, messageType: 'ALERT', policyIds: [big] });
  expect(await read(cloud, `${path}/${id}`, token)).toMatchObject({ is_subscribe_all: false, alert_policy_ids: [big] });
});

it.each([
  [{ ...one, url: 'none' }],
  [{ ...one, is_subscribe_all: undefined }],
  [{ ...one, alert_policy_ids: undefined }],
  [{ ...one, alert_policy_ids: [1.5] }],
  [[one]],
])('rejects %j', async (body) => {
  const { cloud, token } = await start();
  expect((await send(cloud, 'POST', path, { token, body })).status).toBe(400);
});

it('needs a permission, and its faults act on its area only', async () => {
  const { cloud, token } = await start();
  const without = cloud.tokens.create({ permissions: ['webhook:rw'] });
  expect((await send(cloud, 'GET', path, { token: without })).status).toBe(403);
  cloud.faults.set({ serverError: { on: ['alerts'], status: 503 } });
  expect((await send(cloud, 'GET', path, { token })).status).toBe(503);
  expect((await send(cloud, 'GET', '/subscriptions/webhook', { token })).status).toBe(200);
});

it('a subscription to a message type cannot be one to alerts', async () => {
  const { cloud, token } = await start();
  const body = [{ application: 'siem', url, message_type: 'ALERT', status: 'ENABLED' }];
  expect((await send(cloud, 'POST', '/subscriptions/webhook', { token, body })).status).toBe(400);
});

it('sends alerts to subscriptions of all policies, and of the policy of the alert', async () => {
  const receiver = await testReceiver();
  const { cloud } = await start();
  const add = (name: string, policyIds?: string[]) =>
    cloud.subscriptions.add({
      url: `${receiver.url}/${name}`,
      secret: 's',
      messageType: 'ALERT',
      ...(policyIds && { policyIds }),
    });
  add('all');
  const [made] = cloud.emit({ type: 'ALERT' });
  const policy: unknown = digits(made?.webhook ?? '').alert_policy_id;
  await cloud.settled();
  add('selected', [String(policy)]);
  add('another', [big]);
  const events = cloud.emit({ type: 'ALERT', count: 3, batch: 3 });
  await cloud.settled();
  expect(receiver.received.map(({ path: to }) => to).sort()).toEqual(['/all', '/all', '/selected']);
  expect(events.map(({ deliveries }) => deliveries.length)).toEqual([2, 2, 2]);
  for (const { webhook, rest } of events) {
    expect(digits(webhook)).toMatchObject({ severity_name: expect.any(String), owner_id: '1091' });
    expect(rest).toBeUndefined();
  }
});
