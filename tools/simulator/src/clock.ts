// The clock of the simulated world: every event has its own time.
import type { Random } from './random.ts';
import type { TimeForm } from './spelling.ts';

export interface Clock {
  /** The time of the next event in epoch ms, also unique in whole seconds (`form` `s`). */
  tick(form: TimeForm): { readonly timeMs: number; readonly form: TimeForm };
}

const maxAheadMs = 2000;

/** Advances by `stepMs` for each event on average. */
export function createClock(startMs: number, stepMs: number, random: Random): Clock {
  let steady = startMs;
  let last = startMs - 1;
  return {
    tick(wanted) {
      steady += stepMs * 2 * random.next();
      const soonest = Math.max(last + 1, Math.floor(steady));
      // Unique whole seconds advance by one second each. Used too often, they would move the clock too far ahead.
      const form = wanted === 's' && soonest - steady > maxAheadMs ? 'ms' : wanted;
      last = form === 's' ? Math.ceil(soonest / 1000) * 1000 : soonest;
      return { timeMs: last, form };
    },
  };
}
