// For tests: a steady clock that moves when it is told to.
import type { SteadyClock } from './fold-faults.ts';

export interface DrivenClock extends SteadyClock {
  /** Moves on by `ms`, and runs what became due on the way. */
  pass(ms: number): void;
  /** What still waits to run. */
  waiting(): number;
}

export function drivenClock(): DrivenClock {
  let time = 0;
  const due = new Set<{ readonly at: number; readonly what: () => void }>();
  return {
    now: () => time,
    after(ms, what) {
      const entry = { at: time + ms, what };
      due.add(entry);
      return () => due.delete(entry);
    },
    pass(ms) {
      const until = time + ms;
      for (;;) {
        const [next] = [...due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        due.delete(next);
        time = next.at;
        next.what();
      }
      time = until;
    },
    waiting: () => due.size,
  };
}
