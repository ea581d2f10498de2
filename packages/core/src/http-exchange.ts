// Sends one HTTP request with limits on time and response size.
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** Why there is no response. A destination that uses `exchange` adds these to its `codes`. */
export const httpFaultCodes = [
  /** The signal fired, and its reason is not a TimeoutError. */
  'aborted',
  /** The connection broke after a part of the request was sent, or the response is not HTTP. */
  'connection_lost',
  /** A header or the URL contains a character that HTTP forbids. */
  'invalid_request',
  /** No complete response within `timeoutMs`, or the signal fired with a TimeoutError. */
  'timed_out',
  /** The TLS handshake failed: this side does not trust the server, or the server rejects the client. */
  'tls_failed',
  /** No connection could be opened. */
  'unreachable',
] as const;

export type HttpFaultCode = (typeof httpFaultCodes)[number];

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  /** A destination uses `context.agent(url)`. */
  readonly agent: Agent;
  /** `Content-Length` is added if there is a body, and `Accept-Encoding: identity` unless it is set here. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  readonly signal: AbortSignal;
  /** Time limit until the last byte of the response. Default: none but `signal`. */
  readonly timeoutMs?: number;
  /** Maximum bytes of the response body, as sent and after decompression. Default: 65,536. */
  readonly maxResponseBytes?: number;
  /** Resolves after `ms`, or when the signal fires. For tests. Default: real time. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  /** Without `content-encoding` if the body was decompressed. */
  readonly headers: IncomingHttpHeaders;
  /**
   * The body; if `truncated`, its first `maxResponseBytes` bytes. A body in gzip or deflate, which some proxies send unasked,
   * is decompressed. In another or a broken encoding it is as received.
   */
  readonly body: Buffer;
  readonly truncated: boolean;
}

export interface HttpFault {
  readonly kind: 'failed';
  readonly code: HttpFaultCode;
  /** The complete request may have reached the server. False: it has not, so the server has processed nothing. */
  readonly sent: boolean;
  /** Message of the system. If a proxy failed, it may contain text of the proxy. */
  readonly message: string;
}

export type HttpOutcome = HttpResponse | HttpFault;

/** Errors of certificates and handshakes, by OpenSSL and by Node. */
const tlsErrors =
  /^(?:CERT_|CRL_|DEPTH_ZERO|ERROR_IN_C|HOSTNAME_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO$)/;
const compressions = /^(?:x-)?gzip$|^deflate$/i;
const requestErrors = /^ERR_(?:HTTP_)?(?:INVALID_|UNESCAPED_)/;
/** Node's advice on its command line, and OpenSSL's source locations. */
const unhelpfulParts =
  /; if the root CA is installed locally[^-]*--use-system-ca|^.*SSL routines:[^:]*:|:\.\.\/deps\/.*$/gs;

/** The message of a connection error without parts that do not help an operator. */
export const cleanConnectionMessage = (message: string): string => message.replace(unhelpfulParts, '');

/** Sends a request once. Never rejects or throws. Follows no redirect. */
export async function exchange(request: HttpRequest): Promise<HttpOutcome> {
  const { signal, timeoutMs, maxResponseBytes = 65_536, sleep = sleepInRealTime } = request;
  const timedOut = new AbortController();
  const ended = new AbortController();
  const cut = AbortSignal.any([signal, timedOut.signal]);
  const progress = { sent: false };
  try {
    if (timeoutMs !== undefined) {
      const timeout = new DOMException(`no complete response within ${timeoutMs} ms`, 'TimeoutError');
      sleep(timeoutMs, ended.signal).then(
        () => ended.signal.aborted || timedOut.abort(timeout),
        () => undefined,
      );
    }
    const response = await responseTo(request, cut, progress);
    const { statusCode: status = 0 } = response;
    const received = await readBytes(response, maxResponseBytes);
    const { headers, body } = await decompress(response.headers, received, maxResponseBytes);
    const truncated = received.length > maxResponseBytes || body.length > maxResponseBytes;
    return { kind: 'response', status, headers, body: body.subarray(0, maxResponseBytes), truncated };
  } catch (error) {
    if (isTunnelUnauthorized(error)) {
      return { kind: 'response', status: 407, headers: {}, body: Buffer.alloc(0), truncated: false };
    }
    return { kind: 'failed', sent: progress.sent, ...causeOf(error, cut, progress.sent) };
  } finally {
    ended.abort();
  }
}

function sleepInRealTime(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal });
}

function responseTo(
  { method, url, agent, headers, body }: HttpRequest,
  signal: AbortSignal,
  progress: { sent: boolean },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // Loaded with the first request: loading takes a fifth of the start time of a command.
    const { request: start } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const allHeaders = { 'Accept-Encoding': 'identity', ...headers, ...length };
    const outgoing = start(url, { method, agent, signal, headers: allHeaders }, (response) => {
      // A server may respond before it has the complete request. Later errors are errors of the response.
      progress.sent = true;
      resolve(response);
    });
    outgoing.once('finish', () => {
      progress.sent = true;
    });
    outgoing.on('error', reject);
    // A response with 101 (Switching Protocols) ends the request with neither a response nor an error event.
    outgoing.once('close', () => reject(new Error('the connection was closed without a response')));
    outgoing.end(body);
  });
}

/** Reads at most one chunk more than `maxBytes`. Leaving the loop closes the connection. */
async function readBytes(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

/** Returns its arguments if the body is not compressed, or cannot be decompressed. */
async function decompress(
  headers: IncomingHttpHeaders,
  received: Buffer,
  maxBytes: number,
): Promise<Pick<HttpResponse, 'headers' | 'body'>> {
  const { 'content-encoding': encoding = '', ...others } = headers;
  if (received.length === 0 || !compressions.test(encoding)) return { headers, body: received };
  const { createUnzip, constants } = process.getBuiltinModule('node:zlib');
  // The rest of a long body was not read. Any other body must be complete: a part of it could pass for an empty one.
  const isPart = received.length > maxBytes;
  const unzip = createUnzip({ finishFlush: isPart ? constants.Z_SYNC_FLUSH : constants.Z_FINISH });
  unzip.end(received);
  try {
    return { headers: others, body: await readBytes(unzip, maxBytes) };
  } catch {
    return { headers, body: received };
  }
}

/** The proxy requires credentials for a tunnel. Without TLS to the server, the same response is no error of Node. */
function isTunnelUnauthorized(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 407;
}

function causeOf(error: unknown, { aborted, reason }: AbortSignal, sent: boolean): Pick<HttpFault, 'code' | 'message'> {
  if (aborted && reason instanceof Error && reason.name === 'TimeoutError') {
    return { code: 'timed_out', message: reason.message };
  }
  if (aborted) return { code: 'aborted', message: 'cancelled' };
  const known: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  const { code: errno = '', syscall = '' } = known;
  const message = cleanConnectionMessage(known.message) || errno;
  if (requestErrors.test(errno)) return { code: 'invalid_request', message };
  if (tlsErrors.test(errno)) return { code: 'tls_failed', message };
  return { code: sent || /^(?:read|write)$/.test(syscall) ? 'connection_lost' : 'unreachable', message };
}
