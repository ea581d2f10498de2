// The client's connection, with a limit for response bodies and with cancellation while a body is read.
import { addAbortSignal } from 'node:stream';
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

/** HttpConnection ignores its signal and its time limit after the response headers. */
export class BoundedConnection extends HttpConnection {
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
    options: ConnectionRequestOptions,
  ): Promise<ConnectionRequestResponse | ConnectionRequestResponseAsStream> {
    const response = await super.request(params, { ...options, asStream: true });
    if ('asStream' in options) return response;
    return { ...response, body: await readText(response.body, options.signal) };
  }
}

async function readText(body: ConnectionRequestResponseAsStream['body'], signal: AbortSignal | undefined) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    if (signal !== undefined) addAbortSignal(signal, body);
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop closes the connection.
      if (bytes > maxResponseBytes) break;
    }
  } catch {
    if (signal?.aborted) throw new errors.RequestAbortedError('Request aborted');
    throw new errors.ConnectionError('read ended before the end of the response');
  }
  if (bytes > maxResponseBytes) throw new errors.DeserializationError(`more than ${maxResponseBytes} bytes`, '');
  return Buffer.concat(chunks).toString('utf8');
}
