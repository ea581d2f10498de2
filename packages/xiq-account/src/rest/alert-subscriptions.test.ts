import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import type { DesiredSubscription } from './subscriptions.ts';
import { noSignal, page, rejection, respondWith, startFixture, webhookSecret } from './test-api.ts';

const url = 'https://hooks.example/webhooks/xiq/ALERT';
const alert: DesiredSubscription = {
  application: '',
  url,
  messageType: 'ALERT',
  status: 'ENABLED',
  secret: new Secret(webhookSecret),
  policies: { all: true, ids: [] },
};
const audit: DesiredSubscription = { ...alert, application: 'siem', messageType: 'AUDIT_LOG_ALL', policies: undefined };
const item = (id: string, more = '') => `{"id":${id},"url":"${url}"${more}}`;

it('creates, lists, changes and deletes, beside the subscriptions to message types', async () => {
  const { client, server } = await startFixture(onTestFinished, { alerts: true });
  const { subscriptions } = client;
  await subscriptions.create([alert, audit], noSignal);
  const created = server.requests.map(({ method, path, body }) => [method, path, JSON.parse(body)]);
  expect(created).toEqual([
    ['POST', '/subscriptions/webhook', [expect.objectContaining({ application: 'siem' })]],
    [
      'POST',
      '/alert-subscriptions/webhooks',
      { url, secret: webhookSecret, is_enabled: true, is_subscribe_all: true, alert_policy_ids: [] },
    ],
  ]);
  const [first, second] = await subscriptions.list(noSignal);
  expect(first).toMatchObject({ id: '9007199254740993', messageType: 'AUDIT_LOG_ALL' });
  expect(second).toEqual({
    id: 'alert-9007199254740994',
    application: '',
    url,
    secret: expect.any(Secret),
    messageType: 'ALERT',
    status: 'ENABLED',
    policies: { all: true, ids: [] },
  });

  await subscriptions.update(second?.id ?? '', { ...alert, status: 'DISABLED' }, noSignal);
  expect(server.requests.at(-1)?.path).toBe('/alert-subscriptions/webhooks/9007199254740994');
  expect((await subscriptions.list(noSignal))[1]).toMatchObject({ status: 'DISABLED' });

  await subscriptions.delete([first?.id ?? '', second?.id ?? ''], noSignal);
  expect(await subscriptions.list(noSignal)).toEqual([]);
});

it('one number names one subscription of each kind', async () => {
  const { client, server } = await startFixture(onTestFinished, { alerts: true });
  server.subscriptions.set('7', item('7'));
  server.alerts.set('7', item('7'));
  expect((await client.subscriptions.list(noSignal)).map(({ id }) => id)).toEqual(['7', 'alert-7']);
  await client.subscriptions.update('alert-7', { ...alert, url: 'https://other.example/' }, noSignal);
  await client.subscriptions.delete(['7'], noSignal);
  expect([server.subscriptions.size, [...server.alerts.keys()]]).toEqual([0, ['7']]);
  expect(server.alerts.get('7')).toContain('other.example');
  await client.subscriptions.delete(['alert-7', 'alert-8'], noSignal);
  expect(server.alerts.size).toBe(0);
});

it('ids of policies are never rounded', async () => {
  const { client, server } = await startFixture(onTestFinished, { alerts: true });
  const ids = ['9007199254740993', '9223372036854775807'];
  server.alerts.set('7', item('7', `,"is_subscribe_all":false,"alert_policy_ids":[${ids.join(' , ')}]`));
  const [found] = await client.subscriptions.list(noSignal);
  expect(found?.policies).toEqual({ all: false, ids });
  await client.subscriptions.update('alert-7', { ...alert, policies: found?.policies }, noSignal);
  const sent = server.requests.at(-1)?.body ?? '';
  expect(sent).toContain(`"alert_policy_ids":[${ids.join()}]`);
  expect(JSON.parse(sent)).toMatchObject({ is_subscribe_all: false, url });
});

it('reads pages, null and missing fields', async () => {
  const { client, server } = await startFixture(onTestFinished, { alerts: true });
  const items = Array.from({ length: 150 }, (_, index) =>
    item(
      String(index + 1),
      ',"secret":null,"is_enabled":null,"is_subscribe_all":null,"alert_policy_ids":null,"more":1',
    ),
  );
  const respond = (response: Parameters<typeof page>[0], { query }: { query: URLSearchParams }) =>
    page(response, query, items);
  server.instead.push(respondWith(200, []), respond, respond);
  const all = await client.subscriptions.list(noSignal);
  expect([all.length, all.at(-1)?.id]).toEqual([150, 'alert-150']);
  expect(all[0]).toMatchObject({ status: undefined, secret: undefined, policies: { all: true, ids: [] } });
});

it.each([
  [403, { error_code: 'ACCESS_DENIED' }],
  [404, { error_code: 'NOT_FOUND' }],
  [200, { other: 1 }],
])('a response %i to their list is an error only if they are maintained', async (status, body) => {
  for (const alerts of [true, false]) {
    const { client, server } = await startFixture(onTestFinished, { alerts });
    server.subscriptions.set('7', item('7'));
    server.instead.push(respondWith(200, [{ id: 7 }]), respondWith(status, body));
    if (alerts) {
      const refused = await rejection(client.subscriptions.list(noSignal));
      expect(refused.message).toMatch(/^Listing the subscriptions to alerts at http/);
    } else expect(await client.subscriptions.list(noSignal)).toHaveLength(1);
  }
});

it('a temporary error is an error also if they are not maintained: a foreign one could be missed', async () => {
  const { client, server } = await startFixture(onTestFinished, { alerts: false });
  server.instead.push(respondWith(200, []), respondWith(429, '', { 'Retry-After': '600' }));
  expect((await rejection(client.subscriptions.list(noSignal))).code).toBe('xiq_rate_limited');
});

it('a refused deletion is an error, and an id cannot change the request path', async () => {
  const { client, server } = await startFixture(onTestFinished, { alerts: true });
  server.instead.push(respondWith(403));
  expect((await rejection(client.subscriptions.delete(['alert-7'], noSignal))).code).toBe('xiq_forbidden');
  server.requests.length = 0;
  for (const id of ['alert-7/../8', 'alert-', 'alert-alert-7']) {
    expect((await rejection(client.subscriptions.delete([id], noSignal))).code).toBe('usage');
    expect((await rejection(client.subscriptions.update(id, alert, noSignal))).code).toBe('usage');
  }
  expect(server.requests).toEqual([]);
});

it('a source without subscriptions sends no request for alerts', async () => {
  const { client, server } = await startFixture(onTestFinished);
  await client.subscriptions.list(noSignal);
  expect(server.requests.map(({ path }) => path)).toEqual(['/subscriptions/webhook']);
});
