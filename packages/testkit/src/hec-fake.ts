// A fake Splunk HTTP Event Collector with tokens, channels, acknowledgement, positional errors and injected faults.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { SelfSignedCertificate } from './certificates.ts';
import { createHecFakeAcks, type HecFakeAcks } from './hec-fake-acks.ts';
import { type HecEvent, readHecBody } from './hec-fake-body.ts';
import { hecStatuses } from './hec-fake-codes.ts';

export interface HecFakeToken {
  /** Indexes that the token may write to. Default: all. */
  readonly indexes?: readonly string[];
  readonly ack?: boolean;
  readonly disabled?: boolean;
}

export interface HecFakeOptions {
  readonly tokens: Readonly<Record<string, HecFakeToken>>;
  /** Certificate for https. Default: http. */
  readonly tls?: SelfSignedCertificate;
  /** Maximum bytes of a body, before and after decompression. The response to a larger one is 413. Default: 16 MiB. */
  readonly maxContentLength?: number;
}

export type HecEndpoint = 'event' | 'ack' | 'health';

/** A response that replaces the regular one. `indexed`: the events of the request are indexed nevertheless. */
export type HecResponseOverride = { readonly indexed?: boolean } & (
  | { readonly code: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly body: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> }
  /** `reset` resets the connection. `silence` keeps it open and never responds. */
  | { readonly instead: 'reset' | 'silence' }
);

export interface HecRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Bytes of the body as sent. */
  readonly bytes: number;
  /** The decompressed body. */
  readonly text: string;
}

