// Indexer acknowledgement for one token: a channel for each request, and the requests for its acknowledgement.
import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type CookieJar, createCookieJar } from './cookie-jar.ts';

/**
 * The channel of one request with events. A node of a cluster knows only the channels that it got itself, and each node
 * counts its ackIds from 0. With a channel for each request, only the node that got the events can acknowledge them, whatever
 * a load balancer does. Its cookies and its connection lead back to this node.
 */
export interface AckChannel {
  readonly id: string;
  readonly cookies: CookieJar;
  readonly agent: Agent;
}

/** `lost`: the server no longer knows the channel. */
export type AckOutcome =
  | 'indexed'
  | 'timeout'
  | 'lost'
  /** The token has acknowledgement off. */
  | 'disabled'
  /** The server has no endpoint for acknowledgements. */
  | 'unsupported';

/** `pending`: not acknowledged yet, or no usable response. */
export type AckReply = 'pending' | Exclude<AckOutcome, 'timeout'>;

export interface AckTracker {
  /** Calls `request` with a new channel. Undefined if too many requests wait for their acknowledgement. */
  withChannel<Result>(request: (channel: AckChannel) => Promise<Result>): Promise<Result> | undefined;
  /** The outcome of the events that got `ackId`. Never rejects. `timeout` if `signal` fires. */
  outcome(channel: AckChannel, ackId: number | undefined, signal: AbortSignal): Promise<AckOutcome>;
  /** Whether the server acknowledged the last events with an outcome. True before. */
  acknowledges(): boolean;
  close(): void;
}

export interface AckTrackerOptions {
  /** Longest time between two requests for the same acknowledgement. */
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** Resolves after `ms`, or when the signal fires. For tests. Default: real time. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Uniform in [0, 1). For tests. Default: Math.random. */
  readonly random?: () => number;
  /** An agent with one connection. */
  readonly createAgent: () => Agent;
  readonly requestAck: (channel: AckChannel, ackId: number, signal: AbortSignal) => Promise<AckReply>;
}

/** A connection, and the number of requests that use it or wait for it. */
interface Line {
  readonly agent: Agent;
  requests: number;
}

const maxPending = 1_000;
const maxLines = 16;
const firstPollMs = 100;
const pollGrowth = 1.25;
/** Share of the recent time until an acknowledgement after which the first request for the next one is sent. */
const earlyShare = 0.8;
const newestWeight = 0.2;
/** Share of an interval that is random: behind a balancer that takes turns, requests must not take turns as well. */
const jitter = 0.25;

export function createAckTracker(options: AckTrackerOptions): AckTracker {
  const { pollMs, timeoutMs, now, sleep = sleepInRealTime, random = Math.random, createAgent, requestAck } = options;
  const closing = new AbortController();
  const lines: Line[] = [];
  const lineOf = new WeakMap<AckChannel, Line>();
  let pending = 0;
  let isAcknowledging = true;
  /** Moving average of the time until an acknowledgement. */
  let typicalMs = 0;

  /** An unused connection, else a new one, else the one with the fewest requests. */
  const chooseLine = (): Line => {
    const least = lines.reduce<Line | undefined>(
      (best, line) => (best && best.requests <= line.requests ? best : line),
      undefined,
    );
    if (least !== undefined && (least.requests === 0 || lines.length >= maxLines)) return least;
    const line = { agent: createAgent(), requests: 0 };
    lines.push(line);
    return line;
  };
  const onLine = async <Result>(line: Line | undefined, request: () => Promise<Result>): Promise<Result> => {
    if (line !== undefined) line.requests++;
    try {
      return await request();
    } finally {
      if (line !== undefined) line.requests--;
    }
  };

  function withChannel<Result>(request: (channel: AckChannel) => Promise<Result>): Promise<Result> | undefined {
    if (pending >= maxPending) return undefined;
    const line = chooseLine();
    const channel = { id: randomUUID().toUpperCase(), cookies: createCookieJar(now), agent: line.agent };
    lineOf.set(channel, line);
    return onLine(line, () => request(channel));
  }

  const poll = async (channel: AckChannel, ackId: number, stop: AbortSignal): Promise<AckOutcome> => {
    const sentMs = now();
    let step = Math.min(firstPollMs, pollMs);
    let waitMs = Math.min(Math.max(step, typicalMs * earlyShare), pollMs);
    while (!stop.aborted) {
      await sleep(waitMs * (1 - jitter * random()), stop).catch(() => undefined);
      if (stop.aborted) break;
      const reply = await onLine(lineOf.get(channel), () => requestAck(channel, ackId, stop));
      const waitedMs = now() - sentMs;
      if (reply === 'indexed') typicalMs += (waitedMs - typicalMs) * (typicalMs === 0 ? 1 : newestWeight);
      if (reply !== 'pending') return reply;
      if (waitedMs >= timeoutMs) break;
      waitMs = step;
      step = Math.min(pollMs, step * pollGrowth);
    }
    return 'timeout';
  };

  async function waitForAck(channel: AckChannel, ackId: number | undefined, signal: AbortSignal): Promise<AckOutcome> {
    pending++;
    const stop = AbortSignal.any([signal, closing.signal]);
    const outcome = ackId === undefined ? 'disabled' : await poll(channel, ackId, stop);
    pending--;
    if (outcome === 'indexed') isAcknowledging = true;
    if (outcome === 'disabled' || outcome === 'unsupported') isAcknowledging = false;
    return outcome;
  }

  function closeTracker(): void {
    closing.abort();
    for (const { agent } of lines) agent.destroy();
  }

  return { withChannel, outcome: waitForAck, acknowledges: () => isAcknowledging, close: closeTracker };
}

function sleepInRealTime(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal });
}
