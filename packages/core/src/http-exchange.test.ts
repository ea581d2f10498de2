import { once } from 'node:events';
import { createServer, Agent as HttpAgent, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Agent as HttpsAgent } from 'node:https';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
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
/** What a server of raw bytes does with each connection. */
const tcpServer = (listener: (socket: Socket) => void) =>
  listening(createTcpServer((socket) => listener(socket.on('error', () => undefined))));

function ask(url: URL, more: Partial<HttpRequest> = {}) {
  const agent = url.protocol === 'https:' ? new HttpsAgent() : new HttpAgent();
  onTestFinished(() => agent.destroy());
  return exchange({ method: 'POST', url, agent, body: 'x', timeoutMs: 10_000, signal: noSignal, ...more });
}

/** More than the buffers of a connection on loopback hold. */
const large = Buffer.alloc(32 * 1024 ** 2);
const tooLargeAnswer = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig';

describe('an answer', () => {
  it('comes with its status, headers and bytes', async () => {
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

  it.each(['GET', 'POST', 'PUT', 'DELETE'] as const)('is asked for by %s, as it was ordered', async (method) => {
    const seen: unknown[] = [];
    const url = await httpServer(async (request, response) => {
      const { method, url, headers } = request;
      seen.push(method, url, headers['x-own'], headers['content-length'], headers['accept-encoding']);
      seen.push((await buffer(request)).toString());
      response.end();
    });
    expect(await ask(url, { method, headers: { 'X-Own': 'mine' }, body: 'ümläut' })).toMatchObject({ status: 200 });
    expect(seen).toEqual([method, '/path?q=1', 'mine', '8', undefined, 'ümläut']);
  });

  it('is asked for without a body where there is none', async () => {
    const url = await httpServer((request, response) => response.end(request.headers['content-length'] ?? 'none'));
    const response = await ask(url, { method: 'GET', body: undefined });
    expect(response).toMatchObject({ body: Buffer.from('none') });
  });

  it('is not followed where it is a redirect', async () => {
    const asked: unknown[] = [];
    const url = await httpServer(({ url }, response) => {
      asked.push(url);
      response.writeHead(302, { Location: '/elsewhere' }).end();
    });
    expect(await ask(url)).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
    expect(asked).toEqual(['/path?q=1']);
  });

  it('is not decoded', async () => {
    const bytes = gzipSync('{}');
    const url = await httpServer((_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bytes));
    expect(await ask(url)).toMatchObject({ headers: { 'content-encoding': 'gzip' }, body: bytes });
  });

  it('is whole at its bound, and truncated beyond it', async () => {
    const url = await httpServer((_, response) => response.end('12345'));
    expect(await ask(url, { maxResponseBytes: 5 })).toMatchObject({ body: Buffer.from('12345'), truncated: false });
    expect(await ask(url, { maxResponseBytes: 4 })).toMatchObject({ body: Buffer.from('1234'), truncated: true });
  });

  it('that does not end is read to 64 KiB, and its connection is closed', async () => {
    let isClosed = false;
    const babble = (response: ServerResponse) => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
    };
    const url = await httpServer((_, response) => {
      response
        .on('drain', () => babble(response))
        .on('close', () => {
          isClosed = true;
        });
      babble(response);
    });
    expect(await ask(url)).toMatchObject({ status: 200, body: Buffer.from('x'.repeat(65_536)), truncated: true });
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });

  it.each([
    ['keeps the connection open', (socket: Socket) => void socket.write(tooLargeAnswer)],
    ['closes the connection', (socket: Socket) => void socket.write(tooLargeAnswer, () => socket.destroy())],
  ])('counts although it comes before all is sent, and the server %s', async (_, response) => {
    const url = await tcpServer((socket) => socket.once('data', () => response(socket.pause())));
    expect(await ask(url, { body: large })).toMatchObject({ kind: 'response', status: 413, body: Buffer.from('big') });
  });

  it('keeps its connection for the next request of the same agent', async () => {
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
  it('is unreachable where nobody listens: nothing was sent', async () => {
    const server = createServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const message = expect.stringContaining('ECONNREFUSED');
    expect(await ask(url)).toEqual({ kind: 'failed', code: 'unreachable', sent: false, message });
  });

  it('has words where the system gives none', async () => {
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
    ['breaks off its answer', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok"')],
    ['speaks something else', (socket) => void socket.write('SSH-2.0-OpenSSH_9.9\r\n')],
    [
      'changes the protocol',
      (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    ],
  ])('is a lost connection where a server that has the request %s', async (_, act) => {
    const url = await tcpServer((socket) => socket.once('data', () => act(socket)));
    const fault = await ask(url, { timeoutMs: 2_000 });
    expect(fault).toEqual({ kind: 'failed', code: 'connection_lost', sent: true, message: expect.stringMatching(/./) });
  });

  it('is a lost connection that took nothing where it breaks before all is sent', async () => {
    const url = await tcpServer((socket) => {
      socket.pause();
      setImmediate(() => socket.resetAndDestroy());
    });
    expect(await ask(url, { body: large })).toMatchObject({ code: 'connection_lost', sent: false });
  });

  it.each(['before its answer', 'in the middle of its answer'])(
    'is a time-out where a server falls silent %s',
    async (when) => {
      const url = await httpServer((_, response) => {
        if (when.startsWith('in')) response.write('half');
      });
      const message = 'no whole answer within 50 ms';
      expect(await ask(url, { timeoutMs: 50 })).toEqual({ kind: 'failed', code: 'timed_out', sent: true, message });
    },
  );

  it('is a time-out where an answer only drips', async () => {
    const url = await httpServer((_, response) => {
      const drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    });
    expect(await ask(url, { timeoutMs: 100 })).toMatchObject({ code: 'timed_out', sent: true });
  });

  it('is a time-out where the server does not read all that is sent', async () => {
    const url = await tcpServer((socket) => socket.pause());
    expect(await ask(url, { body: large, timeoutMs: 100 })).toMatchObject({ code: 'timed_out', sent: false });
  });

  it('is a time-out of a clock that is given', async () => {
    const clock = createManualClock();
    const url = await httpServer(() => undefined);
    const asked = ask(url, { timeoutMs: 60_000, sleep: clock.sleep });
    await clock.advance(59_999);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    expect(await asked).toMatchObject({ code: 'timed_out' });
  });

  it('leaves no timer behind, and neither does an answer', async () => {
    const clock = createManualClock();
    const url = await httpServer((_, response) => response.end());
    await ask(url, { sleep: clock.sleep });
    expect(clock.sleepers()).toBe(0);
  });

  it.each<[string, unknown, object]>([
    ['that somebody cancelled', new Error('we stop'), { code: 'aborted', message: 'cancelled' }],
    ['without an Error as its reason', 'enough', { code: 'aborted', message: 'cancelled' }],
    [
      'of a time limit',
      new DOMException('the batch is over', 'TimeoutError'),
      { code: 'timed_out', message: 'the batch is over' },
    ],
  ])('names a signal %s', async (_, reason, fault) => {
    const stop = new AbortController();
    const url = await httpServer(() => stop.abort(reason));
    expect(await ask(url, { signal: stop.signal })).toEqual({ kind: 'failed', sent: true, ...fault });
  });

  it('is said, and nothing is sent, where the signal has fired before', async () => {
    let connections = 0;
    const url = await tcpServer(() => connections++);
    expect(await ask(url, { signal: AbortSignal.abort() })).toMatchObject({ code: 'aborted', sent: false });
    expect(connections).toBe(0);
  });

  it('ends with the signal also in the middle of an answer', async () => {
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
  ])('is an invalid request where %s cannot be sent, and its value is not repeated', async (_, message, more) => {
    const fault = await ask(new URL('http://127.0.0.1:1'), more);
    expect(fault).toMatchObject({ code: 'invalid_request', sent: false, message: expect.stringContaining(message) });
    expect(JSON.stringify(fault)).not.toContain('canary');
  });

  it('has one of the declared codes', () => expect([...httpFaultCodes].sort()).toEqual(httpFaultCodes));
});

describe('TLS', () => {
  const tlsServer = (options: object = {}) =>
    listening(
      createTlsServer({ ...certificate, ...options }, (_, response) => response.end('ok')),
      'https',
    );

  it('is taken where its authority is known to the agent', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert });
    expect(await ask(await tlsServer(), { agent })).toMatchObject({ kind: 'response', status: 200 });
  });

  it('fails by a certificate that nobody has signed, and nothing was sent', async () => {
    // Without Node's advice on its own command line.
    const fault = { kind: 'failed', code: 'tls_failed', sent: false, message: 'self-signed certificate' };
    expect(await ask(await tlsServer())).toEqual(fault);
  });

  it('fails by a certificate for another name', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert, servername: 'other.test' });
    const message = expect.stringContaining("altnames: Host: other.test. is not in the cert's altnames");
    expect(await ask(await tlsServer(), { agent })).toMatchObject({ code: 'tls_failed', sent: false, message });
  });

  it('fails by a certificate that is out of date', async () => {
    const old = selfSignedCertificate(Date.now() - 7 * 86_400_000);
    const agent = new HttpsAgent({ ca: old.cert });
    const url = await tlsServer(old);
    expect(await ask(url, { agent })).toMatchObject({ code: 'tls_failed', message: 'certificate has expired' });
  });

  it('fails where the server wants a certificate of ours', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert });
    const url = await tlsServer({ requestCert: true, rejectUnauthorized: true });
    const message = expect.stringMatching(/^(?:ssl\/)?tls\S* alert certificate required/);
    expect(await ask(url, { agent })).toMatchObject({ code: 'tls_failed', message });
  });

  it('fails at a server without it, in words without OpenSSL’s places', async () => {
    const url = await httpServer(() => undefined);
    url.protocol = 'https:';
    expect(await ask(url)).toMatchObject({ code: 'tls_failed', sent: false, message: 'wrong version number' });
  });

  it('is unreachable where a server hangs up in the handshake', async () => {
    const url = await tcpServer((socket) => socket.end());
    url.protocol = 'https:';
    expect(await ask(url)).toMatchObject({ code: 'unreachable', sent: false });
  });

  it('is a lost connection where it breaks once the request is there', async () => {
    const agent = new HttpsAgent({ ca: certificate.cert });
    const url = await listening(
      createTlsServer(certificate, ({ socket }) => socket.destroy()),
      'https',
    );
    expect(await ask(url, { agent })).toMatchObject({ code: 'connection_lost', sent: true });
  });

  it('is a lost connection where it is disturbed in the middle of the answer', async () => {
    let isAnswering = false;
    const listener: RequestListener = (_, response) => {
      isAnswering = true;
      response.write('half');
    };
    // With TLS 1.3 the server would write of its own accord before it answers.
    const server = await listening(createTlsServer({ ...certificate, maxVersion: 'TLSv1.2' }, listener), 'https');
    const url = await tcpServer((socket) => {
      const upstream = connect(Number(server.port), '127.0.0.1').on('error', () => undefined);
      socket.pipe(upstream).on('data', (bytes: Buffer) => {
        socket.write(bytes);
        if (isAnswering) socket.write('this is no TLS');
      });
    });
    url.protocol = 'https:';
    const agent = new HttpsAgent({ ca: certificate.cert });
    expect(await ask(url, { agent })).toMatchObject({ code: 'connection_lost', sent: true });
  });
});
