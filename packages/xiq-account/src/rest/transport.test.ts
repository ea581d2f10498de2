import { gzipSync } from 'node:zlib';
import { selfSignedCertificate } from '@xiq-siem/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  type Answerer,
  answering,
  cut,
  noSignal,
  rejection,
  secretSource,
  startFixture,
  startTestApi,
  text,
} from './test-api.ts';

type Fixture = Awaited<ReturnType<typeof startFixture>>;

/** Waits until the client has been answered that often and sleeps before its next request, then wakes it. */
async function wakeAfter({ server, clock }: Fixture, requests: number, ms: number) {
  await vi.waitUntil(() => server.requests.length === requests && clock.sleepers() === 1);
  await clock.advance(ms);
}

it('waits as long as a 429 asks for, and no call comes in between', async () => {
  const fixture = await startFixture(onTestFinished);
  const { client, server, clock, log, meter } = fixture;
  server.instead.push(answering(429, '', { 'Retry-After': '30' }));
  const first = client.subscriptions.list(noSignal);
  await vi.waitUntil(() => log.of('xiq_api.tries_again').length === 1);
  const second = client.subscriptions.list(noSignal);
  await clock.advance(29_999);
  expect(server.requests).toHaveLength(1);
  expect(client.budget()).toMatchObject({ waitMs: 1 });
  await clock.advance(1);
  await Promise.all([first, second]);
  expect(server.requests).toHaveLength(3);
  expect(meter.total('xiq_siem.api.requests', { endpoint: 'subscriptions_list', status: '429' })).toBe(1);
});

it('a 429 that asks for more than a call may wait ends it at once, and says when to try again', async () => {
  const { client, server } = await startFixture(onTestFinished, { budget: { maxWaitMs: 60_000 } });
  server.instead.push(answering(429, { error_code: 'QUOTA', error_message: 'too many' }, { 'Retry-After': '600' }));
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused).toMatchObject({ code: 'xiq_rate_limited', exitCode: 75 });
  expect(refused.message).toContain('answer 429, QUOTA "too many"');
  expect(refused.message).toContain('try again in 10 min');
  const next = await rejection(client.subscriptions.list(noSignal));
  expect(next.message).toContain('ExtremeCloud IQ asks us to wait (429)');
  expect(server.requests).toHaveLength(1);
});

it('a 429 without Retry-After waits until the limit is reset', async () => {
  const { client, server } = await startFixture(onTestFinished, { budget: { maxWaitMs: 0 } });
  server.instead.push(answering(429, '', { 'RateLimit-Remaining': '0', 'RateLimit-Reset': '120' }));
  await rejection(client.subscriptions.list(noSignal));
  expect(client.budget()).toMatchObject({ remaining: 0, waitMs: 120_000 });
});

