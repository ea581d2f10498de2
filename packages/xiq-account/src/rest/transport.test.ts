import { selfSignedCertificate } from '@xiq-siem/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  cut,
  noSignal,
  type Responder,
  rejection,
  respondWith,
  secretSource,
  startFixture,
  startTestApi,
  text,
} from './test-api.ts';

type Fixture = Awaited<ReturnType<typeof startFixture>>;

/** Waits for this many requests and for the client's sleep before the next one, then advances the clock. */
async function wakeAfter({ server, clock }: Fixture, requests: number, ms: number) {
  await vi.waitUntil(() => server.requests.length === requests && clock.sleepers() === 1);
  await clock.advance(ms);
}

it('waits as long as a 429 requests, and sends no other call meanwhile', async () => {
  const fixture = await startFixture(onTestFinished);
  const { client, server, clock, log, meter } = fixture;
  server.instead.push(respondWith(429, '', { 'Retry-After': '30' }));
  const first = client.subscriptions.list(noSignal);
  await vi.waitUntil(() => log.of('xiq_api.request_retried').length === 1);
  const second = client.subscriptions.list(noSignal);
  await clock.advance(29_999);
  expect(server.requests).toHaveLength(1);
  expect(client.budget()).toMatchObject({ waitMs: 1 });
  await clock.advance(1);
  await Promise.all([first, second]);
  expect(server.requests).toHaveLength(3);
  expect(meter.total('xiq_siem.api.requests', { endpoint: 'subscriptions_list', status: '429' })).toBe(1);
});

it('a 429 with a wait longer than allowed rejects at once, and says when to try again', async () => {
  const { client, server } = await startFixture(onTestFinished, { budget: { maxWaitMs: 60_000 } });
  server.instead.push(respondWith(429, { error_code: 'QUOTA', error_message: 'too many' }, { 'Retry-After': '600' }));
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused).toMatchObject({ code: 'xiq_rate_limited', exitCode: 75 });
  expect(refused.message).toContain('response 429, QUOTA "too many"');
  expect(refused.message).toContain('try again in 10 min');
  const next = await rejection(client.subscriptions.list(noSignal));
  expect(next.message).toContain('ExtremeCloud IQ requires a wait (429)');
  expect(server.requests).toHaveLength(1);
});

it('a 429 without Retry-After waits until the limit is reset', async () => {
  const { client, server } = await startFixture(onTestFinished, { budget: { maxWaitMs: 0 } });
  server.instead.push(respondWith(429, '', { 'RateLimit-Remaining': '0', 'RateLimit-Reset': '120' }));
  await rejection(client.subscriptions.list(noSignal));
  expect(client.budget()).toMatchObject({ remaining: 0, waitMs: 120_000 });
});

it.each([
  ['a server error', respondWith(500), 'response 500'],
  ['an unavailable server', respondWith(503), 'response 503'],
  ['a cut connection', cut, 'aborted'],
])('%s: sends four requests with growing pauses, then rejects', async (_case, response: Responder, message) => {
  const fixture = await startFixture(onTestFinished);
  fixture.server.instead.push(response, response, response, response);
  const call = rejection(fixture.client.subscriptions.list(noSignal));
  await wakeAfter(fixture, 1, 1_000);
  await wakeAfter(fixture, 2, 2_000);
  await wakeAfter(fixture, 3, 4_000);
  const refused = await call;
  expect(refused).toMatchObject({ code: 'xiq_unavailable', exitCode: 69 });
  expect(refused.message).toContain(message);
  expect(fixture.server.requests).toHaveLength(4);
});

it('follows the Retry-After of a 503', async () => {
  const fixture = await startFixture(onTestFinished);
  fixture.server.instead.push(respondWith(503, '', { 'Retry-After': '20' }));
  const call = fixture.client.subscriptions.list(noSignal);
  await wakeAfter(fixture, 1, 19_999);
  expect(fixture.server.requests).toHaveLength(1);
  await fixture.clock.advance(1);
  expect(await call).toEqual([]);
});

it.each<[string, Responder]>([
  ['no response', () => undefined],
  ['half a response', (response) => void response.writeHead(200).write('[')],
])('%s in time is a timeout, and is retried', async (_case, silent) => {
  const fixture = await startFixture(onTestFinished, { timeoutMs: 5_000 });
  fixture.server.instead.push(silent);
  const call = fixture.client.subscriptions.list(noSignal);
  await wakeAfter(fixture, 1, 5_000);
  await vi.waitUntil(() => fixture.log.of('xiq_api.request_retried').length === 1);
  expect(fixture.log.of('xiq_api.request_retried')[0]?.attributes).toMatchObject({ reason: 'timed_out' });
  await wakeAfter(fixture, 1, 1_000);
  expect(await call).toEqual([]);
});

it.each(['before', 'while it waits for the response', 'while it waits to try again'])(
  'a call is cancelled %s',
  async (when) => {
    const { client, server, clock } = await startFixture(onTestFinished);
    server.instead.push(when.endsWith('again') ? respondWith(500) : () => undefined);
    const cancel = new AbortController();
    if (when === 'before') cancel.abort(new Error('enough'));
    const call = client.subscriptions.list(cancel.signal);
    const ended = expect(call).rejects.toThrow('enough');
    if (when !== 'before') await vi.waitUntil(() => server.requests.length === 1 && clock.sleepers() === 1);
    if (when.endsWith('again')) await clock.settle();
    cancel.abort(new Error('enough'));
    await ended;
    expect(clock.sleepers()).toBe(0);
    expect(server.requests.length).toBeLessThan(2);
  },
);

