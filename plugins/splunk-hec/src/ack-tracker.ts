// Indexer acknowledgement for one token: channels, the events that wait on them, and the asking.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AckReply, newChannel } from './hec-client.ts';

/** `late`: not in time. `lost`: nobody can say any more. `disabled`: the token has no acknowledgement. */
export type AckOutcome = 'indexed' | 'late' | 'lost' | 'disabled';

export interface AckTracker {
  /** The channel to send on now. */
  channel(): string;
  /** Whether more events may be sent before some are acknowledged. */
  hasRoom(): boolean;
  /** What becomes of events that were sent on `channel` and given `ackId`. Never rejects; ends with `signal`, as late. */
  outcome(channel: string, ackId: number, signal: AbortSignal): Promise<AckOutcome>;
  /** Sends on another channel from now on; what waits on this one waits on. */
  retire(channel: string): void;
  close(): void;
}

export interface AckTrackerOptions {
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly ask: (channel: string, ackIds: readonly number[], signal: AbortSignal) => Promise<AckReply>;
}

interface Waiter {
  readonly dueMs: number;
  readonly end: (outcome: AckOutcome) => void;
}

type Channel = Map<number, Waiter>;

const maxPending = 1_000;

export function createAckTracker({ pollMs, timeoutMs, now, ask }: AckTrackerOptions): AckTracker {
  const closing = new AbortController();
  const waiting = new Map<string, Channel>();
  let current = newChannel();

  const pending = () => [...waiting.values()].reduce((sum, { size }) => sum + size, 0);
  const retire = (channel: string) => {
    if (channel === current) current = newChannel();
  };
  const endAll = (waiters: Channel, outcome: AckOutcome) => {
    for (const { end } of [...waiters.values()]) end(outcome);
  };

  const hear = (channel: string, waiters: Channel, reply: AckReply) => {
    if (reply.kind === 'acks') for (const ackId of reply.indexed) waiters.get(ackId)?.end('indexed');
    else if (reply.kind === 'disabled') endAll(waiters, 'disabled');
    else if (reply.kind === 'invalidChannel') {
      retire(channel);
      endAll(waiters, 'lost');
    }
  };

  const poll = async (channel: string, waiters: Channel) => {
    while (waiters.size > 0) {
      await sleep(pollMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return endAll(waiters, 'late');
      if (waiters.size > 0) hear(channel, waiters, await ask(channel, [...waiters.keys()], closing.signal));
      for (const { dueMs, end } of [...waiters.values()]) if (dueMs <= now()) end('late');
    }
    waiting.delete(channel);
  };

  return {
    channel: () => current,
    hasRoom: () => pending() < maxPending,
    retire,
    outcome(channel, ackId, signal) {
      const { promise, resolve } = Promise.withResolvers<AckOutcome>();
      const waiters = waiting.get(channel) ?? new Map<number, Waiter>();
      // An id that is given out twice: the server has begun anew, and knows nothing of the first.
      waiters.get(ackId)?.end('lost');
      const end = (outcome: AckOutcome) => {
        if (waiters.get(ackId) === waiter) waiters.delete(ackId);
        signal.removeEventListener('abort', giveUp);
        if (outcome === 'late' || outcome === 'lost') retire(channel);
        resolve(outcome);
      };
      const giveUp = () => end('late');
      const waiter: Waiter = { dueMs: now() + timeoutMs, end };
      waiters.set(ackId, waiter);
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted || closing.signal.aborted) giveUp();
      else if (!waiting.has(channel)) {
        waiting.set(channel, waiters);
        void poll(channel, waiters);
      }
      return promise;
    },
    close: () => closing.abort(),
  };
}
