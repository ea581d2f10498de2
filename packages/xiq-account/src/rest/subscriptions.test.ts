import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import type { DesiredSubscription } from './subscriptions.ts';
import { cut, noSignal, page, rejection, respondWith, startFixture, text, webhookSecret } from './test-api.ts';

const desired = (messageType: string): DesiredSubscription => ({
  application: 'siem',
  url: `https://hooks.example/${messageType}`,
  messageType,
  status: 'ENABLED',
  secret: new Secret(webhookSecret),
});
const item = (id: string) => `{"id": ${id}, "url": "https://hooks.example", "message_type": "AUDIT_LOG_ALL"}`;

it.each(['plain', 'paged'] as const)('creates, lists, changes and deletes, %s', async (generation) => {
  const { client, server } = await startFixture(onTestFinished, { api: { generation } });
  const { subscriptions } = client;
  await subscriptions.create([desired('AUDIT_LOG_ALL'), desired('SMS_LOG_ALL')], noSignal);
  expect(JSON.parse(server.requests[0]?.body ?? '')[0]).toEqual({
    application: 'siem',
    url: 'https://hooks.example/AUDIT_LOG_ALL',
    message_type: 'AUDIT_LOG_ALL',
    status: 'ENABLED',
    secret: webhookSecret,
  });
  const [first, second] = await subscriptions.list(noSignal);
  expect(first).toMatchObject({ id: '9007199254740993', application: 'siem', status: 'ENABLED' });
  expect(first?.secret?.reveal()).toBe(webhookSecret);

  await subscriptions.update(second?.id ?? '', { ...desired('SMS_LOG_ALL'), status: 'DISABLED' }, noSignal);
  expect(server.requests.at(-1)?.path).toBe('/subscriptions/webhook/9007199254740994');
  expect((await subscriptions.list(noSignal))[1]).toMatchObject({ messageType: 'SMS_LOG_ALL', status: 'DISABLED' });

  await subscriptions.delete([first?.id ?? '', second?.id ?? ''], noSignal);
  expect(await subscriptions.list(noSignal)).toEqual([]);
});

it.each([
  ['plain', ['/subscriptions/webhook/7', '/subscriptions/webhook/8']],
  ['paged', ['/subscriptions/webhook/:delete', '/subscriptions/webhook/:delete']],
] as const)('detects how the API deletes, and remembers it, %s', async (generation, paths) => {
  const { client, server } = await startFixture(onTestFinished, { api: { generation } });
  for (const id of ['7', '8']) server.subscriptions.set(id, item(id));
  await client.subscriptions.delete(['7'], noSignal);
  await client.subscriptions.delete(['8'], noSignal);
  expect(server.subscriptions.size).toBe(0);
  const deletes = server.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
  expect(deletes.slice(-2)).toEqual(paths);
});

it('deletes ids beyond 2^53 without rounding, fifty per request', async () => {
  const { client, server } = await startFixture(onTestFinished);
  const ids = Array.from({ length: 51 }, (_, index) => `90071992547409${93 + index}`);
  for (const id of ids) server.subscriptions.set(id, item(id));
  await client.subscriptions.delete(ids, noSignal);
  expect(server.requests.map(({ query }) => query.getAll('ids').length)).toEqual([50, 1]);
  expect(server.subscriptions.size).toBe(0);
});

it.each(['plain', 'paged'] as const)('a missing subscription counts as deleted, %s', async (generation) => {
  const { client, server } = await startFixture(onTestFinished, { api: { generation } });
  server.subscriptions.set('8', item('8'));
  await client.subscriptions.delete(['7', '8'], noSignal);
  expect(server.subscriptions.size).toBe(0);
});

it('if the API deletes all or none, requests the existing ones again', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.subscriptions.set('8', item('8'));
  server.instead.push(respondWith(404));
  await client.subscriptions.delete(['7', '8'], noSignal);
  expect(server.subscriptions.size).toBe(0);
  expect(server.requests.map(({ query }) => query.getAll('ids'))).toEqual([['7', '8'], [], ['8']]);
});

