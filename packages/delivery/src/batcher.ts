// What waits to be sent: new events in order, and those to be sent again.
import type { Limits } from './policy.ts';
import type { PreparedEvent } from './shared-bodies.ts';

/** An event on its way to one destination. */
export interface Pending {
  readonly event: PreparedEvent;
  /** Epoch milliseconds, as all times here. */
  readonly takenAtMs: number;
  attempts: number;
  firstAttemptMs: number;
  lastAttemptMs: number;
  notBeforeMs: number;
  /** Attempts after which it was to be sent again by itself, or the destination could not be had. */
  setbacks: number;
  /** Attempts that failed while other events passed. */
  failures: number;
  /** Events that had passed when this one was last sent, or last failed. */
  passedBefore: number;
  /** Largest batch that it may be in: halved until the one that spoils a batch is alone. */
  groupLimit: number;
  /** An earlier attempt may have succeeded unseen. */
  maybeThere: boolean;
  /** A person has to mend something first. */
  held: boolean;
  /** When it was last held. */
  heldAtMs: number;
}

export function pendingOf(event: PreparedEvent, takenAtMs: number): Pending {
  return {
    ...{ event, takenAtMs, attempts: 0, firstAttemptMs: 0, lastAttemptMs: 0, notBeforeMs: 0 },
    ...{ setbacks: 0, failures: 0, passedBefore: 0, groupLimit: Number.POSITIVE_INFINITY, maybeThere: false },
    ...{ held: false, heldAtMs: Number.NEGATIVE_INFINITY },
  };
}

export interface Batcher {
  add(event: Pending): void;
  addAgain(events: readonly Pending[]): void;
  /** The next batch within the limits, if one is due. */
  take(nowMs: number, limits: Limits): readonly Pending[] | undefined;
  /** Epoch milliseconds at which a batch will be due; in the past if one is; infinite if nothing waits. */
  dueMs(limits: Limits): number;
  /** Takes out the events that match, new ones and those to be sent again. */
  remove(matches: (event: Pending) => boolean): readonly Pending[];
  /** Those to be sent again wait no longer. */
  hurry(nowMs: number): void;
  /** Events that wait, new ones and those to be sent again. */
  size(): number;
  /** Events that wait to be sent again. */
  waitingAgain(): number;
}

export function createBatcher(maxAgeMs: number): Batcher {
  let fresh: Pending[] = [];
  let freshBytes = 0;
  let again: Pending[] = [];
  let freshProbe = false;

  const freshDueMs = ({ maxEvents, maxBytes, probing, againOnly }: Limits) => {
    const [oldest] = fresh;
    if (oldest === undefined || againOnly) return Number.POSITIVE_INFINITY;
    if (probing || fresh.length >= maxEvents || freshBytes >= maxBytes) return oldest.takenAtMs;
    return oldest.takenAtMs + maxAgeMs;
  };
  const againDueMs = () => again.reduce((due, { notBeforeMs }) => Math.min(due, notBeforeMs), Number.POSITIVE_INFINITY);

  const takeFresh = ({ maxEvents, maxBytes }: Limits) => {
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
  const takeAgain = (nowMs: number, { maxEvents, maxBytes }: Limits) => {
    const batch: Pending[] = [];
    const rest: Pending[] = [];
    let bytes = 0;
    let room = maxEvents;
    for (const pending of again) {
      const limit = Math.min(room, pending.groupLimit);
      const fits = batch.length < limit && (batch.length === 0 || bytes + pending.event.bytes <= maxBytes);
      if (pending.notBeforeMs > nowMs || !fits) {
        rest.push(pending);
        continue;
      }
      room = limit;
      bytes += pending.event.bytes;
      batch.push(pending);
    }
    again = rest;
    return batch;
  };

  return {
    add(pending) {
      fresh.push(pending);
      freshBytes += pending.event.bytes;
    },
    addAgain(events) {
      again.push(...events);
    },
    dueMs: (limits) => Math.max(limits.notBeforeMs, Math.min(againDueMs(), freshDueMs(limits))),
    take(nowMs, limits) {
      if (limits.notBeforeMs > nowMs) return undefined;
      const freshIsDue = freshDueMs(limits) <= nowMs;
      // While probing the two take turns, so that one event that always fails cannot keep a destination closed.
      freshProbe = limits.probing && !freshProbe;
      if (!(freshProbe && freshIsDue)) {
        const batch = takeAgain(nowMs, limits);
        if (batch.length > 0) return batch;
      }
      return freshIsDue ? takeFresh(limits) : undefined;
    },
    remove(matches) {
      const removed = [...again, ...fresh].filter(matches);
      if (removed.length === 0) return removed;
      again = again.filter((pending) => !matches(pending));
      fresh = fresh.filter((pending) => !matches(pending));
      freshBytes = fresh.reduce((sum, { event }) => sum + event.bytes, 0);
      return removed;
    },
    hurry(nowMs) {
      for (const pending of again) pending.notBeforeMs = Math.min(pending.notBeforeMs, nowMs);
    },
    size: () => fresh.length + again.length,
    waitingAgain: () => again.length,
  };
}
