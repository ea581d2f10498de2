import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { authorization } from './authorization.ts';
import { generateBodies } from './bodies.ts';
import { createPoster } from './post.ts';
import { openReceiptFile } from './receipts.ts';
import { createReport } from './report.ts';
import { type SendOptions, sendBodies } from './send.ts';
import type { Shape } from './shapes/shapes.ts';

interface Call {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** A server that responds as configured and records requests. */
async function serverOf(respond: (call: Call, response: ServerResponse, number: number) => void) {
  const calls: Call[] = [];
  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { url: path, headers } = request;
    const contentType = headers['content-type'];
    const call = { path, authorization: headers.authorization, contentType, body: await buffer(request) };
    respond(call, response, calls.push(call));
  }
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { calls, server, url: new URL(`http://127.0.0.1:${address.port}/webhooks/xiq`) };
}

function accept(response: ServerResponse, number: number): void {
  response.writeHead(202).end(JSON.stringify({ receipt: `r1_${number}` }));
}

async function send(
  url: URL,
  count: number,
  options: Partial<SendOptions> = {},
  signal = new AbortController().signal,
  shapes: readonly Shape[] = [],
) {
  const report = createReport();
  const poster = createPoster(4, authorization('basic', 'hunter2'));
  onTestFinished(() => poster.close());
  const bodies = generateBodies({ seed: 1, count, shapes });
  await sendBodies(bodies, poster, report, { url, typedPath: true, connections: 4, rate: 0, ...options }, signal);
  return report.summary();
}

it('sends each body once, to the URL of its type, with the secret', async () => {
  const { calls, url } = await serverOf((_, response, number) => accept(response, number));
  const summary = await send(url, 300);
  const expected = [...generateBodies({ seed: 1, count: 300 })];
  const line = (path: string | undefined, body: Buffer) => `${path} ${body}`;
  expect(calls.map(({ path, body }) => line(path, body)).sort()).toEqual(
    expected.map(({ messageType, body }) => line(`/webhooks/xiq/${messageType}`, body)).sort(),
  );
  expect(new Set(calls.map((call) => call.authorization))).toEqual(new Set([`Basic ${btoa('xiq:hunter2')}`]));
  expect(summary).toMatchObject({
    ok: true,
    bodies: expected.length,
    events: 300,
    bytes: expected.reduce((sum, { body }) => sum + body.length, 0),
    statuses: { 202: expected.length },
    receipts: expected.length,
    firstFailure: undefined,
  });
  expect(summary.latencyMs.p50).toBeGreaterThan(0);
  expect(summary.latencyMs.p99).toBeGreaterThanOrEqual(summary.latencyMs.p50);
});

it('declares the charset of each body', async () => {
  const { calls, url } = await serverOf((_, response, number) => accept(response, number));
  await send(url, 100, {}, undefined, ['charsets']);
  const sent = [...generateBodies({ seed: 1, count: 100, shapes: ['charsets'] })];
  const line = (contentType: string | undefined, body: Buffer) => `${contentType} ${body.toString('hex')}`;
  expect(calls.map(({ contentType, body }) => line(contentType, body)).sort()).toEqual(
    sent.map(({ contentType, body }) => line(contentType, body)).sort(),
  );
});

it('counts responses by status, and reports the first other than 202', async () => {
  const { url } = await serverOf((_, response, number) => {
    if (number === 3) response.writeHead(401).end('no');
    else if (number % 5 === 0) response.writeHead(503, { 'retry-after': '1' }).end();
    else accept(response, number);
  });
  const { ok, bodies, statuses, receipts, firstFailure } = await send(url, 200, { connections: 1 });
  expect(ok).toBe(false);
  expect(statuses).toEqual({ 202: receipts, 401: 1, 503: Math.floor(bodies / 5) });
  expect(bodies).toBe(receipts + 1 + Math.floor(bodies / 5));
  expect(firstFailure).toBe('401: no');
});

it('counts refused and broken connections', async () => {
  const { url, server } = await serverOf((_, response) => response.destroy());
  expect(await send(url, 20)).toMatchObject({ ok: false, receipts: 0, statuses: { ECONNRESET: expect.any(Number) } });
  await new Promise((resolve) => server.close(resolve));
  expect(await send(url, 20)).toMatchObject({ ok: false, statuses: { ECONNREFUSED: expect.any(Number) } });
});

it('counts a 202 without a receipt as accepted, but not as a receipt', async () => {
  const { url } = await serverOf((_, response) => response.writeHead(202).end('thanks'));
  expect(await send(url, 20)).toMatchObject({ ok: true, receipts: 0, lastReceipt: undefined });
});

it('writes each receipt with the hash of its body', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-simulator-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { url } = await serverOf((_, response, number) =>
    number === 2 ? response.writeHead(503).end() : accept(response, number),
  );
  const receipts = openReceiptFile(join(directory, 'receipts'));
  const { bodies } = await send(url, 50, { receipts, connections: 1 });
  receipts.close();
  const lines = (await readFile(join(directory, 'receipts'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(bodies - 1);
  const [first] = [...generateBodies({ seed: 1, count: 50 })];
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(first?.body ?? []))).toString('hex');
  expect(lines[0]).toEqual({ receipt: 'r1_1', messageType: first?.messageType, events: first?.events, sha256: digest });
});

it('sends all types to one URL where configured', async () => {
  const { calls, url } = await serverOf((_, response, number) => accept(response, number));
  await send(url, 30, { typedPath: false });
  expect(new Set(calls.map(({ path }) => path))).toEqual(new Set(['/webhooks/xiq']));
});

it('follows the rate', async () => {
  const { url } = await serverOf((_, response, number) => accept(response, number));
  const { seconds } = await send(url, 100, { rate: 500 });
  expect(seconds).toBeGreaterThan(0.12);
  expect(seconds).toBeLessThan(2);
});

it('stops at its signal, after the responses of bodies in flight', async () => {
  const controller = new AbortController();
  const { calls, url } = await serverOf((_, response, number) => {
    if (number === 10) controller.abort();
    accept(response, number);
  });
  const { ok, bodies } = await send(url, 0, { rate: 1000 }, controller.signal);
  expect(ok).toBe(true);
  expect(bodies).toBe(calls.length);
  expect(bodies).toBeLessThan(20);
});
