// Serves an app over node:http with limits on time and connections, and closes it gracefully.
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ConnectorError, reasonOf } from '@xiq-siem/core';

export interface ListenOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly onClientError: (code: string) => void;
}

export interface Listener {
  readonly url: string;
  /** Accepts no more connections. Resolves when every request in flight has its response, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

type Fetch = Parameters<typeof getRequestListener>[0];

export async function listen(fetchCallback: Fetch, options: ListenOptions): Promise<Listener> {
  const { name, host, port, maxConnections, headersTimeoutMs, requestTimeoutMs, onClientError } = options;
  const server: Server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
    getRequestListener(fetchCallback),
  );
  server.maxConnections = maxConnections;
  server.keepAliveTimeout = 10_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    onClientError(error.code ?? 'unknown');
    respondToClientError(error.code, socket);
  });
  // Without this listener node handles an upgrade request as a normal one. No other protocol is supported here.
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const inUse = reasonOf(cause) === 'EADDRINUSE';
      const advice = inUse ? ': another process uses the port; stop it, or configure another port' : '';
      reject(new ConnectorError('listen_failed', `cannot listen on ${host}:${port} (${reasonOf(cause)})${advice}`));
    });
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => onClientError(reasonOf(error)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new ConnectorError('listen_failed', `${name}: no address`);
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  async function closeListener(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }
  return { url: `http://${shown}:${address.port}`, close: closeListener };
}

/** node sends these responses only where no 'clientError' listener exists. Senders rely on 408 and 431. */
function respondToClientError(
  code: string | undefined,
  socket: Socket | (NodeJS.WritableStream & { writable: boolean; destroy?(): unknown }),
): void {
  if (!socket.writable) return;
  const status =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '408 Request Timeout'
      : code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
