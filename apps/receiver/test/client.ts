// For tests: an HTTP client that posts webhooks over keep-alive connections and returns the responses.
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { z } from 'zod';

export interface Posted {
  readonly status: number;
  /** Of a 202 response. */
  readonly receipt: string | undefined;
  readonly retryAfter: string | undefined;
}

export interface Client {
  /** Rejects where there is no response. */
  post(path: string, body: string | Buffer, headers?: OutgoingHttpHeaders): Promise<Posted>;
  get(url: string): Promise<{ readonly status: number; readonly body: string }>;
  close(): void;
}

const response = z.object({ receipt: z.string() });

export function createClient(url: string, secret: string, maxSockets = 32): Client {
  const agent = new Agent({ keepAlive: true, maxSockets });
  const send = (
    target: string,
    method: string,
    body?: string | Buffer,
    others?: OutgoingHttpHeaders,
  ): Promise<{ status: number; body: string; retryAfter: string | undefined }> =>
    new Promise((resolve, reject) => {
      const headers =
        body === undefined
          ? {}
          : { authorization: `Bearer ${secret}`, 'content-length': Buffer.byteLength(body), ...others };
      const outgoing = request(target, { method, agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text, retryAfter: response.headers['retry-after'] }),
        );
        response.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return {
    post: async function postWebhook(path, body, headers) {
      const { status, body: text, retryAfter } = await send(url + path, 'POST', body, headers);
      return { status, receipt: status === 202 ? response.parse(JSON.parse(text)).receipt : undefined, retryAfter };
    },
    get: async function getUrl(target) {
      const { status, body } = await send(target, 'GET');
      return { status, body };
    },
    close: () => agent.destroy(),
  };
}
