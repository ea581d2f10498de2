import { deflateSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { splunkHecDestination } from './splunk-hec-destination.ts';
import { batchOf, noSignal, startFixture } from './test-harness.ts';

const unexpected = { verdict: 'unknown', code: 'unexpected_response' };

it.each([
  [1, { batch: 'misconfigured', code: 'token_disabled' }],
  [2, { batch: 'misconfigured', code: 'token_required' }],
  [3, { batch: 'misconfigured', code: 'invalid_authorization' }],
  [4, { batch: 'misconfigured', code: 'invalid_token' }],
  [7, { batch: 'misconfigured', code: 'incorrect_index' }],
  [8, { batch: 'unavailable', code: 'server_error' }],
  [9, { batch: 'unavailable', code: 'server_busy', slowDown: true }],
  [10, { batch: 'misconfigured', code: 'channel_missing' }],
  [11, { batch: 'unavailable', code: 'invalid_channel' }],
  [14, { batch: 'misconfigured', code: 'ack_disabled' }],
  [16, { batch: 'misconfigured', code: 'query_authorization_disabled' }],
  [18, { batch: 'unavailable', code: 'queues_full', slowDown: true }],
  [19, { batch: 'unavailable', code: 'ack_unavailable', slowDown: true }],
  [20, { batch: 'unavailable', code: 'queues_full', slowDown: true }],
  [21, { batch: 'misconfigured', code: 'invalid_token' }],
  [22, { batch: 'misconfigured', code: 'token_disabled' }],
  [23, { batch: 'unavailable', code: 'shutting_down' }],
  [26, { batch: 'unavailable', code: 'queues_full', slowDown: true }],
  [27, { batch: 'unavailable', code: 'ack_at_capacity', slowDown: true }],
  [28, { batch: 'misconfigured', code: 'channel_missing' }],
])('HEC code %i stops the whole batch as %o', async (code, report) => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code });
  expect(await destination.deliver(batchOf('a', 'b'), noSignal)).toMatchObject(report);
  expect(fake.events).toEqual([]);
});

it.each([0, 24, 25])('HEC code %i is a success, and slows down if capacity is low', async (code) => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code });
  expect(await destination.deliver(batchOf('a'), noSignal)).toEqual({
    items: [{ index: 0, verdict: 'delivered' }],
    ...(code === 0 ? {} : { slowDown: true }),
  });
});

it.each([
  [5, 'no_data'],
  [6, 'invalid_data'],
  [12, 'event_required'],
  [13, 'event_blank'],
  [15, 'invalid_indexed_fields'],
])('HEC code %i rejects an event that was sent alone', async (code, name) => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({
    items: [{ index: 0, verdict: 'rejected', code: name }],
  });
});

it('reports all events as unknown if the response does not say which one is invalid', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code: 6 });
  expect(await destination.deliver(batchOf('a', 'b'), noSignal)).toMatchObject({
    items: [{ verdict: 'unknown' }, { verdict: 'unknown', code: 'invalid_data' }],
  });
});

it.each([2, 3])('delivers no event if the response names event %i of two, counted from 0', async (number) => {
  const { destination, fake } = await startFixture(onTestFinished);
  const body = JSON.stringify({ text: 'Invalid data format', code: 6, 'invalid-event-number': number });
  fake.respondNext('event', { status: 400, body });
  expect(await destination.deliver(batchOf('a', 'b'), noSignal)).toMatchObject({
    items: [
      { verdict: 'unknown', code: 'invalid_data' },
      { verdict: 'unknown', code: 'invalid_data' },
    ],
  });
});

const html = '<html><body>Sign in</body></html>';

