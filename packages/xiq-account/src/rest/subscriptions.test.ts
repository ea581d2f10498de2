import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import type { WantedSubscription } from './subscriptions.ts';
import { answering, cut, noSignal, page, rejection, startFixture, text, webhookSecret } from './test-api.ts';

const wanted = (messageType: string): WantedSubscription => ({
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
  await subscriptions.create([wanted('AUDIT_LOG_ALL'), wanted('SMS_LOG_ALL')], noSignal);
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

  await subscriptions.update(second?.id ?? '', { ...wanted('SMS_LOG_ALL'), status: 'DISABLED' }, noSignal);
  expect(server.requests.at(-1)?.path).toBe('/subscriptions/webhook/9007199254740994');
  expect((await subscriptions.list(noSignal))[1]).toMatchObject({ messageType: 'SMS_LOG_ALL', status: 'DISABLED' });

  await subscriptions.delete([first?.id ?? '', second?.id ?? ''], noSignal);
  expect(await subscriptions.list(noSignal)).toEqual([]);
});

it.each([
  ['plain', ['/subscriptions/webhook/7', '/subscriptions/webhook/8']],
  ['paged', ['/subscriptions/webhook/:delete', '/subscriptions/webhook/:delete']],
] as const)('finds out how the API deletes, and remembers it, %s', async (generation, paths) => {
  const { client, server } = await startFixture(onTestFinished, { api: { generation } });
  for (const id of ['7', '8']) server.subscriptions.set(id, item(id));
  await client.subscriptions.delete(['7'], noSignal);
  await client.subscriptions.delete(['8'], noSignal);
  expect(server.subscriptions.size).toBe(0);
  const deletes = server.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
  expect(deletes.slice(-2)).toEqual(paths);
});

it('deletes ids beyond 2^53 digit by digit, fifty at once', async () => {
  const { client, server } = await startFixture(onTestFinished);
  const ids = Array.from({ length: 51 }, (_, index) => `90071992547409${93 + index}`);
  for (const id of ids) server.subscriptions.set(id, item(id));
  await client.subscriptions.delete(ids, noSignal);
  expect(server.requests.map(({ query }) => query.getAll('ids').length)).toEqual([50, 1]);
  expect(server.subscriptions.size).toBe(0);
});

it.each(['plain', 'paged'] as const)('what is gone already counts as deleted, %s', async (generation) => {
  const { client, server } = await startFixture(onTestFinished, { api: { generation } });
  server.subscriptions.set('8', item('8'));
  await client.subscriptions.delete(['7', '8'], noSignal);
  expect(server.subscriptions.size).toBe(0);
});

it('an API that deletes all or none is asked again for those that are there', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.subscriptions.set('8', item('8'));
  server.instead.push(answering(404));
  await client.subscriptions.delete(['7', '8'], noSignal);
  expect(server.subscriptions.size).toBe(0);
  expect(server.requests.map(({ query }) => query.getAll('ids'))).toEqual([['7', '8'], [], ['8']]);
});

it('what neither form deletes is said', async () => {
  const { client, server } = await startFixture(onTestFinished, { api: { generation: 'plain' } });
  server.subscriptions.set('7', item('7'));
  const no = answering(400, { error_code: 'BAD', error_message: 'is in use' });
  const listing = (response: Parameters<typeof no>[0]) => text(response, 200, `[${item('7')}]`);
  server.instead.push(no, listing, no, listing);
  const refused = await rejection(client.subscriptions.delete(['7'], noSignal));
  expect(refused).toMatchObject({ code: 'xiq_refused', exitCode: 76 });
  expect(refused.message).toContain('answer 400, BAD "is in use"');
});

it('takes no id that would reach beyond its place in the path', async () => {
  const { client, server } = await startFixture(onTestFinished);
  expect((await rejection(client.subscriptions.delete(['7/../8'], noSignal))).code).toBe('usage');
  expect((await rejection(client.subscriptions.update('../8', wanted('X'), noSignal))).code).toBe('usage');
  expect(server.requests).toEqual([]);
});

it('reads all pages, and passes over what it does not know', async () => {
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

it('pages that shift while they are read are read again', async () => {
  const { client, server } = await startFixture(onTestFinished);
  for (let id = 1; id <= 150; id++) server.subscriptions.set(String(id), item(String(id)));
  server.instead.push((response, { query }) => {
    page(response, query, [...server.subscriptions.values()]);
    // Number 101 slips from the second page to the first, which has been read.
    server.subscriptions.delete('1');
  });
  const all = await client.subscriptions.list(noSignal);
  expect(all.map(({ id }) => Number(id))).toEqual(Array.from({ length: 149 }, (_, index) => index + 2));
});

it('a total that never fits is taken where the subscriptions stay the same', async () => {
  const { client, server } = await startFixture(onTestFinished);
  const odd = answering(200, { page: 1, total_pages: 1, total_count: 9, data: [{ id: 1 }] });
  server.instead.push(odd, odd);
  expect(await client.subscriptions.list(noSignal)).toHaveLength(1);
});

it.each([
  ['an object without data', {}],
  ['an item without an id', [{ url: 'https://x' }]],
  ['an id that is no integer', [{ id: 1.5 }]],
  ['another page than the one asked for', { page: 2, total_pages: 2, total_count: 2, data: [] }],
])('%s is an invalid answer', async (_case, body) => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(answering(200, body));
  expect((await rejection(client.subscriptions.list(noSignal))).code).toBe('xiq_invalid_response');
});

it('a creation whose answer was lost is not sent twice, and says that nobody knows', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(cut);
  const refused = await rejection(client.subscriptions.create([wanted('AUDIT_LOG_ALL')], noSignal));
  expect(refused.code).toBe('xiq_unavailable');
  expect(refused.message).toContain('Whether it was done is not known: list the subscriptions before you try again.');
  expect(server.requests).toHaveLength(1);
});
