// Wakes one loop, from anywhere, or when its time has come.
import { type Clock, noReason } from './clock.ts';

export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once if it rang since the last wait, or at `untilMs` (epoch milliseconds). */
  wait(untilMs?: number): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(untilMs = Number.POSITIVE_INFINITY) {
      if (!rung) {
        const timer = new AbortController();
        const rings = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const times = untilMs === Number.POSITIVE_INFINITY ? [] : [clock.sleep(untilMs - clock.now(), timer.signal)];
        await Promise.race([rings, ...times]);
        timer.abort(noReason);
        wake = undefined;
      }
      rung = false;
    },
  };
}
