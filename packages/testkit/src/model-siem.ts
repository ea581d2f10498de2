// A small SIEM server and its destination: tests the conformance rules, and is an example of a harness.
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { type DeliveryReport, type Destination, defineDestination, Secret } from '@xiq-siem/core';
import { z } from 'zod';
import { destinationContext } from './destination-context.ts';
import type { DestinationHarness, DestinationUnderTest } from './destination-harness.ts';

export const modelToken = 'model-s3cret-token';
const documents = z.array(z.object({ event: z.object({ id: z.string(), dataset: z.string() }) }));
const response = z.object({ statuses: z.array(z.int()) });
const searchResponse = z.object({ found: z.boolean() });

export const startModelSiem: DestinationUnderTest['start'] = async ({ log, meter }) => {
  const received: string[] = [];
  /** The ids that a search finds. As in an index with a refresh interval, they are older than `received`. */
  let searchable: readonly string[] = [];
  const sockets = new Set<Socket>();
  let fault: 'refuse' | 'hang' | 'busy' | undefined;
  let rejects: string | undefined;
  let closed: string | undefined;
  let requests = 0;

  const playing = (next: typeof fault) => async () => {
    fault = next;
  };
  const respondTo = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const sent = documents.parse(incoming.method === 'POST' ? await json(incoming) : []);
    if (incoming.method === 'POST') requests++;
    if (fault === 'hang') return;
    if (fault === 'busy') return outgoing.writeHead(503).end('busy');
    if (fault === 'refuse') return outgoing.writeHead(401).end(`not good: ${incoming.headers.authorization}`);
    const wanted = new URL(incoming.url ?? '/', 'http://localhost').searchParams.get('id');
    if (wanted !== null) {
      const found = searchable.includes(wanted);
      searchable = [...received];
      return outgoing.writeHead(200).end(JSON.stringify({ found }));
    }
    const statuses = sent.map(({ event: { id, dataset } }) => {
      if (dataset === closed) return 403;
      return id === rejects ? 400 : 201;
    });
    received.push(...sent.flatMap(({ event }, index) => (statuses[index] === 201 ? [event.id] : [])));
    return outgoing.writeHead(200).end(JSON.stringify({ statuses }));
  };
  const server = createServer(
    (incoming, outgoing) => void respondTo(incoming, outgoing).catch(() => outgoing.destroy()),
  );
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await listen(0);
  const port = portOf(server.address());
  const harness: DestinationHarness = {
    config: { url: `http://127.0.0.1:${port}/` },
    context: destinationContext({ log, meter, secrets: { TOKEN: new Secret(modelToken) } }),
    received: async () => received,
    requests: () => requests,
    connections: () => sockets.size,
    faults: {
      down: { inject: stop, recover: () => listen(port) },
      refuseCredentials: { inject: playing('refuse') },
      hang: { inject: playing('hang') },
      busy: { inject: playing('busy') },
      rejectOne: {
        async inject(id) {
          rejects = id;
        },
      },
      closeDataset: {
        async inject(dataset) {
          closed = dataset;
        },
      },
    },
    secrets: [modelToken],
    stop,
  };
  return harness;
};

/** Incorrect behaviors of the model destination. */
export interface ModelFlaws {
  readonly sendsEmpty?: boolean;
  readonly leavesCallsOpen?: boolean;
  readonly repeatsServerMessage?: boolean;
  readonly connectsAtCreation?: boolean;
}

const codes = ['down', 'busy', 'refused', 'closed', 'bad', 'cut_off'] as const;

export function modelDestination(flaws: ModelFlaws = {}) {
  return defineDestination({
    type: 'model',
    assurance: 'indexed',
    codes,
    configSchema: z.strictObject({ url: z.url() }),
    async create({ url }, context): Promise<Destination<(typeof codes)[number]>> {
      const agent = new Agent({ keepAlive: true });
      const [secret] = context.secret({ env: 'TOKEN', optional: false }).current();
      const headers = { authorization: `Bearer ${secret?.reveal()}` };
      const call = async (options: RequestOptions, body = '') => {
        const outgoing = request(url, { agent, headers, ...options }).end(body);
        const [incoming]: IncomingMessage[] = await once(outgoing, 'response');
        if (incoming === undefined) throw new Error('no response');
        let text = '';
        for await (const part of incoming.setEncoding('utf8')) text += part;
        return { status: incoming.statusCode, text };
      };
      const post = (body: string, signal: AbortSignal) => {
        const method = 'POST';
        if (!flaws.leavesCallsOpen) return call({ method, signal }, body);
        const cut = once(signal, 'abort').then(() => Promise.reject(new Error('cut off')));
        return Promise.race([call({ method, agent: new Agent() }, body), cut]);
      };
      if (flaws.connectsAtCreation) await call({});

      return {
        async deliver({ items }, signal): Promise<DeliveryReport<(typeof codes)[number]>> {
          if (items.length === 0 && !flaws.sendsEmpty) return { items: [] };
          try {
            const { status, text } = await post(`[${items.map((item) => item.json).join()}]`, signal);
            const message = flaws.repeatsServerMessage ? text : `status ${status}`;
            if (status === 401) return { batch: 'misconfigured', code: 'refused', message };
            if (status !== 200) return { batch: 'unavailable', code: 'busy', message };
            const { statuses } = response.parse(JSON.parse(text));
            return {
              items: items.map(({ index }) => {
                if (statuses[index] === 201) return { index, verdict: 'delivered' };
                if (statuses[index] === 403) return { index, verdict: 'blocked', code: 'closed', message: 'its index' };
                return { index, verdict: 'rejected', code: 'bad', message: 'malformed' };
              }),
            };
          } catch {
            if (!signal.aborted) return { batch: 'unavailable', code: 'down' };
            return { items: items.map(({ index }) => ({ index, verdict: 'unknown', code: 'cut_off' })) };
          }
        },
        async check(signal) {
          try {
            const { status } = await call({ signal });
            return { ok: status === 200, message: `the server answers ${status}` };
          } catch (error) {
            return { ok: false, message: `no answer: ${String(error)}` };
          }
        },
        async find({ id }, signal) {
          const { status, text } = await call({ path: `/?id=${encodeURIComponent(id)}`, signal });
          if (status !== 200) throw new Error(`the server answers ${status}`);
          const { found } = searchResponse.parse(JSON.parse(text));
          return { found, message: found ? 'the server has it' : 'the server does not show it yet' };
        },
        close: async () => agent.destroy(),
      };
    },
  });
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
