import { once } from 'node:events';
import { createServer, Agent as HttpAgent, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Agent as HttpsAgent } from 'node:https';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { createManualClock, selfSignedCertificate } from '@xiq-siem/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { exchange, type HttpRequest, httpFaultCodes } from './http-exchange.ts';

const noSignal = new AbortController().signal;
const certificate = selfSignedCertificate();

async function listening(server: Server, scheme: 'http' | 'https' = 'http'): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return new URL(`${scheme}://127.0.0.1:${address.port}/path?q=1`);
}

const httpServer = (listener: RequestListener) => listening(createServer(listener));
/** A server of raw bytes; `listener` handles each connection. */
const tcpServer = (listener: (socket: Socket) => void) =>
  listening(createTcpServer((socket) => listener(socket.on('error', () => undefined))));

function ask(url: URL, more: Partial<HttpRequest> = {}) {
  const agent = url.protocol === 'https:' ? new HttpsAgent() : new HttpAgent();
  onTestFinished(() => agent.destroy());
  return exchange({ method: 'POST', url, agent, body: 'x', timeoutMs: 10_000, signal: noSignal, ...more });
}

/** Larger than the buffers of a loopback connection. */
const large = Buffer.alloc(32 * 1024 ** 2);
const tooLargeResponse = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig';

describe('a response', () => {
  it('has status, headers and bytes', async () => {
    const url = await httpServer((_, response) => response.writeHead(418, { 'Retry-After': '7' }).end('ümläut'));
    const response = await ask(url);
    expect(response).toMatchObject({
      kind: 'response',
      status: 418,
      headers: { 'retry-after': '7' },
      truncated: false,
    });
    expect(response.kind === 'response' && response.body.toString()).toBe('ümläut');
  });

  it.each(['GET', 'POST', 'PUT', 'DELETE'] as const)(
    'belongs to a %s request that is sent as given',
    async (method) => {
      const seen: unknown[] = [];
      const url = await httpServer(async (request, response) => {
        const { method, url, headers } = request;
        seen.push(method, url, headers['x-own'], headers['content-length'], headers['accept-encoding']);
        seen.push((await buffer(request)).toString());
        response.end();
      });
      expect(await ask(url, { method, headers: { 'X-Own': 'mine' }, body: 'ümläut' })).toMatchObject({ status: 200 });
      expect(seen).toEqual([method, '/path?q=1', 'mine', '8', 'identity', 'ümläut']);
    },
  );

  it('belongs to a request without a body', async () => {
    const url = await httpServer((request, response) => response.end(request.headers['content-length'] ?? 'none'));
    const response = await ask(url, { method: 'GET', body: undefined });
    expect(response).toMatchObject({ body: Buffer.from('none') });
  });

  it('is returned if it is a redirect', async () => {
    const asked: unknown[] = [];
    const url = await httpServer(({ url }, response) => {
      asked.push(url);
      response.writeHead(302, { Location: '/elsewhere' }).end();
    });
    expect(await ask(url)).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
    expect(asked).toEqual(['/path?q=1']);
  });

  it.each([
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
  ])('L3: in %s, which was not asked for, is decompressed', async (encoding, compress) => {
    const url = await httpServer((_, response) =>
      response.writeHead(200, { 'Content-Encoding': encoding, 'Retry-After': '7' }).end(compress('{"ümläut":1}')),
    );
    const response = await ask(url);
    expect(response).toMatchObject({ status: 200, headers: { 'retry-after': '7' }, truncated: false });
    expect(response).not.toHaveProperty('headers.content-encoding');
    expect(response).toHaveProperty('body', Buffer.from('{"ümläut":1}'));
  });

  it.each([
    ['gzip', Buffer.from('{}')],
    ['gzip', Buffer.alloc(0)],
    ['gzip', gzipSync('{}').subarray(0, 12)],
    ['gzip, gzip', gzipSync(gzipSync('{}'))],
    ['br', Buffer.from('not decompressed')],
  ])('L3: in %s that cannot be decompressed is as received', async (encoding, bytes) => {
    const url = await httpServer((_, response) => response.writeHead(200, { 'Content-Encoding': encoding }).end(bytes));
    expect(await ask(url)).toMatchObject({ headers: { 'content-encoding': encoding }, body: bytes, truncated: false });
  });

  it('L3: is decompressed up to the limit: a small response cannot fill the memory', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'x'));
    const url = await httpServer((_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb));
    const body = Buffer.from('x'.repeat(100_000));
    expect(await ask(url, { maxResponseBytes: 100_000 })).toMatchObject({ body, truncated: true });
    expect(await ask(url, { maxResponseBytes: 1_000 })).toMatchObject({
      body: body.subarray(0, 1_000),
      truncated: true,
    });
  });

  it('is complete at the limit, and truncated above it', async () => {
    const url = await httpServer((_, response) => response.end('12345'));
    expect(await ask(url, { maxResponseBytes: 5 })).toMatchObject({ body: Buffer.from('12345'), truncated: false });
    expect(await ask(url, { maxResponseBytes: 4 })).toMatchObject({ body: Buffer.from('1234'), truncated: true });
  });

  it('without an end is read up to 64 KiB, and its connection is closed', async () => {
    let isClosed = false;
    const writeMore = (response: ServerResponse) => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
    };
    const url = await httpServer((_, response) => {
      response
        .on('drain', () => writeMore(response))
        .on('close', () => {
          isClosed = true;
        });
      writeMore(response);
    });
    expect(await ask(url)).toMatchObject({ status: 200, body: Buffer.from('x'.repeat(65_536)), truncated: true });
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });

  it.each([
    ['keeps the connection open', (socket: Socket) => void socket.write(tooLargeResponse)],
    ['closes the connection', (socket: Socket) => void socket.write(tooLargeResponse, () => socket.destroy())],
  ])('is returned if it arrives before the request is complete, and the server %s', async (_, response) => {
    const url = await tcpServer((socket) => socket.once('data', () => response(socket.pause())));
    expect(await ask(url, { body: large })).toMatchObject({ kind: 'response', status: 413, body: Buffer.from('big') });
  });

  it('leaves its connection to the next request of the same agent', async () => {
    let connections = 0;
    const server = createServer((_, response) => response.end('ok')).on('connection', () => connections++);
    const url = await listening(server);
    const agent = new HttpAgent({ keepAlive: true });
    for (let time = 0; time < 3; time++) await ask(url, { agent });
    agent.destroy();
    expect(connections).toBe(1);
  });
});

