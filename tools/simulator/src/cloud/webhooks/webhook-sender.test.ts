import { expect, it } from 'vitest';
import { type MessageType, messageTypes } from '../../message-types.ts';
import type { FaultsInput } from '../faults.ts';
import type { XiqCloudOptions } from '../options.ts';
import { testCloud, testReceiver } from '../test-cloud.ts';
import { secretForms } from './secret-forms.ts';

const type = 'AUDIT_LOG_ALL';
const secret = 'hunter2';
const basic = (pair: string) => `Basic ${btoa(pair)}`;

async function start(options: XiqCloudOptions = {}, status?: (number: number) => number) {
  const receiver = await testReceiver(status);
  const cloud = await testCloud(options);
  const subscribe = (messageType: MessageType = type) =>
    cloud.subscriptions.add({ url: `${receiver.url}/${messageType}`, secret, messageType });
  return { cloud, receiver, received: receiver.received, subscribe };
}

/** With one connection the order is certain. */
async function withFaults(faults: FaultsInput, count = 3) {
  const parts = await start({ webhooks: { connections: 1 } });
  const subscription = parts.subscribe();
  parts.cloud.faults.set(faults);
  const events = parts.cloud.emit({ type, count });
  await parts.cloud.settled();
  const order = parts.received.map(({ body }) => events.findIndex(({ webhook }) => body.includes(webhook)));
  return { ...parts, subscription, events, order, faultsLeft: parts.cloud.faults.get() };
}

it('sends every event to every enabled subscription of its type, and to no other', async () => {
  const { cloud, received, receiver, subscribe } = await start();
  for (const messageType of messageTypes) subscribe(messageType);
  const disabled = subscribe();
  cloud.subscriptions.change(disabled.id, { status: 'DISABLED' });
  cloud.subscriptions.add({ url: `${receiver.url}/second`, messageType: type });
  for (const messageType of messageTypes) cloud.emit({ type: messageType, count: 2, batch: 2 });
  await cloud.settled();
  expect(received.map(({ path }) => path).sort()).toEqual(['/second', ...messageTypes.map((one) => `/${one}`)].sort());
  for (const { messageType, webhook, deliveries } of cloud.truth().events) {
    const body = received.find(({ path }) => path === `/${messageType}`)?.body ?? '';
    expect(JSON.parse(body)).toContainEqual(JSON.parse(webhook));
    expect(deliveries).toHaveLength(messageType === type ? 2 : 1);
    expect(deliveries[0]).toMatchObject({ response: 202, accepted: true, attempt: 1, faults: [] });
    expect(deliveries[0]?.receipt).toMatch(/^r1_\d+$/);
  }
});

it.each([
  ['basic', basic(`xiq:${secret}`)],
  ['basic-pair', basic(secret)],
  ['basic-raw', `Basic ${secret}`],
  ['bearer', `Bearer ${secret}`],
  ['bare', secret],
] as const)('carries the secret as %s', async (secretForm, expected) => {
  expect(secretForms).toContain(secretForm);
  const { cloud, received, receiver, subscribe } = await start({ webhooks: { secretForm } });
  subscribe();
  cloud.subscriptions.add({ url: `${receiver.url}/none`, messageType: type });
  cloud.emit({ type });
  await cloud.settled();
  const sent = Object.fromEntries(received.map(({ path, authorization }) => [path, authorization]));
  expect(sent).toEqual({ [`/${type}`]: expected, '/none': undefined });
});

it('batches as configured, a single event alone or in an array', async () => {
  const { cloud, received, subscribe } = await start();
  subscribe();
  cloud.emit({ type, count: 5, batch: 2 });
  cloud.emit({ type, count: 20 });
  await cloud.settled();
  const bodies = received.map(({ body }) => JSON.parse(body));
  expect(bodies.map((body) => [body].flat().length).filter((length) => length === 2)).toHaveLength(2);
  expect(bodies).toHaveLength(23);
  expect(new Set(bodies.map((body) => Array.isArray(body)))).toEqual(new Set([true, false]));
});

it('does not retry a rejected webhook unless configured', async () => {
  const first = await start({}, () => 503);
  first.subscribe();
  const [event] = first.cloud.emit({ type });
  await first.cloud.settled();
  expect(event?.deliveries).toMatchObject([{ response: 503, accepted: false }]);

  const second = await start({ webhooks: { retries: 2, retryDelayMs: 1 } }, (number) => (number < 3 ? 503 : 202));
  second.subscribe();
  const [repeat] = second.cloud.emit({ type });
  await second.cloud.settled();
  expect(repeat?.deliveries.map(({ attempt, response }) => [attempt, response])).toEqual([
    [1, 503],
    [2, 503],
    [3, 202],
  ]);
});

