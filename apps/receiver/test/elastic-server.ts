// For tests: requests to a real Elasticsearch that the destination itself does not make.
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Login, RunningServer } from '@xiq-siem/testbed';
import { z } from 'zod';

export interface Elastic {
  /** Rejects on a status of 400 or higher, except 404. */
  request(method: string, path: string, body?: unknown): Promise<ElasticResponse>;
  /** Up to 10,000 documents that a search of these data streams finds; none where the stream does not exist. */
  search(streams: string, query?: object): Promise<ElasticResponse['hits']['hits']>;
  /** The current write index of a data stream. */
  writeIndex(stream: string): Promise<string>;
}

/** The parts of responses that the tests read. */
const response = z.looseObject({
  hits: z
    .object({
      hits: z.array(
        z.object({ _id: z.string(), _ignored: z.array(z.string()).default([]), _source: z.unknown().optional() }),
      ),
    })
    .default({ hits: [] }),
  data_streams: z.array(z.object({ backing_indices: z.array(z.string()) })).default([]),
  /** Of a new API key. */
  encoded: z.string().default(''),
});

export type ElasticResponse = z.output<typeof response>;

/** Authenticates as `login`, or as the administrator where the server has users. */
export async function elasticOf(server: RunningServer, login?: Login): Promise<Elastic> {
  const { url, caFile, credentials } = server;
  const who = login ?? credentials?.admin;
  const start = url.startsWith('https:') ? httpsRequest : httpRequest;
  const options = {
    agent: false,
    ...(who && { auth: `${who.username}:${who.password}` }),
    ...(caFile !== undefined && { ca: await readFile(caFile, 'utf8') }),
  } as const;

  function send(method: string, path: string, body: unknown) {
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly text: string }>();
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const outgoing = start(`${url}${path}`, { ...options, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(text);
    return promise;
  }

  const elastic: Elastic = {
    async request(method, path, body) {
      const { status, text } = await send(method, path, body);
      if (status >= 400 && status !== 404) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 2000)}`);
      return response.parse(JSON.parse(text));
    },
    async search(streams, query = { match_all: {} }) {
      await elastic.request('POST', `/${streams}/_refresh`);
      const { hits } = await elastic.request('POST', `/${streams}/_search`, { query, size: 10_000 });
      return hits.hits;
    },
    async writeIndex(stream) {
      const { data_streams } = await elastic.request('GET', `/_resolve/index/${stream}`);
      return data_streams[0]?.backing_indices.at(-1) ?? '';
    },
  };
  return elastic;
}
