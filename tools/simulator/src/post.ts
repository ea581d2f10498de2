// Posts one webhook and returns its response. Never throws.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface PostResponse {
  /** The HTTP status, or an error code where there is no response (`ECONNREFUSED`). */
  readonly status: number | string;
  /** The first bytes of the response body. */
  readonly text: string;
}

export interface Poster {
  /** `contentType`: default application/json. */
  post(url: URL, body: Buffer, contentType?: string): Promise<PostResponse>;
  close(): void;
}

const timeoutMs = 30_000;
const maxResponseBytes = 64 * 1024;

/** Keeps up to `connections` connections open. TLS certificates are verified. */
export function createPoster(connections: number, authorizationHeader: string): Poster {
  const options = { keepAlive: true, maxSockets: connections };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);

  function post(url: URL, body: Buffer, contentType = 'application/json'): Promise<PostResponse> {
    const headers = {
      authorization: authorizationHeader,
      'content-type': contentType,
      'content-length': body.length,
      'user-agent': 'xiq-simulator',
    };
    const { promise, resolve } = Promise.withResolvers<PostResponse>();
    const fail = (error: Error) => resolve({ status: codeOf(error), text: error.message });
    const call =
      url.protocol === 'https:'
        ? httpsRequest(url, { method: 'POST', headers, agent: https, timeout: timeoutMs })
        : httpRequest(url, { method: 'POST', headers, agent: http, timeout: timeoutMs });
    call.on('error', fail);
    call.on('timeout', () => call.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < maxResponseBytes) text += chunk;
      });
      response.on('error', fail);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.end(body);
    return promise;
  }

  function close(): void {
    http.destroy();
    https.destroy();
  }

  return { post, close };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
