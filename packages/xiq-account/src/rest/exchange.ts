// One HTTP request and its answer, bounded in time and bytes, over the connections that we were given.
import { type Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { decodeBody } from '@xiq-siem/xiq';
import type { ApiClock } from './api-clock.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** For the whole exchange, the answer's last byte included. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly clock: ApiClock;
  readonly signal: AbortSignal;
}

export type FailureCode =
  | 'aborted'
  | 'compressed'
  | 'connection_lost'
  | 'timed_out'
  | 'tls_failed'
  | 'too_large'
  | 'unreachable';

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Failure {
  readonly kind: 'failed';
  readonly code: FailureCode;
  /** The whole request had left us, so that nobody knows what became of it. */
  readonly sent: boolean;
  readonly message: string;
}

const untrusted = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** Never rejects. Follows no redirect, asks for no compressed answer and decodes none. */
export function exchange(options: HttpRequest): Promise<Answer | Failure> {
  const { url, method, agent, body, timeoutMs, maxAnswerBytes, clock, signal } = options;
  const { promise, resolve } = Promise.withResolvers<Answer | Failure>();
  const timer = new AbortController();
  const late = new AbortController();
  let sent = false;

  const fail = (code: FailureCode, message: string) => resolve({ kind: 'failed', code, sent, message });
  const failed = (error: Error) => {
    const errno = 'code' in error ? String(error.code) : '';
    if (signal.aborted) return fail('aborted', 'cancelled');
    if (late.signal.aborted) return fail('timed_out', `no whole answer within ${timeoutMs} ms`);
    // Node goes on with advice on its own command line, which is not ours.
    if (untrusted.test(errno)) return fail('tls_failed', error.message.split(';')[0] || errno);
    return fail(sent ? 'connection_lost' : 'unreachable', error.message || errno);
  };
  const answered = async (response: IncomingMessage) => {
    const { statusCode: status = 0, headers } = response;
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      response.destroy();
      return fail('compressed', 'a compressed answer, which we did not ask for');
    }
    const bytes = await readBytes(response, maxAnswerBytes);
    if (bytes === undefined) return fail('too_large', `an answer of more than ${maxAnswerBytes} bytes`);
    return resolve({ kind: 'answer', status, headers, text: decodeBody(bytes).text });
  };

  clock.sleep(timeoutMs, timer.signal).then(
    () => timer.signal.aborted || late.abort(),
    () => undefined,
  );
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = {
    ...options.headers,
    'Accept-Encoding': 'identity',
    ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  };
  const cut = AbortSignal.any([signal, late.signal]);
  const request = start(url, { method, agent, headers, signal: cut }, (response) => {
    // An answer may come before we have sent all.
    sent = true;
    answered(response).catch(failed);
  });
  request.once('finish', () => {
    sent = true;
  });
  request.on('error', failed);
  request.end(body);
  return promise.finally(() => timer.abort());
}

/** Undefined where there are more than `maxBytes`: leaving the loop closes the connection, the rest is never read. */
async function readBytes(response: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const piece = Buffer.from(chunk);
    chunks.push(piece);
    bytes += piece.length;
    if (bytes > maxBytes) return undefined;
  }
  return Buffer.concat(chunks);
}
