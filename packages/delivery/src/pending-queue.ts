// The events of one delivery stream that wait to be sent: new ones in order, and those to be sent again.
import type { NextBatch } from './send-permit.ts';
import type { PreparedEvent } from './shared-bodies.ts';

/** An event on its way to one destination. */
export type Pending = ReturnType<typeof pendingOf>;

export function pendingOf(event: PreparedEvent, takenAtMs: number) {
  return {
    event,
    /** Epoch milliseconds, as all times here. */
    takenAtMs,
    attempts: 0,
    firstAttemptMs: 0,
    lastAttemptMs: 0,
    notBeforeMs: 0,
    /** Attempts after which it was to be sent again by itself, or the destination was unavailable. */
    setbacks: 0,
    /** Attempts that failed while other events were delivered. */
    failures: 0,
    /** Events that had been delivered when this one was last sent, or last failed. */
    deliveredBefore: 0,
    /** Largest batch that it may be in: halved until the one that fails every batch is alone. */
    groupLimit: Number.POSITIVE_INFINITY,
    /** An earlier attempt may have succeeded unseen. */
    maybeThere: false,
    /** An operator has to fix something first. */
    isBlocked: false,
    /** When it was last blocked. */
    blockedAtMs: Number.NEGATIVE_INFINITY,
  };
}

/** What the queue holds, as far as it matters for whether a batch may be sent. */
export interface Waiting {
  readonly newEvents: number;
  readonly newBytes: number;
  /** When the oldest new event was taken; epoch milliseconds, infinite if there is none. */
  readonly oldestNewMs: number;
  /** When the next event may be sent again; epoch milliseconds, infinite if there is none. */
  readonly resendMs: number;
}

export type PendingQueue = ReturnType<typeof createPendingQueue>;

export function createPendingQueue() {
  let fresh: Pending[] = [];
  let freshBytes = 0;
  let again: Pending[] = [];

  const takeNew = ({ maxEvents, maxBytes }: NextBatch) => {
    let bytes = 0;
    let events = 0;
    for (const { event } of fresh) {
      if (events >= maxEvents || (events > 0 && bytes + event.bytes > maxBytes)) break;
      bytes += event.bytes;
      events++;
    }
    freshBytes -= bytes;
    return fresh.splice(0, events);
  };
  const takeAgain = ({ maxEvents, maxBytes }: NextBatch, nowMs: number) => {
    const batch: Pending[] = [];
    const rest: Pending[] = [];
    let bytes = 0;
    let capacity = maxEvents;
    for (const pending of again) {
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
    again = rest;
    return batch;
  };

  return {
    add(pending: Pending) {
      fresh.push(pending);
      freshBytes += pending.event.bytes;
    },
    addAgain(events: readonly Pending[]) {
      again.push(...events);
    },
    waiting: (): Waiting => ({
      newEvents: fresh.length,
      newBytes: freshBytes,
      oldestNewMs: fresh[0]?.takenAtMs ?? Number.POSITIVE_INFINITY,
      resendMs: again.reduce((due, { notBeforeMs }) => Math.min(due, notBeforeMs), Number.POSITIVE_INFINITY),
    }),
    /** Takes out the batch for which there is a permit. */
    take(batch: NextBatch, nowMs: number): readonly Pending[] {
      return batch.from === 'new' ? takeNew(batch) : takeAgain(batch, nowMs);
    },
    /** Takes out all events that match. */
    remove(matches: (event: Pending) => boolean): readonly Pending[] {
      const removed = [...again, ...fresh].filter(matches);
      if (removed.length === 0) return removed;
      again = again.filter((pending) => !matches(pending));
      fresh = fresh.filter((pending) => !matches(pending));
      freshBytes = fresh.reduce((sum, { event }) => sum + event.bytes, 0);
      return removed;
    },
    /** Those to be sent again wait no longer. */
    sendAgainNow(nowMs: number) {
      for (const pending of again) pending.notBeforeMs = Math.min(pending.notBeforeMs, nowMs);
    },
    size: () => fresh.length + again.length,
    awaitingResend: () => again.length,
  };
}
