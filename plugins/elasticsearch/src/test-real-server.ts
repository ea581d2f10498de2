// For tests against real servers: requests to Elasticsearch that the destination does not send.
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { z } from 'zod';

export interface RealServer {
  readonly url: string;
  readonly ca?: string;
  readonly login?: { readonly username: string; readonly password: string };
}

/** The parts of any response that tests use. */
const response = z.looseObject({
  status: z.number().optional(),
  hits: z
    .object({
      hits: z.array(
        z.object({ _id: z.string(), _ignored: z.array(z.string()).optional(), _source: z.unknown().optional() }),
      ),
    })
    .default({ hits: [] }),
  data_streams: z.array(z.object({ name: z.string(), backing_indices: z.array(z.string()) })).default([]),
  /** Of a new API key. */
  id: z.string().default(''),
  encoded: z.string().default(''),
});

/** Rejects on a status from 400, except 404. */
export async function requestJson(server: RealServer, method: string, path: string, body?: unknown) {
  const { status, text } = await send(server, method, path, body);
  if (status >= 400 && status !== 404) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 2000)}`);
  return response.parse(JSON.parse(text));
}

function send({ url, ca, login }: RealServer, method: string, path: string, body: unknown) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const start = url.startsWith('https:') ? httpsRequest : httpRequest;
  const text = body === undefined ? '' : JSON.stringify(body);
  const options = {
    method,
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    ...(login && { auth: `${login.username}:${login.password}` }),
    ...(ca !== undefined && { ca }),
  } as const;
  const request = start(`${url}${path}`, options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
    });
  });
  request.on('error', reject);
  request.end(text);
  return promise;
}
