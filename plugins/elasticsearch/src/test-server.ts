// For tests: a fake Elasticsearch with the endpoints of this destination and scripted responses.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

export interface TestRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  /** A string and bytes are sent unchanged, other values as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Replaces the default reply. `hang`: no reply; `stall`: stores the events, and stops in the middle of the reply; `endless`:
 * a reply without end; `cut`: closes the connection; undefined: the default reply.
 */
export type Script = (request: TestRequest) => Reply | 'hang' | 'stall' | 'endless' | 'cut' | undefined;

/** What the nodes of one cluster share. */
export function emptyCluster() {
  return {
    documents: [] as StoredDocument[],
    written: new Map<string, unknown>(),
    /** The mappings of each data stream's indices, oldest first. */
    streams: new Map<string, unknown[]>(),
  };
}

export interface TestServer {
  readonly url: string;
  readonly requests: readonly TestRequest[];
  /** Requests to `_bulk` with events. */
  bulks(): readonly TestRequest[];
  /** Stored documents: data stream, id and JSON. */
  readonly documents: StoredDocument[];
  connections(): number;
  /** Templates and pipelines by their path. */
  readonly written: Map<string, unknown>;
  script(next: Script | undefined): void;
  down(): Promise<void>;
  up(): Promise<void>;
}

export interface StoredDocument {
  readonly stream: string;
  readonly id: string;
  readonly json: string;
}

const writablePath = /^\/(?:_component_template|_index_template|_ingest\/pipeline)\//;
const action = z.object({ create: z.object({ _index: z.string(), _id: z.string() }) });
const idsQuery = z.object({ query: z.object({ ids: z.object({ values: z.array(z.string()) }) }) });
const mappingsIn = z.object({ template: z.object({ mappings: z.record(z.string(), z.unknown()) }) });
const mappingsPath = '/_component_template/extreme_xiq@mappings';

