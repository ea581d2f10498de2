// One HTTP request and its answer: bounded in time and bytes, over the connections that it is given.
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** Why there is no answer. A destination that uses `exchange` adds these to its `codes`. */
export const httpFaultCodes = [
  /** The signal fired, and not for a time limit. */
  'aborted',
  /** The connection broke after some of the request had left us, or what came back is not HTTP. */
  'connection_lost',
  /** The request cannot be sent as it is: a header or the URL holds a character that HTTP forbids. */
  'invalid_request',
  /** No whole answer within `timeoutMs`, or the signal fired for a time limit (its reason is a TimeoutError). */
  'timed_out',
  /** No TLS connection that we trust, or that the other side accepts. */
  'tls_failed',
  /** No connection. */
  'unreachable',
] as const;

export type HttpFaultCode = (typeof httpFaultCodes)[number];

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  /** The connections to use. A destination's come from `context.agent(url)`. */
  readonly agent: Agent;
  /** Sent as they are; `Content-Length` is added where there is a body. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  readonly signal: AbortSignal;
  /** For the whole exchange, the last byte of the answer included. Default: `signal` alone ends it. */
  readonly timeoutMs?: number;
  /** Bytes that are read of the answer's body. Default: 65,536. */
  readonly maxResponseBytes?: number;
  /** Ends after that time, or when the signal fires. Default: real time. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it was sent, compressed or not; its first `maxAnswerBytes` where `truncated`. */
  readonly body: Buffer;
  readonly truncated: boolean;
}

export interface HttpFault {
  readonly kind: 'failed';
  readonly code: HttpFaultCode;
  /** The whole request may have reached the other side. False: it certainly has not, and nothing was done there. */
  readonly sent: boolean;
  /** The system's words. Where a proxy answers, they may hold what it says. */
  readonly message: string;
}

export type HttpOutcome = HttpResponse | HttpFault;

/** Errors of certificates and handshakes, by OpenSSL and by Node. */
const tlsErrors =
  /^(?:CERT_|CRL_|DEPTH_ZERO|ERROR_IN_C|HOSTNAME_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO$)/;
const requestErrors = /^ERR_(?:HTTP_)?(?:INVALID_|UNESCAPED_)/;
/** Node's advice on its own command line, and where in its sources OpenSSL failed. */
const noise = /; if the root CA is installed locally[^-]*--use-system-ca|^.*SSL routines:[^:]*:|:\.\.\/deps\/.*$/gs;

/** The text of a failed connection without what helps nobody who operates this. */
export const cleanConnectionMessage = (message: string): string => message.replace(noise, '');

/** Sends a request once. Never rejects or throws; follows no redirect, and decodes nothing. */
export async function exchange(request: HttpRequest): Promise<HttpOutcome> {
  const { signal, timeoutMs, maxResponseBytes = 65_536, sleep = sleepInRealTime } = request;
  const late = new AbortController();
  const ended = new AbortController();
  const cut = AbortSignal.any([signal, late.signal]);
  const progress = { sent: false };
  try {
    if (timeoutMs !== undefined) {
      const timeout = new DOMException(`no whole answer within ${timeoutMs} ms`, 'TimeoutError');
      sleep(timeoutMs, ended.signal).then(
        () => ended.signal.aborted || late.abort(timeout),
        () => undefined,
      );
    }
    const response = await responseTo(request, cut, progress);
    const { statusCode: status = 0, headers } = response;
    const body = await readBytes(response, maxResponseBytes);
    const truncated = body.length > maxResponseBytes;
    return { kind: 'response', status, headers, body: body.subarray(0, maxResponseBytes), truncated };
  } catch (error) {
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
    // Loaded with the first request: it is a fifth of the time in which a command starts.
    const { request: start } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const outgoing = start(url, { method, agent, signal, headers: { ...headers, ...length } }, (response) => {
      // An answer may come before all is sent. What breaks from here on is an error of the answer.
      progress.sent = true;
      resolve(response);
    });
    outgoing.once('finish', () => {
      progress.sent = true;
    });
    outgoing.on('error', reject);
    // An answer that changes the protocol (101) ends the request without a response and without an error.
    outgoing.once('close', () => reject(new Error('the connection was closed without an answer')));
    outgoing.end(body);
  });
}

/** One chunk more than `maxBytes` at most: leaving the loop closes the connection, and the rest is never read. */
async function readBytes(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks);
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
