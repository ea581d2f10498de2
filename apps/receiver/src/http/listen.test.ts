import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ConnectorError } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import { type ListenOptions, listen } from './listen.ts';

async function listening(response: () => Response | Promise<Response>, more: Partial<ListenOptions> = {}) {
  const errors: string[] = [];
  const listener = await listen(response, {
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    onClientError: (code) => void errors.push(code),
    ...more,
  });
  onTestFinished(() => listener.close(0));
  return { ...listener, errors, port: Number(new URL(listener.url).port) };
}

/** Everything that is received until the server ends the connection. */
async function answerTo(port: number, sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(sent);
  return text(socket);
}

const statusOf = (response: string): string => response.split('\r\n', 1)[0] ?? '';

it.each(['websocket', 'h2c'])(
  'an upgrade to %s gets 400 and the connection ends: it reaches no route',
  async (protocol) => {
    let calls = 0;
    const { port } = await listening(() => {
      calls += 1;
      return new Response('taken');
    });
    const response = await answerTo(
      port,
      `POST /webhooks/xiq HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(statusOf(response)).toBe('HTTP/1.1 400 Bad Request');
    expect(calls).toBe(0);
  },
);

it.each([
  ['400 Bad Request', 'what is no HTTP', 'nonsense\r\n\r\n'],
  [
    '431 Request Header Fields Too Large',
    'headers beyond their limit',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  ],
])('responds %s to %s, and reports the error', async (status, _what, sent) => {
  const { port, errors } = await listening(() => new Response('taken'));
  expect(statusOf(await answerTo(port, sent))).toBe(`HTTP/1.1 ${status}`);
  expect(errors).toHaveLength(1);
});

it('responds 408 to a request whose headers never end', async () => {
  const { port } = await listening(() => new Response('taken'), { headersTimeoutMs: 50, requestTimeoutMs: 50 });
  expect(statusOf(await answerTo(port, 'GET / HTTP/1.1\r\nHost: a\r\n'))).toBe('HTTP/1.1 408 Request Timeout');
});

it('a port in use is an error with advice', async () => {
  const { port } = await listening(() => new Response('taken'));
  const refused = listening(() => new Response('taken'), { port });
  await expect(refused).rejects.toThrow(ConnectorError);
  await expect(refused).rejects.toThrow(/EADDRINUSE.*another port/);
});

it('closing waits for the response of a request in flight, and accepts no new connection', async () => {
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<Response>()];
  const { port, close } = await listening(() => {
    asked.resolve();
    return answered.promise;
  });
  const response = answerTo(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await asked.promise;
  const closed = close(10_000);
  const late = connect(port, '127.0.0.1');
  const [error] = await once(late, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  answered.resolve(new Response('taken'));
  expect(await response).toMatch(/^HTTP\/1\.1 200 OK.*taken/s);
  await closed;
});
