// Sends one webhook and returns its response. Never throws.
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { PostResponse } from '../../post.ts';

export interface WebhookCall {
  readonly url: string;
  readonly body: Buffer;
  /** Undefined: the subscription has no secret. */
  readonly authorization: string | undefined;
  /** Closes the connection after half of the body; the result is then `cut`. */
  readonly cut: boolean;
  /** Delay of the second half of the body. */
  readonly slowMs: number;
}

export interface WebhookCaller {
  call(call: WebhookCall): Promise<PostResponse>;
  /** Aborts requests in flight. */
  close(): void;
}

export interface CallerOptions {
  readonly connections: number;
  readonly timeoutMs: number;
}

const maxResponseBytes = 64 * 1024;

/** TLS certificates are verified. */
export function createWebhookCaller({ connections, timeoutMs }: CallerOptions): WebhookCaller {
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: connections }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: connections }),
  };
  const inFlight = new Set<ClientRequest>();

  function request({ url, body, authorization }: WebhookCall): ClientRequest {
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      'user-agent': 'xiq-simulator',
      ...(authorization !== undefined && { authorization }),
    };
    const options = { method: 'POST', headers, timeout: timeoutMs };
    return url.startsWith('https:')
      ? httpsRequest(url, { ...options, agent: agents.https })
      : httpRequest(url, { ...options, agent: agents.http });
  }

  async function call(wanted: WebhookCall): Promise<PostResponse> {
    try {
      return await send(request(wanted), wanted);
    } catch (error) {
      // The secret contains characters that a header cannot contain.
      return error instanceof Error ? failed(error) : { status: 'unknown', text: '' };
    }
  }

  function send(sent: ClientRequest, wanted: WebhookCall): Promise<PostResponse> {
    const { promise, resolve } = Promise.withResolvers<PostResponse>();
    inFlight.add(sent);
    sent.on('close', () => {
      inFlight.delete(sent);
      resolve({ status: 'ECONNRESET', text: 'the connection ended without an answer' });
    });
    sent.on('error', (error) => resolve(failed(error)));
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < maxResponseBytes) text += chunk;
      });
      response.on('error', (error) => resolve(failed(error)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    write(sent, wanted);
    return promise;
  }

  function close(): void {
    for (const sent of inFlight) sent.destroy();
    agents.http.destroy();
    agents.https.destroy();
  }

  return { call, close };
}

function write(sent: ClientRequest, { body, cut, slowMs }: WebhookCall): void {
  if (!cut && slowMs === 0) {
    sent.end(body);
    return;
  }
  const half = body.length >>> 1;
  sent.write(body.subarray(0, half), () => {
    if (cut) {
      sent.destroy(Object.assign(new Error('cut by a fault'), { code: 'cut' }));
      return;
    }
    const timer = setTimeout(() => sent.end(body.subarray(half)), slowMs);
    sent.on('close', () => clearTimeout(timer));
  });
}

function failed(error: Error): PostResponse {
  const status = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { status, text: error.message };
}
