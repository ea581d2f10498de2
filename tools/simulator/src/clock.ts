// The time in the simulated world: it never stands still, so that no two events have the same time.
import type { Random } from './random.ts';
import type { TimeForm } from './spelling.ts';

export interface Clock {
  /** The next event's time in epoch ms. Unique also when written in whole seconds, which `form` `s` asks for. */
  tick(form: TimeForm): { readonly timeMs: number; readonly form: TimeForm };
}

const maxAheadMs = 2000;

/** Moves by `stepMs` an event on average. */
export function createClock(startMs: number, stepMs: number, random: Random): Clock {
  let steady = startMs;
  let last = startMs - 1;
  return {
    tick(wanted) {
      steady += stepMs * 2 * random.next();
      const soonest = Math.max(last + 1, Math.floor(steady));
      // Whole seconds are used up at one a second: asked for more often, they would make the clock run ahead.
      const form = wanted === 's' && soonest - steady > maxAheadMs ? 'ms' : wanted;
      last = form === 's' ? Math.ceil(soonest / 1000) * 1000 : soonest;
      return { timeMs: last, form };
    },
  };
}
