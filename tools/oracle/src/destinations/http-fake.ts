// An HTTP server on loopback that misbehaves on demand: the base of all fake destinations but the files.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type Copy, confirm } from '../arrivals.ts';

/**
 * `down` resets every connection; `busy` answers 503; `hang` reads and never answers, and keeps every second request;
 * `reset` keeps the events and resets the connection; `unreadable` keeps them and answers 200 with HTML; `slow` keeps
 * them and answers after 1.5 seconds.
 */
export const modes = ['down', 'busy', 'hang', 'reset', 'unreadable', 'slow'] as const;
export type Mode = (typeof modes)[number] | 'ok';

export interface FakeRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Decompressed. */
  readonly text: string;
}

export interface FakeReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Confirmed when the response is sent. */
  readonly confirms?: readonly Copy[];
}

const slowMs = 1_500;

export type HttpFake = Awaited<ReturnType<typeof startHttpFake>>;

/** `handle` stores the events of a request. `misbehaves` says which requests a mode other than `down` concerns. */
export async function startHttpFake(
  handle: (request: FakeRequest) => FakeReply,
  misbehaves: (path: string) => boolean = () => true,
) {
  let mode: Mode = 'ok';
  let requests = 0;
  const sockets = new Set<Socket>();

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(request);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
    const { pathname: path } = new URL(request.url ?? '/', 'http://fake');
    const current = misbehaves(path) ? mode : 'ok';
    requests += 1;
    if (current === 'busy') return void response.writeHead(503, { 'content-type': 'text/plain' }).end('busy');
    if (current === 'hang' && requests % 2 === 0) return;
    const { status = 200, headers, body, confirms = [] } = handle({ path, headers: request.headers, text });
    if (current === 'hang') return;
    if (current === 'reset') return void request.socket.resetAndDestroy();
    if (current === 'unreadable') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>OK');
    if (current === 'slow') await sleep(slowMs);
    response.on('finish', () => confirm(confirms));
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    if (mode === 'down') return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  function setMode(next: Mode): void {
    mode = next;
    if (next === 'down') for (const socket of sockets) socket.resetAndDestroy();
  }

  function closeFake(): void {
    server.close();
    server.closeAllConnections();
  }

  return { url: `http://127.0.0.1:${port}`, setMode, close: closeFake };
}
