// One HTTP request and its answer, bounded in time and bytes, over the connections that we were given.
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly agent: Agent;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type FailureCode = 'aborted' | 'connection_lost' | 'timed_out' | 'tls_failed' | 'unreachable';

export type Exchange =
  /** `text` is cut at 64 KiB. */
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | undefined; readonly text: string }
  /** `sent`: the whole request had left us, so that nobody knows what became of it. */
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly sent: boolean; readonly message: string };

const maxAnswerBytes = 65_536;
/** Node's advice to somebody who starts it by hand, and where in its sources OpenSSL stood. */
const noise = /; if the root CA is installed locally[^-]*--use-system-ca|^.*SSL routines:[^:]*:|:\.\.\/deps\/.*$/gs;
const untrusted = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** Never rejects. Follows no redirect, decodes nothing. */
export function exchange({ url, body, timeoutMs, signal, ...options }: HttpRequest): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const timeLimit = AbortSignal.timeout(timeoutMs);
  const headers = { ...options.headers, ...(body === undefined ? {} : { 'Content-Length': String(body.length) }) };
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  let sent = false;

  const failed = (error: Error) => {
    const errno = 'code' in error ? String(error.code) : '';
    const code = timeLimit.aborted
      ? 'timed_out'
      : signal.aborted
        ? 'aborted'
        : untrusted.test(errno)
          ? 'tls_failed'
          : sent
            ? 'connection_lost'
            : 'unreachable';
    const message = code === 'timed_out' ? `no answer within ${timeoutMs} ms` : error.message.replace(noise, '');
    resolve({ kind: 'failed', code, sent, message });
  };

  const request = start(url, { ...options, headers, signal: AbortSignal.any([signal, timeLimit]) }, (response) => {
    const { statusCode: status = 0, headers } = response;
    readText(response).then((text) => {
      resolve({ kind: 'answer', status, retryAfter: headers['retry-after'], text });
    }, failed);
  });
  request.once('finish', () => {
    sent = true;
  });
  request.on('error', failed);
  request.end(body);
  return promise;
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(Buffer.from(chunk));
    bytes += chunks.at(-1)?.length ?? 0;
    // Leaving the loop closes the connection: what is still to come is never read.
    if (bytes > maxAnswerBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxAnswerBytes).toString('utf8');
}