describe('a fault', () => {
  it('is unreachable if no server listens: nothing was sent', async () => {
    const server = createServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const message = expect.stringContaining('ECONNREFUSED');
    expect(await ask(url)).toEqual({ kind: 'failed', code: 'unreachable', sent: false, message });
  });

  it('has a message if the system error has none', async () => {
    const server = createServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    // Several addresses that all refuse end in an AggregateError without a message.
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const agent = new HttpAgent({ autoSelectFamily: true, lookup: (_, __, done) => done(null, addresses) });
    url.hostname = 'several.test';
    expect(await ask(url, { agent })).toMatchObject({ code: 'unreachable', message: 'ECONNREFUSED' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['closes the connection', (socket) => void socket.end()],
    ['resets the connection', (socket) => void socket.resetAndDestroy()],
    ['ends its response too early', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok"')],
    ['uses another protocol', (socket) => void socket.write('SSH-2.0-OpenSSH_9.9\r\n')],
    [
      'changes the protocol',
      (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    ],
  ])('is a lost connection if a server that has the request %s', async (_, act) => {
    const url = await tcpServer((socket) => socket.once('data', () => act(socket)));
    const fault = await ask(url, { timeoutMs: 2_000 });
    expect(fault).toEqual({ kind: 'failed', code: 'connection_lost', sent: true, message: expect.stringMatching(/./) });
  });

  it('is a lost connection with sent: false if it breaks before the request is complete', async () => {
    const url = await tcpServer((socket) => {
      socket.pause();
      setImmediate(() => socket.resetAndDestroy());
    });
    expect(await ask(url, { body: large })).toMatchObject({ code: 'connection_lost', sent: false });
  });

  it.each(['before its response', 'in the middle of its response'])(
    'is a time-out if a server stops sending %s',
    async (when) => {
      const url = await httpServer((_, response) => {
        if (when.startsWith('in')) response.write('half');
      });
      const message = 'no complete response within 50 ms';
      expect(await ask(url, { timeoutMs: 50 })).toEqual({ kind: 'failed', code: 'timed_out', sent: true, message });
    },
  );

  it('is a time-out if a response arrives too slowly', async () => {
    const url = await httpServer((_, response) => {
      const drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    });
    expect(await ask(url, { timeoutMs: 100 })).toMatchObject({ code: 'timed_out', sent: true });
  });

  it('is a time-out if the server does not read the complete request', async () => {
    const url = await tcpServer((socket) => socket.pause());
    expect(await ask(url, { body: large, timeoutMs: 100 })).toMatchObject({ code: 'timed_out', sent: false });
  });

  it('is a time-out by the given clock', async () => {
    const clock = createManualClock();
    const url = await httpServer(() => undefined);
    const asked = ask(url, { timeoutMs: 60_000, sleep: clock.sleep });
    await clock.advance(59_999);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    expect(await asked).toMatchObject({ code: 'timed_out' });
  });

  it('leaves no timer behind, and neither does a response', async () => {
    const clock = createManualClock();
    const url = await httpServer((_, response) => response.end());
    await ask(url, { sleep: clock.sleep });
    expect(clock.sleepers()).toBe(0);
  });

  it.each<[string, unknown, object]>([
    ['that was cancelled', new Error('stopping'), { code: 'aborted', message: 'cancelled' }],
    ['without an Error as its reason', 'enough', { code: 'aborted', message: 'cancelled' }],
    [
      'of a time limit',
      new DOMException('the batch is over', 'TimeoutError'),
      { code: 'timed_out', message: 'the batch is over' },
    ],
  ])('reports a signal %s', async (_, reason, fault) => {
    const stop = new AbortController();
    const url = await httpServer(() => stop.abort(reason));
    expect(await ask(url, { signal: stop.signal })).toEqual({ kind: 'failed', sent: true, ...fault });
  });

  it('is returned, and nothing is sent, if the signal has already fired', async () => {
    let connections = 0;
    const url = await tcpServer(() => connections++);
    expect(await ask(url, { signal: AbortSignal.abort() })).toMatchObject({ code: 'aborted', sent: false });
    expect(connections).toBe(0);
  });

  it('is returned if the signal fires in the middle of a response', async () => {
    const stop = new AbortController();
    const url = await httpServer((_, response) => {
      response.write('half', () => setImmediate(() => stop.abort()));
    });
    expect(await ask(url, { signal: stop.signal })).toMatchObject({ code: 'aborted', sent: true });
  });

  it.each<[string, string, Partial<HttpRequest>]>([
    ['a header', 'Invalid character in header content ["X-Own"]', { headers: { 'X-Own': 'a\r\nHost: canary' } }],
    ['the name of a header', 'Header name', { headers: { 'a b': 'canary' } }],
    ['the protocol', 'Protocol "ftp:" not supported', { url: new URL('ftp://127.0.0.1/canary') }],
  ])(
    'is an invalid request if %s cannot be sent, and its message does not contain the value',
    async (_, message, more) => {
      const fault = await ask(new URL('http://127.0.0.1:1'), more);
      expect(fault).toMatchObject({ code: 'invalid_request', sent: false, message: expect.stringContaining(message) });
      expect(JSON.stringify(fault)).not.toContain('canary');
    },
  );

  it('has one of the declared codes', () => expect([...httpFaultCodes].sort()).toEqual(httpFaultCodes));
});

describe('TLS', () => {
  const tlsServer = (options: object = {}) =>
    listening(
      createTlsServer({ ...certificate, ...options }, (_, response) => response.end('ok')),
      'https',
    );

  it('succeeds if the agent trusts the authority', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert });
    expect(await ask(await tlsServer(), { agent })).toMatchObject({ kind: 'response', status: 200 });
  });

  it('fails for a self-signed certificate, and nothing was sent', async () => {
    const fault = { kind: 'failed', code: 'tls_failed', sent: false, message: 'self-signed certificate' };
    expect(await ask(await tlsServer())).toEqual(fault);
  });

  it('fails for a certificate with another host name', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert, servername: 'other.test' });
    const message = expect.stringContaining("altnames: Host: other.test. is not in the cert's altnames");
    expect(await ask(await tlsServer(), { agent })).toMatchObject({ code: 'tls_failed', sent: false, message });
  });

  it('fails for an expired certificate', async () => {
    const old = selfSignedCertificate(Date.now() - 7 * 86_400_000);
    const agent = new HttpsAgent({ ca: old.cert });
    const url = await tlsServer(old);
    expect(await ask(url, { agent })).toMatchObject({ code: 'tls_failed', message: 'certificate has expired' });
  });

  it('fails if the server requires a client certificate', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert });
    const url = await tlsServer({ requestCert: true, rejectUnauthorized: true });
    const message = expect.stringMatching(/^(?:ssl\/)?tls\S* alert certificate required/);
    expect(await ask(url, { agent })).toMatchObject({ code: 'tls_failed', message });
  });

  it('fails at a server without TLS, and the message has no OpenSSL source locations', async () => {
    const url = await httpServer(() => undefined);
    url.protocol = 'https:';
    expect(await ask(url)).toMatchObject({ code: 'tls_failed', sent: false, message: 'wrong version number' });
  });

  it('is unreachable if a server closes the connection in the handshake', async () => {
    const url = await tcpServer((socket) => socket.end());
    url.protocol = 'https:';
    expect(await ask(url)).toMatchObject({ code: 'unreachable', sent: false });
  });

  it('is a lost connection if it breaks after the request', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert });
    const url = await listening(
      createTlsServer(certificate, ({ socket }) => socket.destroy()),
      'https',
    );
    expect(await ask(url, { agent })).toMatchObject({ code: 'connection_lost', sent: true });
  });

  it('is a lost connection if invalid bytes arrive in the middle of the response', async () => {
    let isResponding = false;
    const listener: RequestListener = (_, response) => {
      isResponding = true;
      response.write('half');
    };
    // A TLS 1.3 server writes session tickets before its response.
    const server = await listening(createTlsServer({ ...certificate, maxVersion: 'TLSv1.2' }, listener), 'https');
    const url = await tcpServer((socket) => {
      const upstream = connect(Number(server.port), '127.0.0.1').on('error', () => undefined);
      socket.pipe(upstream).on('data', (bytes: Buffer) => {
        socket.write(bytes);
        if (isResponding) socket.write('not TLS');
      });
    });
    url.protocol = 'https:';
    const agent = new HttpsAgent({ ca: certificate.cert });
    expect(await ask(url, { agent })).toMatchObject({ code: 'connection_lost', sent: true });
  });
});
