// The clock of the simulated world: every event has its own time.
import type { Random } from './random.ts';
import { isInSeconds, type TimeForm } from './time-forms.ts';

export interface Clock {
  /** The time of the next event in epoch ms, also unique in whole seconds where `form` has no more. */
  tick(form: TimeForm): { readonly timeMs: number; readonly form: TimeForm };
}

const maxAheadMs = 2000;

/** Advances by `stepMs` for each event on average. */
export function createClock(startMs: number, stepMs: number, random: Random): Clock {
  let steady = startMs;
  let last = startMs - 1;
  return {
    tick: function tickClock(wanted) {
      steady += stepMs * 2 * random.next();
      const soonest = Math.max(last + 1, Math.floor(steady));
      // Unique whole seconds advance by one second each. Used too often, they would move the clock too far ahead.
      const form = isInSeconds(wanted) && soonest - steady > maxAheadMs ? 'ms' : wanted;
      last = isInSeconds(form) ? Math.ceil(soonest / 1000) * 1000 : soonest;
      return { timeMs: last, form };
    },
  };
}
