import { request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createLogger } from '@xiq-siem/cli';
import type { BodyMetadata, Source } from '@xiq-siem/core';
import { ConnectorError, Secret } from '@xiq-siem/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createCounters } from '../telemetry/counters.ts';
import { type Listener, listen } from './listen.ts';
import { byteBudget } from './read-body.ts';
import { refusedCredentials } from './refused-credentials.ts';
import { type RefusedRequests, refusedRequests } from './refused-requests.ts';
import { webhookApp } from './webhooks.ts';

const maxBodyBytes = 10_000;
const secret = 'canary-secret';

/** Accepts `authorization: <secret>`; reads the body too where `by` is bytes. */
const source = (by: 'headers' | 'bytes'): Source => ({
  authenticatesBy: by,
  accepts: (type) => /^[A-Z_]+$/.test(type),
  authenticate: ({ header, bytes }, secrets) => {
    const known = secrets.some((candidate) => candidate.reveal() === header('authorization'));
    return known && (by === 'headers' || bytes.length > 0) ? { ok: true, form: 'bare' } : { ok: false };
  },
  normalize: () => [],
});

interface Kept {
  readonly metadata: BodyMetadata;
  readonly text: string;
}

interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly kept: Kept[];
  readonly counts: () => Readonly<Record<string, number>>;
  readonly logged: string[];
  readonly rejected: RefusedRequests;
  /** What `store` throws, if anything. */
  failWith: Error | undefined;
  hasSecret: boolean;
  stopping: boolean;
  clock: number;
}

const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

async function start(requestTimeoutMs = 30_000, maxInFlightBytes = 1_000_000): Promise<Receiver> {
  const counters = createCounters();
  const logged: string[] = [];
  const write = (line: string) => logged.push(line);
  const log = createLogger({ json: true, level: 'debug', write, now: () => receiver.clock });
  const rejected = refusedRequests(() => receiver.clock, log);
  const receiver: Receiver = {
    rejected,
    url: '',
    port: 0,
    kept: [],
    counts: () => counters.snapshot(),
    logged,
    failWith: undefined,
    hasSecret: true,
    stopping: false,
    clock: 1_000_000,
  };
  const receiving = (by: 'headers' | 'bytes') => ({
    source: source(by),
    secrets: { current: () => (receiver.hasSecret ? [new Secret(secret)] : []) },
  });
  const app = webhookApp({
    sources: () =>
      new Map([
        ['xiq', receiving('headers')],
        ['signed', receiving('bytes')],
      ]),
    maxBodyBytes,
    budget: byteBudget(maxInFlightBytes),
    refused: refusedCredentials(() => receiver.clock),
    refusedRequests: rejected,
    isSelfCheck: (header) => header('x-own') === 'look',
    store: async (metadata, bytes) => {
      if (receiver.failWith !== undefined) throw receiver.failWith;
      receiver.kept.push({ metadata, text: Buffer.from(bytes).toString('utf8') });
      return `r1_${receiver.kept.length}`;
    },
    stopping: () => receiver.stopping,
    now: () => receiver.clock,
    log,
    meter: counters,
  });
  const listener = await listen(app.fetch, {
    name: 'webhooks',
    host: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    headersTimeoutMs: requestTimeoutMs,
    requestTimeoutMs,
    onClientError: (code) => logged.push(code),
  });
  listeners.push(listener);
  return Object.assign(receiver, { url: listener.url, port: Number(new URL(listener.url).port) });
}

interface ScriptedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Send without a content-length. */
  readonly chunked?: boolean;
}

const authorized = { authorization: secret };

