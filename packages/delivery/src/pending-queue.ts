// The events of one delivery stream that wait to be sent: new events in order, and resends.
import type { NextBatch } from './send-permit.ts';
import type { PreparedEvent } from './shared-bodies.ts';

/** An event that is not settled at one destination. */
export type Pending = ReturnType<typeof pendingOf>;

export function pendingOf(event: PreparedEvent, takenAtMs: number) {
  return {
    event,
    /** When the event was read. All times are epoch milliseconds. */
    takenAtMs,
    attempts: 0,
    firstAttemptMs: 0,
    lastAttemptMs: 0,
    notBeforeMs: 0,
    /** Attempts with the verdict `retry` or `unknown`, or an unavailable destination. */
    failedAttempts: 0,
    /** Attempts that failed while other events were delivered. */
    failures: 0,
    /** Number of delivered events of the stream when this event was first sent, or last failed. */
    deliveredBefore: 0,
    /** Maximum size of its batch. It is halved until an event that makes every batch fail is alone. */
    groupLimit: Number.POSITIVE_INFINITY,
    /** Attempts with the verdict `unknown`: each may have left a copy at the server. */
    unknownAttempts: 0,
    /** For the decision to park it: see `parking-rule.ts`. */
    deliveredAtFailure: Number.POSITIVE_INFINITY,
    stuckFromMs: 0,
    isStuck: false,
    /** The last verdict was `blocked`. */
    isBlocked: false,
    /** When the event was last blocked. */
    blockedAtMs: Number.NEGATIVE_INFINITY,
  };
}

/** The content of the queue, for the decision whether to send a batch. */
export interface Waiting {
  readonly newEvents: number;
  readonly newBytes: number;
  /** When the oldest new event was read; epoch milliseconds, infinite if there is none. */
  readonly oldestNewMs: number;
  /** When the next event may be sent again; epoch milliseconds, infinite if there is none. */
  readonly resendMs: number;
}

export type PendingQueue = ReturnType<typeof createPendingQueue>;

export function createPendingQueue() {
  let unsent: Pending[] = [];
  let unsentBytes = 0;
  let resends: Pending[] = [];

  const takeNew = ({ maxEvents, maxBytes }: NextBatch) => {
    let bytes = 0;
    let events = 0;
    for (const { event } of unsent) {
      if (events >= maxEvents || (events > 0 && bytes + event.bytes > maxBytes)) break;
      bytes += event.bytes;
      events++;
    }
    unsentBytes -= bytes;
    return unsent.splice(0, events);
  };
  const takeResends = ({ maxEvents, maxBytes }: NextBatch, nowMs: number) => {
    const batch: Pending[] = [];
    const rest: Pending[] = [];
    let bytes = 0;
    let capacity = maxEvents;
    for (const pending of resends) {
      const limit = Math.min(capacity, pending.groupLimit);
      const fits = batch.length < limit && (batch.length === 0 || bytes + pending.event.bytes <= maxBytes);
      if (pending.notBeforeMs > nowMs || !fits) {
        rest.push(pending);
        continue;
      }
      capacity = limit;
      bytes += pending.event.bytes;
      batch.push(pending);
    }
    resends = rest;
    return batch;
  };

  const removeMatching = (matches: (event: Pending) => boolean): readonly Pending[] => {
    const removed = [...resends, ...unsent].filter(matches);
    if (removed.length === 0) return removed;
    resends = resends.filter((pending) => !matches(pending));
    unsent = unsent.filter((pending) => !matches(pending));
    unsentBytes = unsent.reduce((sum, { event }) => sum + event.bytes, 0);
    return removed;
  };

  function takeBatch(batch: NextBatch, nowMs: number): readonly Pending[] {
    return batch.from === 'new' ? takeNew(batch) : takeResends(batch, nowMs);
  }

  return {
    addNew(pending: Pending) {
      unsent.push(pending);
      unsentBytes += pending.event.bytes;
    },
    addResends(events: readonly Pending[]) {
      resends.push(...events);
    },
    waiting: (): Waiting => ({
      newEvents: unsent.length,
      newBytes: unsentBytes,
      oldestNewMs: unsent[0]?.takenAtMs ?? Number.POSITIVE_INFINITY,
      resendMs: resends.reduce((due, { notBeforeMs }) => Math.min(due, notBeforeMs), Number.POSITIVE_INFINITY),
    }),
    /** Removes and returns the batch that the permit allows. */
    take: takeBatch,
    /** Removes and returns all events that match. */
    remove: removeMatching,
    /** Makes all resends due now. */
    resendNow(nowMs: number) {
      for (const pending of resends) pending.notBeforeMs = Math.min(pending.notBeforeMs, nowMs);
    },
    size: () => unsent.length + resends.length,
    awaitingResend: () => resends.length,
  };
}
