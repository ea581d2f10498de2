// For tests: a cloud that is closed with the test, a client, and a receiver of webhooks.
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { XiqCloudOptions } from './options.ts';
import { startXiqCloud, type XiqCloud } from './xiq-cloud.ts';

export const password = 'a password';
export const username = 'admin@acme.example';

export async function testCloud(options: XiqCloudOptions = {}): Promise<XiqCloud> {
  const cloud = await startXiqCloud({ accounts: [{ username, password }], ...options });
  onTestFinished(() => cloud.close());
  return cloud;
}

export interface CloudResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RequestOptions {
  readonly token?: string;
  readonly body?: unknown;
}

/** Rejects where the connection breaks. */
export async function send(
  cloud: XiqCloud,
  method: string,
  path: string,
  { token, body }: RequestOptions = {},
): Promise<CloudResponse> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { promise, resolve, reject } = Promise.withResolvers<CloudResponse>();
  const sent = request(new URL(path, cloud.url), { method, headers }, (response) => {
    text(response).then(
      (responseText) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: responseText }),
      reject,
    );
  });
  sent.on('error', reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** The JSON of a response, with numbers as digit strings. */
export async function read(cloud: XiqCloud, path: string, token: string) {
  const { text: responseText } = await send(cloud, 'GET', path, { token });
  return digits(responseText);
}

export function digits(json: string) {
  return JSON.parse(json, (_, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? context?.source : value,
  );
}

export interface Received {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface TestReceiver {
  readonly url: string;
  /** Complete webhooks in the order received. */
  readonly received: Received[];
  /** Number of broken connections. */
  broken(): number;
}

/** Responds to every webhook with `status`. */
export async function testReceiver(status: (number: number) => number = () => 202): Promise<TestReceiver> {
  const received: Received[] = [];
  let broken = 0;
  const server = createServer((incoming, response) => {
    const { url: path, headers } = incoming;
    buffer(incoming).then(
      (body) => {
        const number = received.push({ path, authorization: headers.authorization, body: body.toString() });
        response.writeHead(status(number)).end(JSON.stringify({ receipt: `r1_${number}` }));
      },
      () => {
        broken += 1;
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, received, broken: () => broken };
}
