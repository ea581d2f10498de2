// One POST and its answer, bounded in bytes and by the signal, over the connections that we were given.
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Post {
  readonly url: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType: string;
      readonly retryAfter: string | undefined;
      /** Cut at 64 KiB. */
      readonly body: Uint8Array;
    }
  /** `sent`: the whole request had left us, so that nobody knows what became of it. */
  | {
      readonly kind: 'failed';
      readonly code: 'aborted' | 'connection_lost' | 'tls_failed' | 'unreachable';
      readonly sent: boolean;
      readonly message: string;
    };

const maxAnswerBytes = 65_536;
/** Node's advice to somebody who starts it by hand, and where in its sources OpenSSL stood. */
const noise = /; if the root CA is installed locally[^-]*--use-system-ca|^.*SSL routines:[^:]*:|:\.\.\/deps\/.*$/gs;
const untrusted = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** Never rejects. Follows no redirect, asks for no compressed answer and decodes none. */
export function post({ url, body, signal, headers, agent }: Post): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const options = { method: 'POST', agent, signal, headers: { ...headers, 'Content-Length': String(body.length) } };
  let sent = false;

  const failed = (error: Error) => {
    const errno = 'code' in error ? String(error.code) : '';
    const lost = sent ? 'connection_lost' : 'unreachable';
    const code = signal.aborted ? 'aborted' : untrusted.test(errno) ? 'tls_failed' : lost;
    const words = error.message.replace(noise, '') || errno;
    resolve({ kind: 'failed', code, sent, message: code === 'aborted' ? 'no answer in time' : words });
  };

  const request = start(url, options, (response) => {
    // An answer may come before we have sent all.
    sent = true;
    const { statusCode: status = 0, headers } = response;
    readBody(response).then((body) => {
      const contentType = headers['content-type'] ?? '';
      resolve({ kind: 'answer', status, contentType, retryAfter: headers['retry-after'], body });
    }, failed);
  });
  request.once('finish', () => {
    sent = true;
  });
  request.on('error', failed);
  request.end(body);
  return promise;
}

async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const piece = Buffer.from(chunk);
    chunks.push(piece);
    bytes += piece.length;
    // Leaving the loop closes the connection: what is still to come is never read.
    if (bytes > maxAnswerBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxAnswerBytes);
}