it('records a refused connection', async () => {
  const { cloud } = await start();
  cloud.subscriptions.add({ url: 'http://127.0.0.1:1/', messageType: type });
  const [event] = cloud.emit({ type });
  await cloud.settled();
  expect(event?.deliveries).toMatchObject([{ response: 'ECONNREFUSED', accepted: false, receipt: undefined }]);
});

it('records a timeout', async () => {
  const { cloud, subscribe } = await start({ webhooks: { timeoutMs: 20 } });
  subscribe();
  cloud.faults.set({ slow: { next: 1, durationMs: 5000 } });
  const [slow] = cloud.emit({ type });
  await cloud.settled();
  expect(slow?.deliveries).toMatchObject([{ response: 'ETIMEDOUT' }]);
});

it('drops the next webhooks, then no more', async () => {
  const { events, order, faultsLeft } = await withFaults({ drop: { next: 2 } });
  expect(order).toEqual([2]);
  expect(events.map(({ deliveries }) => deliveries.map(({ response }) => response))).toEqual([
    ['dropped'],
    ['dropped'],
    [202],
  ]);
  expect(faultsLeft).toEqual({});
});

it('drops by type and by rate', async () => {
  const { order, faultsLeft } = await withFaults({ drop: { types: ['SMS_LOG_ALL'] } });
  expect(order).toEqual([0, 1, 2]);
  expect(faultsLeft).toEqual({ drop: { types: ['SMS_LOG_ALL'] } });
  const half = await withFaults({ drop: { rate: 0.5 } }, 60);
  expect(half.received.length).toBeGreaterThan(15);
  expect(half.received.length).toBeLessThan(45);
});

it('sends twice', async () => {
  const { order, events } = await withFaults({ twice: { next: 1 } }, 1);
  expect(order).toEqual([0, 0]);
  expect(events[0]?.deliveries).toMatchObject([{ accepted: true }, { accepted: true }]);
});

it('sends out of order: a body is postponed until a later one was sent, or for a time', async () => {
  expect(await withFaults({ outOfOrder: { next: 1 } })).toMatchObject({ order: [1, 2, 0] });
  expect(await withFaults({ outOfOrder: { next: 1, holdMs: 20 } }, 1)).toMatchObject({ order: [0] });
});

it('sends late, with the current secret, and not to a deleted subscription', async () => {
  const { cloud, received, subscribe } = await start();
  const [one, other] = [subscribe(), subscribe('SMS_LOG_ALL')];
  cloud.faults.set({ late: { delayMs: 30 } });
  cloud.emit({ type });
  const [event] = cloud.emit({ type: 'SMS_LOG_ALL' });
  expect(cloud.pending()).toBe(2);
  cloud.subscriptions.change(one.id, { secret: 'rotated' });
  cloud.subscriptions.remove(other.id);
  await cloud.settled();
  expect(received.map(({ authorization }) => authorization)).toEqual([basic('xiq:rotated')]);
  expect(event?.deliveries).toMatchObject([{ response: 'withdrawn', attempt: 0, faults: ['late'] }]);
});

it('sends slowly', async () => {
  const begin = performance.now();
  const { order } = await withFaults({ slow: { next: 1, durationMs: 40 } }, 1);
  expect(order).toEqual([0]);
  expect(performance.now() - begin).toBeGreaterThan(38);
});

it('sends a wrong secret', async () => {
  const { received } = await withFaults({ wrongSecret: { next: 1 } }, 2);
  expect(received.map(({ authorization }) => authorization)).toEqual([
    basic(`xiq:not-${secret}`),
    basic(`xiq:${secret}`),
  ]);
});

it('truncates a webhook', async () => {
  const { receiver, events, order } = await withFaults({ cutWebhook: { next: 1 } }, 2);
  expect(order).toEqual([1]);
  expect(receiver.broken()).toBe(1);
  expect(events[0]?.deliveries).toMatchObject([{ response: 'cut', accepted: false, faults: ['cutWebhook'] }]);
});

it('aborts webhooks in flight when it is closed', async () => {
  const { cloud, subscribe } = await start();
  subscribe();
  cloud.faults.set({ slow: { durationMs: 60_000 } });
  cloud.emit({ type, count: 10 });
  await cloud.close();
  await cloud.settled();
  expect(cloud.pending()).toBe(0);
});

it('records a secret that a header cannot contain', async () => {
  const { cloud, receiver } = await start({ webhooks: { secretForm: 'bare' } });
  cloud.subscriptions.add({ url: receiver.url, secret: 'a line\nend', messageType: type });
  const [event] = cloud.emit({ type });
  await cloud.settled();
  expect(event?.deliveries).toMatchObject([{ response: 'ERR_INVALID_CHAR', accepted: false }]);
});
