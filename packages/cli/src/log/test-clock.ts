// For tests: a fake monotonic clock.
import type { MonotonicClock } from './fold-faults.ts';

export interface FakeClock extends MonotonicClock {
  /** Advances the time by `ms`, and runs the callbacks that are due. */
  advance(ms: number): void;
  /** Pending callbacks. */
  pending(): number;
}

export function fakeClock(): FakeClock {
  let time = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  function advanceClock(ms: number): void {
    const until = time + ms;
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers.delete(next);
      time = next.at;
      next.callback();
    }
    time = until;
  }
  return {
    now: () => time,
    after(ms, callback) {
      const timer = { at: time + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: advanceClock,
    pending: () => timers.size,
  };
}