/** `latencyMs`: the time from a request to its reply. */
export async function startTestServer(
  { documents, written, streams } = emptyCluster(),
  latencyMs = 0,
): Promise<TestServer> {
  const requests: TestRequest[] = [];
  const sockets = new Set<Socket>();
  let script: Script | undefined;
  let server: Server;
  let port = 0;

  const writtenMappings = () => mappingsIn.safeParse(written.get(mappingsPath)).data?.template.mappings;
  const indexName = (stream: string, number: number) => `.ds-${stream}-2026.11.24-${String(number).padStart(6, '0')}`;

  function bulk(body: string): Reply {
    if (body.trim() === '') {
      const reason = 'Validation Failed: 1: no requests added;';
      return { status: 400, body: { error: { type: 'action_request_validation_exception', reason }, status: 400 } };
    }
    const lines = body.split('\n').slice(0, -1);
    const items = lines.flatMap((line, at) => (at % 2 === 0 ? [create(line, lines[at + 1] ?? '')] : []));
    return { body: { items } };
  }

  function create(line: string, json: string) {
    const { _index: stream, _id } = action.parse(JSON.parse(line)).create;
    if (!written.has('/_index_template/logs-extreme_xiq') && !streams.has(stream)) {
      return {
        create: { _id, status: 404, error: { type: 'index_not_found_exception', reason: `no such index ${stream}` } },
      };
    }
    if (!streams.has(stream)) streams.set(stream, [writtenMappings()]);
    if (documents.some((document) => document.stream === stream && document.id === _id)) {
      return { create: { _id, status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } } };
    }
    documents.push({ stream, id: _id, json });
    return { create: { _id, status: 201 } };
  }

  /** `pattern`: the start of data stream names, with `*` at its end. */
  function search(pattern: string, body: string): Reply {
    const { values } = idsQuery.parse(JSON.parse(body)).query.ids;
    const matches = (name: string) => name.startsWith(pattern.slice(0, -1));
    const hits = documents
      .filter(({ stream, id }) => matches(stream) && values.includes(id))
      .map(({ stream, id }) => ({ _index: indexName(stream, 1), _id: id }));
    const total = [...streams.keys()].filter(matches).length;
    return { body: { timed_out: false, _shards: { total, failed: 0 }, ...(hits.length > 0 && { hits: { hits } }) } };
  }

  function defaultReply({ method, path, body }: TestRequest): Reply {
    const [, first = '', second = ''] = path.split('/');
    if (path === '/_bulk') return bulk(body);
    if (path === '/') return { body: { version: { number: '9.5.3' } } };
    if (path === '/_cluster/state/blocks') return { body: {} };
    if (path === '/_security/user/_has_privileges') return { body: { cluster: { monitor: true }, index: {} } };
    if (path === '/_index_template/_simulate') return { body: { template: {} } };
    if (first === '_resolve') {
      const found = [...streams].filter(([name]) => path.includes('*') || path.endsWith(`/${name}`));
      if (found.length === 0 && !path.includes('*')) return { status: 404, body: { error: 'no such index' } };
      const data_streams = found.map(([name, indices]) => ({
        name,
        backing_indices: indices.map((_, at) => indexName(name, at + 1)),
      }));
      return { body: { data_streams } };
    }
    if (second === '_search') return search(first, body);
    if (second === '_mapping') {
      for (const [name, indices] of streams) {
        const at = indices.findIndex((_, number) => indexName(name, number + 1) === first);
        if (at >= 0) return { body: indices[at] === undefined ? {} : { [first]: { mappings: indices[at] } } };
      }
    }
    if (second === '_rollover') {
      streams.get(first)?.push(writtenMappings());
      return { body: { rolled_over: true } };
    }
    const list = (kind: string, key: string) =>
      [...written].flatMap(([at, value]) =>
        at.startsWith(`/${kind}/`) ? [{ name: at.slice(kind.length + 2), [key]: value }] : [],
      );
    if (path === '/_index_template') return { body: { index_templates: list('_index_template', 'index_template') } };
    if (path === '/_component_template') {
      return { body: { component_templates: list('_component_template', 'component_template') } };
    }
    if (method === 'PUT' && writablePath.test(path)) {
      written.set(path, JSON.parse(body));
      return { body: { acknowledged: true } };
    }
    const value = written.get(path);
    if (value === undefined) return { status: 404, body: { error: { type: 'resource_not_found', reason: path } } };
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (first === '_ingest') return { body: { [name]: value } };
    const kind = first.slice(1);
    return { body: { [`${kind}s`]: [{ name, [kind]: value }] } };
  }

  async function listen(): Promise<void> {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const seen: TestRequest = {
        method: request.method ?? '',
        path: decodeURIComponent(pathname),
        query: searchParams,
        headers: request.headers,
        body: (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8'),
      };
      requests.push(seen);
      const reply = script?.(seen) ?? defaultReply(seen);
      if (reply === 'hang') return;
      if (reply === 'cut') {
        request.socket.destroy();
        return;
      }
      if (reply === 'stall') {
        defaultReply(seen);
        response.writeHead(200, { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' });
        response.flushHeaders();
        response.write('{"items":[');
        return;
      }
      if (reply === 'endless') {
        response.writeHead(200, { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' });
        const writeMore = () => {
          for (let isWritable = true; isWritable && !response.destroyed; )
            isWritable = response.write(' '.repeat(65_536));
        };
        response.on('drain', writeMore);
        writeMore();
        return;
      }
      if (latencyMs > 0) await setTimeout(latencyMs);
      const { body } = reply;
      const isText = typeof body === 'string';
      response.writeHead(reply.status ?? 200, {
        'x-elastic-product': 'Elasticsearch',
        'content-type': isText ? 'text/html' : 'application/vnd.elasticsearch+json;compatible-with=8',
        ...reply.headers,
      });
      response.end(isText || body instanceof Uint8Array ? body : JSON.stringify(body));
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) port = address.port;
  }

  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    documents,
    written,
    bulks: () => requests.filter(({ path, body }) => path === '/_bulk' && body.trim() !== ''),
    connections: () => sockets.size,
    script(next) {
      script = next;
    },
    async down() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
    up: listen,
  };
}
