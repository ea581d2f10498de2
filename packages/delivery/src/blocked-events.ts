// Events of which an operator has to fix something first: they wait together, and are sent again together.
import type { Pending } from './pending-queue.ts';

/** What is blocked now; `code` and `words` are those of the last event that was. */
export interface Blocked {
  readonly events: number;
  /** Bytes of their JSON. */
  readonly bytes: number;
  readonly code: string;
  /** The destination's own words, fit to be shown. */
  readonly message: string | undefined;
}

/** `delay` gives the milliseconds before the next try, by the number of tries in a row that freed nothing. */
export function createBlockedEvents(delay: (tries: number) => number) {
  let events = 0;
  let bytes = 0;
  let tries = 0;
  let nextMs = 0;
  let last: Pick<Blocked, 'code' | 'message'> = { code: 'none', message: undefined };

  const reset = () => {
    tries = 0;
    nextMs = 0;
  };
  return {
    /** Something was fixed, or an operator says so: the next try is now, and the wait after it the shortest again. */
    reset,
    /** Keeps events back, those that are blocked already included, until the next try. */
    block(some: readonly Pending[], code: string, message: string | undefined, nowMs: number) {
      // One try is several batches, and new events come in between: all of them wait for the same moment.
      if (nextMs <= nowMs) nextMs = nowMs + delay(++tries);
      last = { code, message };
      for (const pending of some) {
        pending.notBeforeMs = nextMs;
        pending.blockedAtMs = nowMs;
        // It got a verdict of its own, so it fails no other event of its batch.
        pending.groupLimit = Number.POSITIVE_INFINITY;
        if (pending.isBlocked) continue;
        pending.isBlocked = true;
        events++;
        bytes += pending.event.bytes;
      }
    },
    /** This event is blocked no longer, whatever became of it. */
    unblock(pending: Pending) {
      if (!pending.isBlocked) return;
      pending.isBlocked = false;
      events--;
      bytes -= pending.event.bytes;
      if (events === 0) reset();
    },
    /** Undefined if nothing is blocked. */
    attributes: (): Blocked | undefined => (events === 0 ? undefined : { events, bytes, ...last }),
  };
}