it('rejects if neither form deletes a subscription', async () => {
  const { client, server } = await startFixture(onTestFinished, { api: { generation: 'plain' } });
  server.subscriptions.set('7', item('7'));
  const no = respondWith(400, { error_code: 'BAD', error_message: 'is in use' });
  const listing = (response: Parameters<typeof no>[0]) => text(response, 200, `[${item('7')}]`);
  server.instead.push(no, listing, no, listing);
  const refused = await rejection(client.subscriptions.delete(['7'], noSignal));
  expect(refused).toMatchObject({ code: 'xiq_refused', exitCode: 76 });
  expect(refused.message).toContain('response 400, BAD "is in use"');
});

it('rejects an id that would change the request path', async () => {
  const { client, server } = await startFixture(onTestFinished);
  expect((await rejection(client.subscriptions.delete(['7/../8'], noSignal))).code).toBe('usage');
  expect((await rejection(client.subscriptions.update('../8', desired('X'), noSignal))).code).toBe('usage');
  expect(server.requests).toEqual([]);
});

it('reads all pages, and ignores unknown fields', async () => {
  const { client, server } = await startFixture(onTestFinished);
  for (let id = 1; id <= 250; id++) server.subscriptions.set(String(id), item(String(id)));
  server.subscriptions.set(
    '9223372036854775807',
    '{"id":9223372036854775807,"url":null,"status":"PAUSED","create_time":1636337187553,"owner_id":9007199254740993,"more":{"a":[1]}}',
  );
  const all = await client.subscriptions.list(noSignal);
  expect(all).toHaveLength(251);
  expect(all.at(-1)).toEqual({
    id: '9223372036854775807',
    application: '',
    url: '',
    secret: undefined,
    messageType: '',
    status: 'PAUSED',
  });
  expect(server.requests.map(({ query }) => query.get('page'))).toEqual(['1', '2', '3']);
});

it('reads again if pages shift', async () => {
  const { client, server } = await startFixture(onTestFinished);
  for (let id = 1; id <= 150; id++) server.subscriptions.set(String(id), item(String(id)));
  server.instead.push((response, { query }) => {
    page(response, query, [...server.subscriptions.values()]);
    // Number 101 moves from the second page to the first, which was read already.
    server.subscriptions.delete('1');
  });
  const all = await client.subscriptions.list(noSignal);
  expect(all.map(({ id }) => Number(id))).toEqual(Array.from({ length: 149 }, (_, index) => index + 2));
});

it('accepts a wrong total if two reads return the same subscriptions', async () => {
  const { client, server } = await startFixture(onTestFinished);
  const odd = respondWith(200, { page: 1, total_pages: 1, total_count: 9, data: [{ id: 1 }] });
  server.instead.push(odd, odd);
  expect(await client.subscriptions.list(noSignal)).toHaveLength(1);
});

it.each([
  ['an object without data', {}],
  ['an item without an id', [{ url: 'https://x' }]],
  ['an id that is no integer', [{ id: 1.5 }]],
  ['another page than the requested one', { page: 2, total_pages: 2, total_count: 2, data: [] }],
])('%s is an invalid response', async (_case, body) => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(respondWith(200, body));
  expect((await rejection(client.subscriptions.list(noSignal))).code).toBe('xiq_invalid_response');
});

it('a creation without a response is not sent again, and its outcome is reported as unknown', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(cut);
  const refused = await rejection(client.subscriptions.create([desired('AUDIT_LOG_ALL')], noSignal));
  expect(refused.code).toBe('xiq_unavailable');
  expect(refused.message).toContain(
    'It is unknown whether the change was made: list the subscriptions before you try again.',
  );
  expect(server.requests).toHaveLength(1);
});
