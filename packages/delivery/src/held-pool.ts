// Events of which a person has to mend something first: they wait together, and are sent again together.
import type { Pending } from './batcher.ts';

/** What is held now; `code` and `words` are those of the last event that was. */
export interface Held {
  readonly events: number;
  /** Bytes of their JSON. */
  readonly bytes: number;
  readonly code: string;
  /** The destination's own words, fit to be shown. */
  readonly words: string | undefined;
}

export interface HeldPool {
  /** Holds events back, those that are held already included, until the pool's next turn. */
  hold(events: readonly Pending[], code: string, words: string | undefined, nowMs: number): void;
  /** This event is held no longer, whatever became of it. */
  leave(event: Pending): void;
  /** Something was mended, or somebody says so: the next turn is now, and the wait after it the shortest again. */
  startAnew(): void;
  /** Undefined if nothing is held. */
  facts(): Held | undefined;
}

/** `delay` gives the milliseconds before a turn, by the number of turns in a row that freed nothing. */
export function createHeldPool(delay: (turns: number) => number): HeldPool {
  let events = 0;
  let bytes = 0;
  let turns = 0;
  let nextMs = 0;
  let last: Pick<Held, 'code' | 'words'> = { code: 'none', words: undefined };

  const startAnew = () => {
    turns = 0;
    nextMs = 0;
  };
  return {
    startAnew,
    hold(those, code, words, nowMs) {
      // One turn is several batches, and new events come in between: all of them wait for the same moment.
      if (nextMs <= nowMs) nextMs = nowMs + delay(++turns);
      last = { code, words };
      for (const pending of those) {
        pending.notBeforeMs = nextMs;
        pending.heldAtMs = nowMs;
        // It was judged by itself, so it spoils no batch.
        pending.groupLimit = Number.POSITIVE_INFINITY;
        if (pending.held) continue;
        pending.held = true;
        events++;
        bytes += pending.event.bytes;
      }
    },
    leave(pending) {
      if (!pending.held) return;
      pending.held = false;
      events--;
      bytes -= pending.event.bytes;
      if (events === 0) startAnew();
    },
    facts: () => (events === 0 ? undefined : { events, bytes, ...last }),
  };
}