function send(
  { url }: Receiver,
  { method = 'POST', path = '/webhooks/xiq/AUDIT_LOG_ALL', headers = authorized, body = '{}', chunked }: Sent = {},
): Promise<ScriptedResponse> {
  return new Promise((resolve, reject) => {
    const length: Record<string, string> =
      chunked === true ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(
      `${url}${path}`,
      { method, headers: { ...headers, ...length }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    if (chunked === true) {
      outgoing.write(body.slice(0, 1));
      outgoing.end(body.slice(1));
    } else outgoing.end(body);
  });
}

/** Everything the server sends for raw bytes, until it closes the connection. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let response = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      response += chunk.toString();
    });
    socket.on('close', () => resolve(response));
    socket.on('error', reject);
  });
}

describe('an accepted webhook', () => {
  it('is stored with its metadata, and gets 202 with its receipt', async () => {
    const receiver = await start();
    const response = await send(receiver, {
      body: '[1]',
      headers: { ...authorized, 'content-type': 'application/json; charset="ISO-8859-1"' },
    });
    expect(response).toMatchObject({ status: 202, body: '{"receipt":"r1_1"}' });
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(receiver.kept).toEqual([
      {
        text: '[1]',
        metadata: {
          source: 'xiq',
          messageType: 'AUDIT_LOG_ALL',
          origin: 'webhook',
          receivedAtMs: 1_000_000,
          contentType: 'application/json; charset="ISO-8859-1"',
          remoteAddress: '127.0.0.1',
        },
      },
    ]);
  });

  it('has no message type on the path without one', async () => {
    const receiver = await start();
    expect(await send(receiver, { path: '/webhooks/xiq' })).toMatchObject({ status: 202 });
    expect(receiver.kept[0]?.metadata.messageType).toBeUndefined();
  });

  it.each([
    ['not JSON', 'hello'],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
  ])('is stored though it is %s', async (_what, body) => {
    expect(await send(await start(), { body })).toMatchObject({ status: 202 });
  });

  it('is stored decoded', async () => {
    const receiver = await start();
    const headers = { ...authorized, 'content-encoding': 'gzip' };
    expect(await send(receiver, { body: gzipSync('{"a":1}'), headers })).toMatchObject({ status: 202 });
    expect(receiver.kept[0]?.text).toBe('{"a":1}');
  });

  it('may have no content-length', async () => {
    const receiver = await start();
    expect(await send(receiver, { chunked: true, body: '{"a":1}' })).toMatchObject({ status: 202 });
    expect(receiver.kept[0]?.text).toBe('{"a":1}');
  });

  it('may have the maximum size', async () => {
    expect(await send(await start(), { body: 'x'.repeat(maxBodyBytes) })).toMatchObject({ status: 202 });
  });
});

describe('a rejected webhook', () => {
  const gzip = { ...authorized, 'content-encoding': 'gzip' };
  it.each<[string, number, Sent]>([
    ['an empty body', 400, { body: '' }],
    ['gzip of nothing', 400, { body: gzipSync(''), headers: gzip }],
    ['a body that is not the gzip it says', 400, { headers: gzip }],
    ['gzip cut short', 400, { body: gzipSync('{"a":1}').subarray(0, 15), headers: gzip }],
    ['gzip with more behind it', 400, { body: Buffer.concat([gzipSync('{}'), Buffer.from('rest')]), headers: gzip }],
    ['no credentials', 401, { headers: {} }],
    ['wrong credentials', 401, { headers: { authorization: 'wrong' } }],
    ['wrong credentials of a signing source', 401, { path: '/webhooks/signed', headers: {} }],
    ['an unknown source', 404, { path: '/webhooks/other/AUDIT_LOG_ALL' }],
    ['an unknown path', 404, { path: '/' }],
    ['a path too deep', 404, { path: '/webhooks/xiq/AUDIT_LOG_ALL/more' }],
    ['what is no message type', 404, { path: '/webhooks/xiq/audit' }],
    ['GET', 405, { method: 'GET' }],
    ['PUT', 405, { method: 'PUT' }],
    ['OPTIONS', 405, { method: 'OPTIONS' }],
    ['a body one byte too large', 413, { body: 'x'.repeat(maxBodyBytes + 1) }],
    ['a body far too large', 413, { body: 'x'.repeat(3 * maxBodyBytes) }],
    ['a body too large without a length', 413, { body: 'x'.repeat(maxBodyBytes + 1), chunked: true }],
    ['a body that unpacks too large', 413, { body: gzipSync(Buffer.alloc(1_000_000)), headers: gzip }],
    ['brotli', 415, { headers: { ...authorized, 'content-encoding': 'br' } }],
    ['gzip twice', 415, { headers: { ...authorized, 'content-encoding': 'gzip, gzip' } }],
  ])('%s: %i', async (_what, status, sent) => {
    const receiver = await start();
    const response = await send(receiver, sent);
    expect(response.status).toBe(status);
    expect(receiver.kept).toEqual([]);
    const requests = Object.entries(receiver.counts()).filter(([name]) => name.includes(`status=${status}`));
    expect(requests.map(([, count]) => count)).toEqual([1]);
    if (status === 405) expect(response.headers['allow']).toBe('POST');
    if (status === 401)
      expect(JSON.parse(response.body)).toEqual({
        error: 'unauthorized',
        message: 'the credentials are missing or wrong',
      });
    // The next request is accepted.
    expect(await send(receiver)).toMatchObject({ status: 202 });
  });

  it('without a configured secret', async () => {
    const receiver = await start();
    expect(await send(receiver, { headers: { authorization: '' } })).toMatchObject({ status: 401 });
  });

  it('408 where the request does not end in time', async () => {
    const { port } = await start(300);
    const response = await raw(
      port,
      `POST /webhooks/xiq HTTP/1.1\r\nHost: x\r\nAuthorization: ${secret}\r\nContent-Length: 10\r\n\r\n{`,
    );
    expect(response).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is neither stored nor responded to when the client disconnects within the body', async () => {
    const receiver = await start();
    await new Promise<void>((resolve) => {
      const socket = connect(receiver.port, '127.0.0.1', () => {
        socket.write(
          `POST /webhooks/xiq HTTP/1.1\r\nHost: x\r\nAuthorization: ${secret}\r\nContent-Length: 10\r\n\r\n{`,
          () => socket.destroy(),
        );
      });
      socket.on('close', () => resolve());
    });
    await expect.poll(() => receiver.counts()['xiq_siem.receiver.aborted{source=xiq}']).toBe(1);
    expect(await send(receiver)).toMatchObject({ status: 202 });
    expect(receiver.kept).toHaveLength(1);
  });

  it.each([
    [
      'both a length and chunks',
      'POST /webhooks/xiq HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
    ],
    ['two lengths', 'POST /webhooks/xiq HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['no host', 'POST /webhooks/xiq HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}'],
  ])('400 for %s', async (_what, text) => {
    const receiver = await start();
    expect(await raw(receiver.port, text)).toMatch(/^HTTP\/1\.1 400 /);
    expect(receiver.kept).toEqual([]);
  });
});

describe('an address whose credentials keep being refused', () => {
  it('gets 429 for a time, and 202 at once when its credentials are right', async () => {
    const receiver = await start();
    const wrong = { headers: { authorization: 'wrong' } };
    for (let count = 0; count < 20; count += 1) expect(await send(receiver, wrong)).toMatchObject({ status: 401 });
    const response = await send(receiver, wrong);
    expect(response.status).toBe(429);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(await send(receiver)).toMatchObject({ status: 202 });
    receiver.clock += 60_001;
    expect(await send(receiver, wrong)).toMatchObject({ status: 401 });
  });
});

it('Operator: refused webhooks are counted for status and logged with their address; a browser and a self-check are not', async () => {
  const receiver = await start();
  const json = { 'content-type': 'application/json' };
  for (let count = 0; count < 3; count += 1) await send(receiver, { headers: { ...json, authorization: 'wrong' } });
  await send(receiver, { headers: { authorization: secret }, body: 'x'.repeat(maxBodyBytes + 1) });
  await send(receiver, { path: '/webhook/xiq?token=canary', headers: json });
  await send(receiver, { path: '/favicon.ico', method: 'GET', headers: {} });
  await send(receiver, { method: 'GET', headers: {} });
  await send(receiver, { headers: { 'x-own': 'look' } });
  expect(receiver.rejected.ofSource('xiq')).toMatchObject([
    { status: 401, code: 'unauthorized', total: 3, lastHour: 3 },
    { status: 413, code: 'body_too_large', total: 1 },
  ]);
  expect(receiver.rejected.ofUnknownPaths()).toMatchObject([{ path: '/webhook/xiq', code: 'not_found', total: 1 }]);
  const lines = receiver.logged.filter((line) => line.includes('webhook.refused'));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toContain('"address":"127.0.0.1"');
  expect(lines.join()).not.toContain('canary');
});

it('the self-check of the public URL gets 401 and is not counted', async () => {
  const receiver = await start();
  const look = { headers: { authorization: '', 'x-own': 'look' } };
  for (let count = 0; count < 25; count += 1) expect(await send(receiver, look)).toMatchObject({ status: 401 });
  expect(receiver.counts()).toEqual({ 'xiq_siem.receiver.requests{source=xiq,status=401}': 25 });
  expect(receiver.kept).toEqual([]);
});

describe('503 with Retry-After', () => {
  it('if the secret cannot be read: the sender may be right', async () => {
    const receiver = await start();
    receiver.hasSecret = false;
    expect(await send(receiver)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  });

  it('when the journal is full, with its code', async () => {
    const receiver = await start();
    receiver.failWith = new ConnectorError('journal_full', 'full');
    const response = await send(receiver);
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(JSON.parse(response.body)).toMatchObject({ error: 'journal_full' });
  });

  it('when the connector is shutting down', async () => {
    const receiver = await start();
    receiver.stopping = true;
    expect(await send(receiver)).toMatchObject({ status: 503, headers: { 'retry-after': '5', connection: 'close' } });
  });

  it('when too many bytes are in flight, until they are released', async () => {
    const receiver = await start(30_000, 50);
    expect(await send(receiver, { body: 'x'.repeat(51) })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
    for (let count = 0; count < 3; count += 1) {
      expect(await send(receiver, { body: 'x'.repeat(40) })).toMatchObject({ status: 202 });
    }
  });

  it('and 500 for an internal error, without details', async () => {
    const receiver = await start();
    receiver.failWith = new Error('inner words');
    const response = await send(receiver);
    expect(response.status).toBe(500);
    expect(response.body).not.toContain('inner words');
    expect(receiver.logged.join()).toContain('inner words');
  });
});

it('no secret is logged or counted, whatever is sent', async () => {
  const receiver = await start();
  await send(receiver);
  await send(receiver, { headers: { authorization: `${secret}-almost` } });
  receiver.failWith = new ConnectorError('journal_failed', 'disk');
  await send(receiver);
  expect(JSON.stringify([receiver.logged, receiver.counts(), receiver.kept])).not.toContain(secret);
});
