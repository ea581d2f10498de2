import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { restLogs } from '../log-families.ts';
import type { XiqCloudOptions } from '../options.ts';
import { read, send, testCloud } from '../test-cloud.ts';

const atMs = 1_790_000_000_000;

async function start(options: XiqCloudOptions = {}) {
  const cloud = await testCloud(options);
  const token = cloud.tokens.create();
  return { cloud, token, get: (path: string) => read(cloud, path, token) };
}
const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);

it('has six logs, each with the events of its type and with ids', async () => {
  const { cloud, get } = await start();
  for (const type of ['AUDIT_LOG_ALL', 'AUTHENTICATION_LOG_ALL', 'ACCOUNTING_LOG_ALL'] as const)
    cloud.emit({ type, count: 3 });
  for (const type of ['CREDENTIAL_LOG_ALL', 'EMAIL_LOG_ALL', 'SMS_LOG_ALL'] as const) cloud.emit({ type, count: 3 });
  cloud.emit({ type: 'GDPR_LOG_ALL', count: 3 });
  for (const log of restLogs) {
    const page = await get(`/logs/${log}`);
    expect(page).toMatchObject({ total_count: '3', count: '3', page: '1', total_pages: '1' });
    const kept = cloud.truth().events.filter(({ rest }) => rest?.log === log);
    expect(ids(page)).toEqual(kept.map(({ rest }) => rest?.id).reverse());
    expect(new Set(ids(page)).size).toBe(3);
  }
  expect(cloud.truth({ types: ['GDPR_LOG_ALL'] }).events.map(({ rest }) => rest)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('pages, newest first, with each event once', async () => {
  const { cloud, get } = await start();
  const made = cloud.emit({ type: 'AUDIT_LOG_ALL', count: 25, atMs, sameMillisecond: true });
  const pages = [];
  for (const page of [1, 2, 3, 4]) pages.push(await get(`/logs/audit?page=${page}`));
  expect(pages.map(({ count, total_count, total_pages }) => [count, total_count, total_pages])).toEqual(
    ['10', '10', '5', '0'].map((count) => [count, '25', '3']),
  );
  expect(pages.flatMap(ids)).toEqual(made.map(({ rest }) => rest?.id).reverse());
  expect(ids(await get('/logs/audit?limit=100'))).toHaveLength(25);
});

it('returns the span, with or without its end', async () => {
  const span = `startTime=${atMs + 1}&endTime=${atMs + 3}`;
  const { cloud, get } = await start();
  cloud.emit({ type: 'SMS_LOG_ALL', count: 5, atMs });
  const times = ({ data }: { data: { timestamp: string }[] }) => data.map(({ timestamp }) => Number(timestamp) - atMs);
  expect(times(await get(`/logs/sms?${span}`))).toEqual([3, 2, 1]);
  const other = await start({ endTimeInclusive: false, logOrder: 'oldestFirst' });
  other.cloud.emit({ type: 'SMS_LOG_ALL', count: 5, atMs });
  expect(times(await other.get(`/logs/sms?${span}`))).toEqual([1, 2]);
});

it('shows an event at once, or with `logsAfterWebhooks` when its webhooks have ended', async () => {
  const delayed = Promise.withResolvers<void>();
  const receiver = createServer((_, response) => void delayed.promise.then(() => response.writeHead(202).end()));
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void receiver.close());
  const address = receiver.address();
  const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/`;
  const clouds = [await start(), await start({ logsAfterWebhooks: true })];
  for (const { cloud } of clouds) {
    cloud.subscriptions.add({ url, messageType: 'AUDIT_LOG_ALL' });
    cloud.faults.set({ twice: {} });
    cloud.emit({ type: 'AUDIT_LOG_ALL' });
  }
  const shown = () => Promise.all(clouds.map(async ({ get }) => ids(await get('/logs/audit')).length));
  expect(await shown()).toEqual([1, 0]);
  delayed.resolve();
  for (const { cloud } of clouds) await cloud.settled();
  await expect.poll(shown).toEqual([1, 1]);
});

it.each(['page=0', 'limit=0', 'limit=101', 'startTime=soon', 'startTime=5&endTime=4'])('rejects %s', async (query) => {
  const { cloud, token } = await start();
  expect(await send(cloud, 'GET', `/logs/audit?${query}`, { token })).toMatchObject({ status: 400 });
});

it('returns 404 for an unknown log', async () => {
  const { cloud, token } = await start();
  expect(await send(cloud, 'GET', '/logs/gdpr', { token })).toMatchObject({ status: 404 });
});

it('returns an event twice and omits none where pages shift during reads', async () => {
  const { cloud, get } = await start();
  cloud.emit({ type: 'AUDIT_LOG_ALL', count: 20, atMs });
  cloud.faults.set({ shiftPages: { next: 1, page: 1, events: 3 } });
  const span = `startTime=${atMs}&endTime=${atMs + 1000}`;
  const first = await get(`/logs/audit?${span}`);
  const second = await get(`/logs/audit?page=2&${span}`);
  expect([first.total_count, second.total_count]).toEqual(['20', '23']);
  expect(ids(second).slice(0, 3)).toEqual(ids(first).slice(-3));
});

it('returns a wrong total as often as configured', async () => {
  const { cloud, get } = await start();
  cloud.emit({ type: 'AUDIT_LOG_ALL', count: 2 });
  cloud.faults.set({ movingTotal: { next: 2 } });
  const totals = [];
  for (let number = 0; number < 3; number++) totals.push((await get('/logs/audit')).total_count);
  expect(totals).toEqual(['3', '4', '2']);
});

it('shows an event late where configured', async () => {
  const { cloud, get } = await start();
  cloud.faults.set({ lateInLog: { next: 1, delayMs: 60_000 } });
  cloud.emit({ type: 'AUDIT_LOG_ALL', count: 2 });
  expect((await get('/logs/audit')).total_count).toBe('1');
  cloud.clock.setOffset(60_000);
  expect((await get('/logs/audit')).total_count).toBe('2');
});
