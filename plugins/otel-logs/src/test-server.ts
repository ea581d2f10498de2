// For tests: an OTLP server on loopback that accepts both encodings and sends scripted responses.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { decodeExportRequest } from './test-decode.ts';

const value = z.looseObject({ stringValue: z.string().optional() });
const exportRequest = z.object({
  resourceLogs: z
    .array(
      z.looseObject({
        scopeLogs: z.array(
          z.looseObject({
            logRecords: z.array(z.looseObject({ attributes: z.array(z.object({ key: z.string(), value })) })),
          }),
        ),
      }),
    )
    .default([]),
});

export interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** As sent, before decompression. */
  readonly bytes: Buffer;
  /** In the form of OTLP JSON, for both encodings. */
  readonly content: unknown;
  /** `log.record.uid` of each record. */
  readonly ids: readonly string[];
}

export interface ScriptedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** After the request: no response, a closed connection, or a response without end. */
  readonly instead?: 'noResponse' | 'reset' | 'endless';
}

/** The response to each request. Undefined: all events are accepted. */
export type Script = (request: ReceivedRequest, count: number) => ScriptedResponse | undefined;

export async function startOtlpServer(script: Script = () => undefined, tls?: ServerOptions) {
  const requests: ReceivedRequest[] = [];
  const accepted: string[] = [];
  const state = { script };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request;
    const bytes = await buffer(request);
    const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    const isJson = headers['content-type'] === 'application/json';
    const content = isJson ? JSON.parse(plain.toString()) : decodeExportRequest(plain);
    const received: ReceivedRequest = { method, url, headers, bytes, content, ids: idsIn(content) };
    requests.push(received);
    const scripted = state.script(received, requests.length);
    if (scripted?.instead === 'noResponse') return;
    if (scripted?.instead === 'reset') return void request.socket.destroy();
    if (scripted?.instead === 'endless') return writeEndless(response);
    if (scripted === undefined) accepted.push(...received.ids);
    const type = isJson ? 'application/json' : 'application/x-protobuf';
    response.writeHead(scripted?.status ?? 200, { 'content-type': type, ...scripted?.headers });
    response.end(scripted?.body ?? (isJson ? '{"partialSuccess":{}}' : ''));
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch((error: unknown) => response.writeHead(599).end(String(error)));
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const port = portOf(server);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/v1/logs`,
    requests,
    /** Ids of the accepted events, in order. */
    accepted,
    respondWith: (next: Script) => {
      state.script = next;
    },
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    stop,
    restart: () => listen(port),
  };
}

/** The port of a listening server. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}

function writeEndless(response: ServerResponse): void {
  while (!response.destroyed && response.write('x'.repeat(16_384)));
  if (!response.destroyed) response.once('drain', () => writeEndless(response));
}

function idsIn(content: unknown): readonly string[] {
  const { resourceLogs } = exportRequest.parse(content);
  return resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .flatMap(({ attributes }) => attributes)
    .flatMap(({ key, value: { stringValue } }) => (key === 'log.record.uid' && stringValue ? [stringValue] : []));
}

/** An ExportLogsServiceResponse of a partial success, as JSON. */
export function partialSuccess(rejected: number, message: string): ScriptedResponse {
  const partial = { rejectedLogRecords: String(rejected), errorMessage: message };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ partialSuccess: partial }) };
}