export interface HecFake {
  readonly url: string;
  readonly acks: Pick<HecFakeAcks, 'setIndexing' | 'setDelay' | 'forget'>;
  /** All indexed events, in order. */
  readonly events: readonly HecEvent[];
  /** All requests, in order. */
  readonly requests: readonly HecRequest[];
  /** Number of connections opened so far, and of open connections. */
  connections(): { readonly opened: number; readonly open: number };
  /** Overrides the responses to the next requests of an endpoint, in order. */
  respondNext(endpoint: HecEndpoint, ...overrides: readonly HecResponseOverride[]): void;
  /** Overrides all responses of an endpoint that `respondNext` does not override; undefined ends it. */
  respondAlways(endpoint: HecEndpoint, override: HecResponseOverride | undefined): void;
  /** Rejects events with the code that `rule` returns. */
  refuse(rule: (event: HecEvent) => number | undefined): void;
  /** Closes all connections and stops listening. `recover` listens again at the same URL. */
  goDown(): Promise<void>;
  recover(): Promise<void>;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const endpoints: Readonly<Record<string, HecEndpoint>> = {
  '/services/collector': 'event',
  '/services/collector/event': 'event',
  '/services/collector/event/1.0': 'event',
  '/services/collector/ack': 'ack',
  '/services/collector/health': 'health',
  '/services/collector/health/1.0': 'health',
};
const channelForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Listens on a free loopback port. */
export async function startHecFake({ tokens, tls, maxContentLength = 16_777_216 }: HecFakeOptions): Promise<HecFake> {
  const events: HecEvent[] = [];
  const requests: HecRequest[] = [];
  const overrides: Record<HecEndpoint, HecResponseOverride[]> = { event: [], ack: [], health: [] };
  const acks = createHecFakeAcks();
  const permanentOverrides = new Map<HecEndpoint, HecResponseOverride | undefined>();
  const open = new Set<Socket>();
  let opened = 0;
  let refuse: (event: HecEvent) => number | undefined = () => undefined;

  const indexEvents = ({ headers }: IncomingMessage, url: URL, text: string): Reply => {
    const token = tokenOf(headers.authorization, url, tokens);
    if (typeof token === 'number') return replyOf(token);
    const channel = String(headers['x-splunk-request-channel'] ?? url.searchParams.get('channel') ?? '');
    if (channel !== '' && !channelForm.test(channel)) return replyOf(11);
    if (token.ack === true && channel === '') return replyOf(10);
    const reading = readHecBody(text, { indexes: token.indexes, refuse });
    events.push(...reading.events);
    const { refusal } = reading;
    if (refusal === undefined) return replyOf(0, token.ack === true ? { ackId: acks.next(channel) } : {});
    return replyOf(refusal.code, refusal.number === undefined ? {} : { 'invalid-event-number': refusal.number });
  };

  const respondToAcks = ({ headers }: IncomingMessage, url: URL, text: string): Reply => {
    const token = tokenOf(headers.authorization, url, tokens);
    if (typeof token === 'number') return replyOf(token);
    if (token.ack !== true) return replyOf(14);
    const channel = url.searchParams.get('channel') ?? String(headers['x-splunk-request-channel'] ?? '');
    if (channel === '') return replyOf(10);
    if (!channelForm.test(channel)) return replyOf(11);
    const ackIds = ackIdsOf(text);
    if (ackIds === undefined) return replyOf(6);
    return { status: 200, body: JSON.stringify({ acks: acks.ask(channel, ackIds) }) };
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const wire = await readBytes(request, maxContentLength);
    const text = wire === undefined ? 413 : decode(wire, request.headers['content-encoding'], maxContentLength);
    const { method = '', headers } = request;
    requests.push({
      method,
      path: url.pathname,
      headers,
      bytes: wire?.length ?? 0,
      text: typeof text === 'string' ? text : '',
    });

    const endpoint = endpoints[url.pathname];
    const override =
      endpoint === undefined ? undefined : (overrides[endpoint].shift() ?? permanentOverrides.get(endpoint));
    const regularReply = (): Reply => {
      if (endpoint === undefined) return plainReply(404, 'The requested URL was not found on this server.');
      if (method !== (endpoint === 'health' ? 'GET' : 'POST')) return plainReply(405, 'Method Not Allowed');
      if (text === 413) return plainReply(413, 'Content-Length too large');
      if (text === 415) return plainReply(415, 'Unsupported Media Type');
      if (endpoint === 'health') return replyOf(17);
      return endpoint === 'ack' ? respondToAcks(request, url, text) : indexEvents(request, url, text);
    };
    const reply = override === undefined || override.indexed === true ? regularReply() : undefined;
    if (override !== undefined && 'instead' in override) {
      if (override.instead === 'reset') request.socket.resetAndDestroy();
      return;
    }
    const { status, body, headers: more } = overrideReply(override) ?? reply ?? replyOf(8);
    response.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8', ...more }).end(body);
  };

  const listener: RequestListener = (request, response) => {
    respond(request, response).catch(() => request.socket.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener);
  server.on('connection', (socket: Socket) => {
    opened++;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const goDown = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    ...{ acks, events, requests, goDown },
    connections: () => ({ opened, open: open.size }),
    respondNext: (endpoint, ...more) => void overrides[endpoint].push(...more),
    respondAlways: (endpoint, override) => void permanentOverrides.set(endpoint, override),
    refuse(rule) {
      refuse = rule;
    },
    recover: () => listen(port),
    close: goDown,
  };
}

function replyOf(code: number, more: Readonly<Record<string, number>> = {}): Reply {
  const { status, text } = hecStatuses[code] ?? { status: 400, text: 'Unknown' };
  return { status, body: JSON.stringify({ text, code, ...more }) };
}

function plainReply(status: number, text: string): Reply {
  return { status, body: JSON.stringify({ text, code: status }) };
}

function overrideReply(override: HecResponseOverride | undefined): Reply | undefined {
  if (override === undefined || 'instead' in override) return undefined;
  return 'code' in override
    ? { ...replyOf(override.code), ...(override.headers ? { headers: override.headers } : {}) }
    : override;
}

/** The token, or the code of the rejection. */
function tokenOf(
  authorization: string | undefined,
  url: URL,
  tokens: Readonly<Record<string, HecFakeToken>>,
): HecFakeToken | number {
  if (authorization === undefined) return url.searchParams.has('token') ? 16 : 2;
  const [, value] = /^Splunk (\S+)$/i.exec(authorization) ?? [];
  if (value === undefined) return 3;
  const token = Object.hasOwn(tokens, value) ? tokens[value] : undefined;
  if (token === undefined) return 4;
  return token.disabled === true ? 1 : token;
}

function ackIdsOf(text: string): readonly number[] | undefined {
  try {
    const asked: unknown = JSON.parse(text);
    if (typeof asked !== 'object' || asked === null || !('acks' in asked) || !Array.isArray(asked.acks))
      return undefined;
    return asked.acks.every((ackId) => Number.isInteger(ackId)) ? asked.acks : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined if the body is too large. The rest is read and discarded. */
async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks);
}

/** The text, or the HTTP status of the rejection. */
function decode(bytes: Buffer, encoding: string | undefined, maxBytes: number): string | 413 | 415 {
  if (encoding === undefined || encoding === 'identity') return bytes.toString('utf8');
  if (encoding !== 'gzip') return 415;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes }).toString('utf8');
  } catch (error) {
    return error instanceof RangeError ? 413 : 415;
  }
}
