// Tracks blocked events: an operator must fix something first. They wait together and are sent again together.
import type { Pending } from './pending-queue.ts';

/** The blocked events; `code` and `message` belong to the last one. */
export interface Blocked {
  readonly events: number;
  /** Bytes of their JSON. */
  readonly bytes: number;
  readonly code: string;
  /** Sanitized message of the destination. */
  readonly message: string | undefined;
}

/** `delay` returns the milliseconds before the next attempt, by the number of consecutive attempts without success. */
export function createBlockedEvents(delay: (attempts: number) => number) {
  let events = 0;
  let bytes = 0;
  let attempts = 0;
  let nextMs = 0;
  let last: Pick<Blocked, 'code' | 'message'> = { code: 'none', message: undefined };

  const reset = () => {
    attempts = 0;
    nextMs = 0;
  };
  const block = (some: readonly Pending[], code: string, message: string | undefined, nowMs: number) => {
    // One attempt takes several batches, with new events between them. All wait for the same time.
    if (nextMs <= nowMs) nextMs = nowMs + delay(++attempts);
    last = { code, message };
    for (const pending of some) {
      pending.notBeforeMs = nextMs;
      pending.blockedAtMs = nowMs;
      // The event has its own verdict, so it does not make its batch fail.
      pending.groupLimit = Number.POSITIVE_INFINITY;
      if (pending.isBlocked) continue;
      pending.isBlocked = true;
      events++;
      bytes += pending.event.bytes;
    }
  };
  const unblock = (pending: Pending) => {
    if (!pending.isBlocked) return;
    pending.isBlocked = false;
    events--;
    bytes -= pending.event.bytes;
    if (events === 0) reset();
  };
  return {
    /** Makes the next attempt due now, and the delay after it the shortest. */
    reset,
    /** Blocks events until the next attempt, including events that are already blocked. */
    block,
    /** Removes an event, whatever its outcome. */
    unblock,
    /** Undefined if no event is blocked. */
    summary: (): Blocked | undefined => (events === 0 ? undefined : { events, bytes, ...last }),
  };
}
