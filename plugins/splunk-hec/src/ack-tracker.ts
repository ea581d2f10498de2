// Indexer acknowledgement for one token: its channels, the events that wait on them, and the polling.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AckReply, newChannel } from './hec-client.ts';

/** `lost`: the server no longer knows the channel. `disabled`: the token has acknowledgement off. */
export type AckOutcome = 'indexed' | 'timeout' | 'lost' | 'disabled';

export interface AckTracker {
  /** The channel for the next request. */
  channel(): string;
  /** False while too many requests wait for their acknowledgement. */
  hasCapacity(): boolean;
  /** The outcome of events that were sent on `channel` and got `ackId`. Never rejects. `timeout` if `signal` fires. */
  outcome(channel: string, ackId: number, signal: AbortSignal): Promise<AckOutcome>;
  /** The next request uses a new channel. Events on the retired channel still wait for their acknowledgement. */
  retire(channel: string): void;
  close(): void;
}

export interface AckTrackerOptions {
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly requestAcks: (channel: string, ackIds: readonly number[], signal: AbortSignal) => Promise<AckReply>;
}

interface Waiter {
  readonly dueMs: number;
  readonly end: (outcome: AckOutcome) => void;
}

/** By ackId. */
type Waiters = Map<number, Waiter>;

const maxPending = 1_000;

export function createAckTracker({ pollMs, timeoutMs, now, requestAcks }: AckTrackerOptions): AckTracker {
  const closing = new AbortController();
  const waiting = new Map<string, Waiters>();
  let current = newChannel();

  const pending = () => [...waiting.values()].reduce((sum, { size }) => sum + size, 0);
  const retire = (channel: string) => {
    if (channel === current) current = newChannel();
  };
  const endAll = (waiters: Waiters, outcome: AckOutcome) => {
    for (const { end } of [...waiters.values()]) end(outcome);
  };

  const applyReply = (channel: string, waiters: Waiters, reply: AckReply) => {
    if (reply.kind === 'acks') for (const ackId of reply.indexed) waiters.get(ackId)?.end('indexed');
    else if (reply.kind === 'disabled') endAll(waiters, 'disabled');
    else if (reply.kind === 'invalidChannel') {
      retire(channel);
      endAll(waiters, 'lost');
    }
  };

  const poll = async (channel: string, waiters: Waiters) => {
    while (waiters.size > 0) {
      await sleep(pollMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return endAll(waiters, 'timeout');
      if (waiters.size > 0)
        applyReply(channel, waiters, await requestAcks(channel, [...waiters.keys()], closing.signal));
      for (const { dueMs, end } of [...waiters.values()]) if (dueMs <= now()) end('timeout');
    }
    waiting.delete(channel);
  };

  function waitForAck(channel: string, ackId: number, signal: AbortSignal): Promise<AckOutcome> {
    const { promise, resolve } = Promise.withResolvers<AckOutcome>();
    const waiters = waiting.get(channel) ?? new Map<number, Waiter>();
    // A repeated ackId means that the server restarted: it has no record of the first request.
    waiters.get(ackId)?.end('lost');
    const end = (outcome: AckOutcome) => {
      if (waiters.get(ackId) === waiter) waiters.delete(ackId);
      signal.removeEventListener('abort', onAbort);
      if (outcome === 'timeout' || outcome === 'lost') retire(channel);
      resolve(outcome);
    };
    const onAbort = () => end('timeout');
    const waiter: Waiter = { dueMs: now() + timeoutMs, end };
    waiters.set(ackId, waiter);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted || closing.signal.aborted) onAbort();
    else if (!waiting.has(channel)) {
      waiting.set(channel, waiters);
      void poll(channel, waiters);
    }
    return promise;
  }

  return {
    channel: () => current,
    hasCapacity: () => pending() < maxPending,
    retire,
    outcome: waitForAck,
    close: () => closing.abort(),
  };
}