it.each([
  [200, html, { items: [unexpected, unexpected] }],
  [200, '', { items: [unexpected, unexpected] }],
  [200, '{"text":"Success"}', { items: [unexpected, unexpected] }],
  [200, '{"code":"0"}', { items: [unexpected, unexpected] }],
  [200, '{"text":"Invalid token","code":4}', { items: [unexpected, unexpected] }],
  [201, '{"text":"Success","code":0}', { items: [unexpected, unexpected] }],
  [503, '{"text":"Success","code":0}', { batch: 'unavailable', code: 'service_unavailable', slowDown: true }],
  [302, html, { batch: 'misconfigured', code: 'redirected' }],
  [400, html, { batch: 'misconfigured', code: 'bad_request' }],
  [401, html, { batch: 'misconfigured', code: 'unauthorized' }],
  [404, '{"text":"not found","code":404}', { batch: 'misconfigured', code: 'not_found' }],
  [405, '', { batch: 'misconfigured', code: 'method_not_allowed' }],
  [407, '', { batch: 'misconfigured', code: 'proxy_unauthorized' }],
  [408, '', { batch: 'unavailable', code: 'request_timeout' }],
  [413, '', { batch: 'tooLarge', code: 'too_large' }],
  [415, '', { batch: 'misconfigured', code: 'unsupported_media_type' }],
  [429, '', { batch: 'unavailable', code: 'too_many_requests', slowDown: true }],
  [500, '', { batch: 'unavailable', code: 'server_error' }],
  [502, html, { batch: 'unavailable', code: 'bad_gateway' }],
  [503, html, { batch: 'unavailable', code: 'service_unavailable', slowDown: true }],
  [200, '{"text":"HEC is healthy","code":17}', { items: [unexpected, unexpected] }],
  [204, '', { items: [unexpected, unexpected] }],
])('L3: HTTP %i with %j is not a success', async (status, body, report) => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { status, body });
  expect(await destination.deliver(batchOf('a', 'b'), noSignal)).toMatchObject(report);
});

it.each([
  [404, '`url`'],
  [405, '`url`'],
  [400, '`url`'],
  [415, '`gzip'],
  [415, '`url`'],
  [500, '`url`'],
  [200, '`url`'],
])('L8: the message of HTTP %i without a HEC code names %s', async (status, key) => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { status, body: html });
  expect(JSON.stringify(await destination.deliver(batchOf('a'), noSignal))).toContain(key);
});

it.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
])('L3: reads a success in %s, which was not asked for', async (encoding, compress) => {
  const { destination, fake } = await startFixture(onTestFinished);
  const body = compress('{"text":"Success","code":0}');
  fake.respondNext('event', { status: 200, body, headers: { 'Content-Encoding': encoding } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toEqual({ items: [{ index: 0, verdict: 'delivered' }] });
  expect(fake.requests[0]?.headers['accept-encoding']).toBe('identity');
});

it('rejects a single event that is too large', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { status: 413, body: '' });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({
    items: [{ verdict: 'rejected', code: 'too_large' }],
  });
});

it('reports unknown after a gateway timeout', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { status: 504, body: html });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({
    items: [{ verdict: 'unknown', code: 'gateway_timeout' }],
  });
});

it('reads a response only up to the limit', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { status: 200, body: `{"text":"${'x'.repeat(200_000)}","code":0}` });
  const report = await destination.deliver(batchOf('a'), noSignal);
  expect(report).toMatchObject({ items: [unexpected] });
  expect(JSON.stringify(report).length).toBeLessThan(1_000);
});

it.each([
  ['17', 17_000],
  [new Date(1_800_000_030_000).toUTCString(), 30_000],
])('obeys Retry-After: %s', async (retryAfter, waitMs) => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code: 9, headers: { 'Retry-After': retryAfter } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ batch: 'unavailable', waitMs });
});

it.each(['soon', '-5', 'Thu, 01 Jan 1970 00:00:00 GMT'])('ignores Retry-After: %s', async (retryAfter) => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code: 9, headers: { 'Retry-After': retryAfter } });
  expect(await destination.deliver(batchOf('a'), noSignal)).not.toHaveProperty('waitMs');
});

it('declares every code once', () => {
  expect(new Set(splunkHecDestination.codes).size).toBe(splunkHecDestination.codes.length);
  for (const code of splunkHecDestination.codes) expect(code).toMatch(/^[a-z][a-z0-9_]*$/);
});