it.each([
  ['a server with a fault', answering(500), 'answer 500'],
  ['a server that is not there', answering(503), 'answer 503'],
  ['a cut connection', cut, 'aborted'],
])('%s is asked four times, ever later, then given up', async (_case, response: Answerer, message) => {
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

it('a server that asks for time gets it', async () => {
  const fixture = await startFixture(onTestFinished);
  fixture.server.instead.push(answering(503, '', { 'Retry-After': '20' }));
  const call = fixture.client.subscriptions.list(noSignal);
  await wakeAfter(fixture, 1, 19_999);
  expect(fixture.server.requests).toHaveLength(1);
  await fixture.clock.advance(1);
  expect(await call).toEqual([]);
});

it.each<[string, Answerer]>([
  ['no answer', () => undefined],
  ['half an answer', (response) => void response.writeHead(200).write('[')],
])('%s in time is a time-out, and asked again', async (_case, silent) => {
  const fixture = await startFixture(onTestFinished, { timeoutMs: 5_000 });
  fixture.server.instead.push(silent);
  const call = fixture.client.subscriptions.list(noSignal);
  await wakeAfter(fixture, 1, 5_000);
  await vi.waitUntil(() => fixture.log.of('xiq_api.tries_again').length === 1);
  expect(fixture.log.of('xiq_api.tries_again')[0]?.attributes).toMatchObject({ reason: 'timed_out' });
  await wakeAfter(fixture, 1, 1_000);
  expect(await call).toEqual([]);
});

it.each(['before', 'while it waits for the answer', 'while it waits to try again'])(
  'a call is cancelled %s',
  async (when) => {
    const { client, server, clock } = await startFixture(onTestFinished);
    server.instead.push(when.endsWith('again') ? answering(500) : () => undefined);
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

it.each<[string, Answerer, string, string]>([
  [
    'a page of a proxy',
    (response) => text(response, 200, '<!DOCTYPE html><p>Please log in', { 'Content-Type': 'text/html' }),
    'xiq_invalid_response',
    'an HTML page, not JSON. Not ExtremeCloud IQ but something before it answered',
  ],
  [
    'a refusal by a proxy',
    (response) => text(response, 403, '<html>no'),
    'xiq_invalid_response',
    'something before it',
  ],
  ['a proxy that wants credentials', answering(407), 'xiq_unavailable', 'The proxy wants credentials'],
  ['an empty answer', answering(200), 'xiq_invalid_response', 'an empty one'],
  ['half a JSON', (response) => text(response, 200, '[{"secret":"canary'), 'xiq_invalid_response', 'not valid JSON'],
  [
    'a redirect',
    answering(302, '', { Location: 'https://login.example/?next=canary' }),
    'xiq_invalid_response',
    'answer 302, a redirect to https://login.example. Redirects are not followed',
  ],
  [
    'more than is read',
    (response) => text(response, 200, ' '.repeat(2_000_000)),
    'xiq_invalid_response',
    'more than 1000000 bytes',
  ],
  [
    'deeper than is read',
    (response) => text(response, 200, '['.repeat(70_000) + ']'.repeat(70_000)),
    'xiq_invalid_response',
    '70000 levels deep',
  ],
  [
    'a compressed answer',
    (response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('[]')),
    'xiq_invalid_response',
    'compressed',
  ],
  ['a path that is not there', answering(404, 'nothing here'), 'xiq_refused', 'answer 404'],
])('%s is said as such, and not asked for again', async (_case, response, code, message) => {
  const { client, server } = await startFixture(onTestFinished, { maxResponseBytes: 1_000_000 });
  server.instead.push(response);
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe(code);
  expect(refused.message).toContain(message);
  expect(refused.message).not.toContain('canary');
  expect(server.requests).toHaveLength(1);
});

it("the other side's words are short, on one line and without control characters", async () => {
  const { client, server } = await startFixture(onTestFinished);
  const sent = `no\r\n\u001b[31mred\u202e${'x'.repeat(5_000)}`;
  server.instead.push(answering(400, { error_code: 1, error_message: sent }));
  const { message } = await rejection(client.subscriptions.list(noSignal));
  expect(message).toContain('1 "no [31mred xxx');
  expect(message.length).toBeLessThan(500);
  expect(message).not.toMatch(/[\p{C}]/u);
});

it('a certificate that nobody vouches for is refused, and nothing is sent', async () => {
  const { client, server, meter } = await startFixture(onTestFinished, { api: { tls: selfSignedCertificate() } });
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('xiq_unavailable');
  expect(refused.message).toContain('self-signed certificate. Nothing was sent.');
  expect(server.requests).toEqual([]);
  expect(meter.total('xiq_siem.api.requests', { status: 'failed' })).toBe(1);
});

it('a refused token that is replaced by what no header can hold is said as such, and that is not sent', async () => {
  const tokens = ['refused', 'canary\nHost: evil'];
  const credentials = { token: { current: () => secretSource(tokens.shift() ?? 'canary\nHost: evil').current() } };
  const { client, server } = await startFixture(onTestFinished, { credentials });
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('config_invalid');
  expect(refused.message).toContain('["Authorization"]. Nothing was sent: look at the configured credentials.');
  expect(refused.message).not.toContain('canary');
  expect(server.requests).toHaveLength(1);
});

it('a server that nobody listens at is tried four times, a creation as well: nothing was sent', async () => {
  const gone = await startTestApi();
  await gone.close();
  const fixture = await startFixture(onTestFinished, { baseUrl: gone.baseUrl });
  const wanted = { application: 'a', url: 'https://x', messageType: 'X', status: 'ENABLED' } as const;
  const call = rejection(fixture.client.subscriptions.create([wanted], noSignal));
  for (const attempt of [1, 2, 3]) {
    await vi.waitUntil(() => fixture.log.of('xiq_api.tries_again').length === attempt);
    await fixture.clock.advance(1_000 * 2 ** (attempt - 1));
  }
  expect((await call).message).toContain('ECONNREFUSED');
});

it('keeps its connection for the next call', async () => {
  const { client, server } = await startFixture(onTestFinished);
  await client.subscriptions.list(noSignal);
  await client.subscriptions.list(noSignal);
  expect(server.connections()).toBe(1);
});

it('keeps the path of the base URL', async () => {
  const { server } = await startFixture(onTestFinished);
  const { client } = await startFixture(onTestFinished, { baseUrl: `${server.baseUrl}/region/` });
  server.instead.push(answering(200, []));
  await client.subscriptions.list(noSignal);
  expect(server.requests[0]?.path).toBe('/region/subscriptions/webhook');
});

it.each(['ftp://x', 'nonsense', 'https://user:canary@x', 'https://x/?a=canary'])(
  'a base URL that is none is said before anything is opened, and not repeated: %s',
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
])('warns of credentials that travel in the open: %s, %i', async (baseUrl, times) => {
  const { log } = await startFixture(onTestFinished, { baseUrl });
  expect(log.of('xiq_api.not_encrypted')).toHaveLength(times);
});
