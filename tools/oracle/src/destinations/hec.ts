// Two fake HEC nodes with indexer acknowledgement behind a balancer that keeps a client's node by cookie.
import { z } from 'zod';
import { type Copy, createArrivals, type EventFields, fieldsOf } from '../arrivals.ts';
import type { FakeDestination } from './destination.ts';
import { type FakeReply, type FakeRequest, startHttpFake } from './http-fake.ts';

const acksJson = z.object({ acks: z.array(z.int()) });
const indexMs = 200;
const cookie = 'NODE';

interface Pending {
  readonly events: readonly EventFields[];
  readonly copies: Copy[];
  isIndexed: boolean;
}

/** A node answers for its own ackIds only, and loses what it has not indexed yet when it crashes. */
function createNode(add: (event: EventFields) => Copy) {
  const channels = new Map<string, Map<number, Pending>>();
  let nextAckId = 0;
  let timers: NodeJS.Timeout[] = [];

  function takeEvents(channel: string, events: readonly EventFields[]): number {
    const pending: Pending = { events, copies: [], isIndexed: false };
    const ackId = nextAckId++;
    channels.set(channel, (channels.get(channel) ?? new Map()).set(ackId, pending));
    const timer = setTimeout(() => {
      pending.copies.push(...events.map((event) => add(event)));
      pending.isIndexed = true;
      timers = timers.filter((other) => other !== timer);
    }, indexMs);
    timers.push(timer);
    return ackId;
  }

  /** A `true` is returned once. */
  function takeAcks(channel: string, ackIds: readonly number[]) {
    const pending = channels.get(channel);
    const confirms: Copy[] = [];
    const acks = ackIds.map((ackId) => {
      const found = pending?.get(ackId);
      if (found?.isIndexed !== true) return [ackId, false];
      pending?.delete(ackId);
      confirms.push(...found.copies);
      return [ackId, true];
    });
    return { acks: Object.fromEntries(acks), confirms };
  }

  function crashNode(): void {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
    channels.clear();
  }

  return { takeEvents, takeAcks, crash: crashNode };
}

export interface HecCluster extends FakeDestination {
  /** A node restarts: events that it has not indexed and all acknowledgements are gone. */
  crashNode(node: number): void;
  /** While on, acknowledgements are consumed, but their response never arrives. */
  loseAcks(on: boolean): void;
}

export async function startHecCluster(): Promise<HecCluster> {
  const arrivals = createArrivals('splunk');
  const nodes = [createNode(arrivals.add), createNode(arrivals.add)] as const;
  let turn = 0;
  let losesAcks = false;

  const balancer = await startHttpFake(
    (request) => {
      const [, asked] = new RegExp(`${cookie}=(\\d)`).exec(request.headers.cookie ?? '') ?? [];
      const chosen = asked === undefined ? turn++ % nodes.length : Number(asked);
      const node = nodes[chosen] ?? nodes[0];
      const reply = answerOf(node, request);
      return asked === undefined ? { ...reply, headers: { 'set-cookie': `${cookie}=${chosen}; Path=/` } } : reply;
    },
    (path) => path.endsWith('/event'),
  );

  function answerOf(node: (typeof nodes)[number], { path, headers, text }: FakeRequest): FakeReply {
    const channel = String(headers['x-splunk-request-channel'] ?? '');
    if (path.endsWith('/ack')) {
      const { acks, confirms } = node.takeAcks(channel, acksJson.parse(JSON.parse(text)).acks);
      if (losesAcks) return { status: 503, body: { text: 'Server is busy', code: 9 } };
      return { body: { acks }, confirms };
    }
    if (path.endsWith('/health')) return { body: { text: 'HEC is healthy', code: 17 } };
    if (text.trim() === '') return { status: 400, body: { text: 'No data', code: 5 } };
    const events = text.split('\n').flatMap((line) => (line === '' ? [] : [fieldsOf(JSON.parse(line).event)]));
    return { body: { text: 'Success', code: 0, ackId: node.takeEvents(channel, events) } };
  }

  return {
    name: 'splunk',
    config: {
      ...{ type: 'splunk-hec', url: balancer.url, token: { env: 'ORACLE_HEC_TOKEN' }, include: ['event.original'] },
      ...{ ack: true, ackPollMs: 200, ackTimeoutMs: 4_000, requestTimeoutMs: 3_000, timeoutMs: 9_000 },
      whenFull: 'hold',
    },
    arrivals,
    deduplicates: false,
    setMode: balancer.setMode,
    close: balancer.close,
    crashNode: (node) => nodes[node]?.crash(),
    loseAcks: (on) => {
      losesAcks = on;
    },
  };
}
