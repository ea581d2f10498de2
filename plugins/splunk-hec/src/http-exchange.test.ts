import { Agent, createServer, type RequestListener } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { exchange } from './http-exchange.ts';
import { noSignal } from './test-bench.ts';

async function startServer(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  const ask = (more: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    exchange({ method: 'POST', url, agent, body: Buffer.from('x'), timeoutMs: 10_000, signal: noSignal, ...more });
  return ask;
}

it('stops reading an answer that does not end, and closes its connection', async () => {
  let isClosed = false;
  const ask = await startServer((_, response) => {
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
    };
    response.on('drain', write).on('close', () => {
      isClosed = true;
    });
    write();
  });
  expect(await ask()).toEqual({ kind: 'answer', status: 200, retryAfter: undefined, text: 'x'.repeat(65_536) });
  await vi.waitFor(() => expect(isClosed).toBe(true));
});

it('does not know an answer that breaks off', async () => {
  const ask = await startServer((_, response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('{"text":"Success","code":0}');
    setImmediate(() => response.destroy());
  });
  expect(await ask()).toMatchObject({ kind: 'failed', code: 'connection_lost', sent: true });
});

it('is bounded in time, also where the answer only drips', async () => {
  const ask = await startServer((_, response) => {
    const drip = setInterval(() => response.write('x'), 5);
    response.on('close', () => clearInterval(drip));
  });
  expect(await ask({ timeoutMs: 50 })).toMatchObject({ kind: 'failed', code: 'timed_out', sent: true });
});

it('ends with its signal', async () => {
  const stop = new AbortController();
  const ask = await startServer(() => stop.abort());
  expect(await ask({ signal: stop.signal })).toMatchObject({ kind: 'failed', code: 'aborted', sent: true });
});