it.each<[string, Responder, string, string]>([
  [
    'an HTML page of a proxy',
    (response) => text(response, 200, '<!DOCTYPE html><p>Please log in', { 'Content-Type': 'text/html' }),
    'xiq_invalid_response',
    'an HTML page, not JSON. The response is not from ExtremeCloud IQ but from a server in front of it',
  ],
  [
    'a refusal by a proxy',
    (response) => text(response, 403, '<html>no'),
    'xiq_invalid_response',
    'a server in front of it',
  ],
  ['a proxy that requires credentials', respondWith(407), 'xiq_unavailable', 'The proxy requires credentials'],
  ['an empty response', respondWith(200), 'xiq_invalid_response', 'which is empty'],
  ['half a JSON', (response) => text(response, 200, '[{"secret":"canary'), 'xiq_invalid_response', 'not valid JSON'],
  [
    'a redirect',
    respondWith(302, '', { Location: 'https://login.example/?next=canary' }),
    'xiq_invalid_response',
    'response 302, a redirect to https://login.example. Redirects are not followed',
  ],
  [
    'a response that is too large',
    (response) => text(response, 200, ' '.repeat(2_000_000)),
    'xiq_invalid_response',
    'more than 1000000 bytes',
  ],
  [
    'JSON that nests too deeply',
    (response) => text(response, 200, '['.repeat(70_000) + ']'.repeat(70_000)),
    'xiq_invalid_response',
    '70000 levels deep',
  ],
  [
    'a response that cannot be decompressed',
    (response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('[]'),
    'xiq_invalid_response',
    'compressed',
  ],
  ['an unknown path', respondWith(404, 'nothing here'), 'xiq_refused', 'response 404'],
])('%s is reported, and not retried', async (_case, response, code, message) => {
  const { client, server } = await startFixture(onTestFinished, { maxResponseBytes: 1_000_000 });
  server.instead.push(response);
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe(code);
  expect(refused.message).toContain(message);
  expect(refused.message).not.toContain('canary');
  expect(server.requests).toHaveLength(1);
});

it("the server's message is cut, on one line and without control characters", async () => {
  const { client, server } = await startFixture(onTestFinished);
  const sent = `no\r\n\u001b[31mred\u202e${'x'.repeat(5_000)}`;
  server.instead.push(respondWith(400, { error_code: 1, error_message: sent }));
  const { message } = await rejection(client.subscriptions.list(noSignal));
  expect(message).toContain('1 "no [31mred xxx');
  expect(message.length).toBeLessThan(500);
  expect(message).not.toMatch(/[\p{C}]/u);
});

it('an untrusted certificate is rejected, and no request is sent', async () => {
  const { client, server, meter } = await startFixture(onTestFinished, { api: { tls: selfSignedCertificate() } });
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('xiq_unavailable');
  expect(refused.message).toContain('self-signed certificate. Nothing was sent.');
  expect(server.requests).toEqual([]);
  expect(meter.total('xiq_siem.api.requests', { status: 'failed' })).toBe(1);
});

it('a renewed token with invalid characters is reported, and not sent', async () => {
  const tokens = ['refused', 'canary\nHost: evil'];
  const credentials = { token: { current: () => secretSource(tokens.shift() ?? 'canary\nHost: evil').current() } };
  const { client, server } = await startFixture(onTestFinished, { credentials });
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('config_invalid');
  expect(refused.message).toContain('["Authorization"]. Nothing was sent: check the configured credentials.');
  expect(refused.message).not.toContain('canary');
  expect(server.requests).toHaveLength(1);
});

it('a refused connection is tried four times, for a creation as well: nothing was sent', async () => {
  const stopped = await startTestApi();
  await stopped.close();
  const fixture = await startFixture(onTestFinished, { baseUrl: stopped.baseUrl });
  const desired = { application: 'a', url: 'https://x', messageType: 'X', status: 'ENABLED' } as const;
  const call = rejection(fixture.client.subscriptions.create([desired], noSignal));
  for (const attempt of [1, 2, 3]) {
    await vi.waitUntil(() => fixture.log.of('xiq_api.request_retried').length === attempt);
    await fixture.clock.advance(1_000 * 2 ** (attempt - 1));
  }
  expect((await call).message).toContain('ECONNREFUSED');
});

it('reuses its connection for the next call', async () => {
  const { client, server } = await startFixture(onTestFinished);
  await client.subscriptions.list(noSignal);
  await client.subscriptions.list(noSignal);
  expect(server.connections()).toBe(1);
});

it('keeps the path of the base URL', async () => {
  const { server } = await startFixture(onTestFinished);
  const { client } = await startFixture(onTestFinished, { baseUrl: `${server.baseUrl}/region/` });
  server.instead.push(respondWith(200, []));
  await client.subscriptions.list(noSignal);
  expect(server.requests[0]?.path).toBe('/region/subscriptions/webhook');
});

it.each(['ftp://x', 'nonsense', 'https://user:canary@x', 'https://x/?a=canary'])(
  'rejects an invalid base URL before it opens a connection, and does not quote it: %s',
  async (baseUrl) => {
    const opened = vi.fn();
    const made = startFixture(onTestFinished, { baseUrl, agent: opened });
    const refused = await rejection(made);
    expect(refused).toMatchObject({ code: 'config_invalid', message: expect.not.stringContaining('canary') });
    expect(opened).not.toHaveBeenCalled();
  },
);

it.each([
  ['http://api.example', 1],
  ['http://127.0.0.1:1', 0],
  ['http://localhost', 0],
  ['https://api.example', 0],
])('warns of unencrypted credentials: %s, %i', async (baseUrl, times) => {
  const { log } = await startFixture(onTestFinished, { baseUrl });
  expect(log.of('xiq_api.not_encrypted')).toHaveLength(times);
});
