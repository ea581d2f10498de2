import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { selfSignedCertificate } from './certificates.ts';
import { type HecFakeOptions, startHecFake } from './hec-fake.ts';

const channel = 'FE0ECFAD-13D5-401B-847D-77833BD77131';
const tokens = { good: {}, narrow: { indexes: ['network'] }, off: { disabled: true }, acks: { ack: true } };

interface Ask {
  readonly path?: string;
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly token?: string;
  readonly ca?: string;
}

async function startFake(options: Partial<HecFakeOptions> = {}) {
  const fake = await startHecFake({ tokens, ...options });
  onTestFinished(fake.close);
  const ask = ({ path = '/services/collector/event', method = 'POST', body = '', headers = {}, token, ca }: Ask) => {
    const start = fake.url.startsWith('https:') ? httpsRequest : httpRequest;
    const authorization = token === undefined ? {} : { Authorization: `Splunk ${token}` };
    return new Promise<{ status: number | undefined; json: unknown }>((resolve, reject) => {
      const options = { method, headers: { ...authorization, ...headers }, ...(ca === undefined ? {} : { ca }) };
      start(`${fake.url}${path}`, options, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        resolve({ status: response.statusCode, json: JSON.parse(text) });
      })
        .on('error', reject)
        .end(body);
    });
  };
  const eventsOf = () => fake.events.map(({ event }) => event);
  return { fake, ask, eventsOf };
}

it.each([
  ['no authorization', {}, 401, 2],
  ['another scheme', { headers: { Authorization: 'Bearer good' } }, 401, 3],
  ['an unknown token', { token: 'nobody' }, 403, 4],
  ['a disabled token', { token: 'off' }, 403, 1],
  ['a token in the query', { path: '/services/collector?token=good' }, 400, 16],
  ['no data', { token: 'good', body: ' \n' }, 400, 5],
  ['no channel', { token: 'acks', body: '{"event":1}' }, 400, 10],
  ['a channel that is no GUID', { token: 'acks', headers: { 'X-Splunk-Request-Channel': 'x' } }, 400, 11],
  ['another path', { path: '/services/collector/nowhere', token: 'good' }, 404, 404],
  ['another method', { method: 'GET', token: 'good' }, 405, 405],
  [
    'deflate',
    { token: 'good', headers: { 'Content-Encoding': 'deflate' }, body: deflateSync('{"event":1}') },
    415,
    415,
  ],
  ['health', { path: '/services/collector/health', method: 'GET' }, 200, 17],
  [
    'acknowledgement of a token without',
    { path: `/services/collector/ack?channel=${channel}`, token: 'good' },
    400,
    14,
  ],
])('responds to %s as Splunk does', async (_, question, status, code) => {
  const { ask } = await startFake();
  expect(await ask(question)).toMatchObject({ status, json: { code } });
});

it('indexes consecutive objects, with and without space between them, also in gzip', async () => {
  const { ask, eventsOf } = await startFake();
  const body = gzipSync('{"event":"a}{"}{"event":{"b":["{\\""]},"time":"1.5"}\n {"event":3}');
  const response = await ask({ token: 'good', headers: { 'Content-Encoding': 'gzip' }, body });
  expect(response).toEqual({ status: 200, json: { text: 'Success', code: 0 } });
  expect(eventsOf()).toEqual(['a}{', { b: ['{"'] }, 3]);
});

it.each([
  ['{"time":1}', 12, 1],
  ['{"event":" "}', 13, 1],
  ['{"event":1,"fields":{"a":{"b":1}}}', 15, 1],
  ['{"event":1', 6, 1],
  ['[{"event":1}]', 6, 1],
  ['{"event":1,"time":"soon"}', 6, 1],
  ['{"event":1,"index":"secret"}', 7, 2],
])('indexes the events before %s, and none after it', async (bad, code, number) => {
  const { ask, eventsOf } = await startFake();
  const response = await ask({ token: 'narrow', body: `{"event":"before","index":"network"}${bad}{"event":"after"}` });
  expect(response).toMatchObject({ status: 400, json: { code, 'invalid-event-number': number } });
  expect(eventsOf()).toEqual(['before']);
});

it('loses an object with an unknown key and all later ones, without an error', async () => {
  const { ask, eventsOf } = await startFake();
  const response = await ask({ token: 'good', body: '{"event":1}{"event":2,"sourceType":"x"}{"event":3}' });
  expect(response).toMatchObject({ status: 200, json: { code: 0 } });
  expect(eventsOf()).toEqual([1]);
});

it('acknowledges indexed events on the channel, once', async () => {
  const { fake, ask } = await startFake();
  const headers = { 'X-Splunk-Request-Channel': channel };
  const path = `/services/collector/ack?channel=${channel}`;
  const poll = () => ask({ path, token: 'acks', body: '{"acks":[0,1]}' });
  fake.acks.setIndexing(false);
  expect((await ask({ token: 'acks', headers, body: '{"event":1}' })).json).toMatchObject({ ackId: 0 });
  expect((await poll()).json).toEqual({ acks: { 0: false, 1: false } });
  fake.acks.setIndexing(true);
  expect((await poll()).json).toEqual({ acks: { 0: true, 1: false } });
  expect((await poll()).json).toEqual({ acks: { 0: false, 1: false } });
});

it('overrides responses in order, and indexes the events if told to', async () => {
  const { fake, ask, eventsOf } = await startFake();
  fake.respondNext(
    'event',
    { code: 9, headers: { 'Retry-After': '3' } },
    { status: 200, body: '"html"', indexed: true },
  );
  expect(await ask({ token: 'good', body: '{"event":1}' })).toMatchObject({ status: 503, json: { code: 9 } });
  expect(await ask({ token: 'good', body: '{"event":2}' })).toEqual({ status: 200, json: 'html' });
  fake.respondNext('event', { instead: 'reset', indexed: true });
  await expect(ask({ token: 'good', body: '{"event":3}' })).rejects.toThrow();
  expect(eventsOf()).toEqual([2, 3]);
});

it('uses TLS with a certificate of its own authority', async () => {
  const tls = selfSignedCertificate();
  const { ask } = await startFake({ tls });
  await expect(ask({ token: 'good', body: '{"event":1}' })).rejects.toThrow(/self-signed/);
  expect(await ask({ token: 'good', body: '{"event":1}', ca: tls.cert })).toMatchObject({ status: 200 });
});

it('rejects a body above its limit, compressed or not', async () => {
  const { ask } = await startFake({ maxContentLength: 100 });
  const body = `{"event":"${'x'.repeat(200)}"}`;
  expect(await ask({ token: 'good', body })).toMatchObject({ status: 413 });
  const headers = { 'Content-Encoding': 'gzip' };
  expect(await ask({ token: 'good', headers, body: gzipSync(body) })).toMatchObject({ status: 413 });
});
