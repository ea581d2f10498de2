// The client's connection, with limits on the time and the size of a whole response.
import { addAbortSignal } from 'node:stream';
import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import {
  type ConnectionRequestOptions,
  type ConnectionRequestOptionsAsStream,
  type ConnectionRequestParams,
  type ConnectionRequestResponse,
  type ConnectionRequestResponseAsStream,
  errors,
  HttpConnection,
} from '@elastic/elasticsearch';

/** Enough for 10,000 bulk items with errors, and for the templates of a large cluster. */
export const maxResponseBytes = 16 * 1024 ** 2;

const decompress = promisify(unzip);

/** HttpConnection ignores its signal and its time limit after the response headers, and trusts `content-encoding`. */
export class BoundedConnection extends HttpConnection {
  /** Requests without a complete response. */
  waiting = 0;

  override request(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptions,
  ): Promise<ConnectionRequestResponse>;
  override request(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptionsAsStream,
  ): Promise<ConnectionRequestResponseAsStream>;
  override async request(
    params: ConnectionRequestParams,
    { timeout, ...options }: ConnectionRequestOptions,
  ): Promise<ConnectionRequestResponse | ConnectionRequestResponseAsStream> {
    const limit = new AbortController();
    const timer = timeout ? setTimeout(() => limit.abort(), timeout) : undefined;
    const signal = options.signal ? AbortSignal.any([options.signal, limit.signal]) : limit.signal;
    this.waiting++;
    try {
      const response = await super.request(params, { ...options, signal, asStream: true });
      if ('asStream' in options) return response;
      const received = await readBytes(response.body, signal);
      const { 'content-encoding': encoding = '', ...headers } = response.headers;
      const body = encoding === '' || received.length === 0 ? received : await decoded(received, encoding);
      return { ...response, headers, body: body.toString('utf8') };
    } catch (error) {
      // As a time-out, which marks the node as dead: a cancelled request would not.
      if (limit.signal.aborted && !options.signal?.aborted) {
        throw new errors.TimeoutError(`no complete response within ${timeout} ms`);
      }
      throw error;
    } finally {
      clearTimeout(timer);
      this.waiting--;
    }
  }
}

async function readBytes(body: ConnectionRequestResponseAsStream['body'], signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    addAbortSignal(signal, body);
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop closes the connection.
      if (bytes > maxResponseBytes) break;
    }
  } catch {
    if (signal.aborted) throw new errors.RequestAbortedError('Request aborted');
    throw new errors.ConnectionError('read ended before the end of the response');
  }
  if (bytes > maxResponseBytes) throw new errors.DeserializationError(`more than ${maxResponseBytes} bytes`, '');
  return Buffer.concat(chunks);
}

/** Some proxies compress a response although the request asks for `identity`. */
async function decoded(received: Buffer, encoding: string): Promise<Buffer> {
  if (/^identity$/i.test(encoding)) return received;
  try {
    if (!/^(?:x-)?gzip$|^deflate$/i.test(encoding)) throw new Error('not supported');
    return await decompress(received, { maxOutputLength: maxResponseBytes });
  } catch {
    throw new errors.DeserializationError(`content encoding ${encoding.slice(0, 50)} cannot be read`, '');
  }
}
