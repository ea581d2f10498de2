// Waits that end: at a notification, at a time limit, or when a signal fires.
import { type Clock, noReason } from './clock.ts';

export type Wakeup = ReturnType<typeof createWakeup>;

/** Wakes one loop. */
export function createWakeup(clock: Clock) {
  let isNotified = false;
  let wake: (() => void) | undefined;
  return {
    notify() {
      isNotified = true;
      wake?.();
    },
    /** Resolves at the next notification, at once if there was one since the last wait, or at `untilMs` (epoch milliseconds). */
    async wait(untilMs = Number.POSITIVE_INFINITY) {
      if (!isNotified) {
        const timer = new AbortController();
        const notified = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const times = untilMs === Number.POSITIVE_INFINITY ? [] : [clock.sleep(untilMs - clock.now(), timer.signal)];
        await Promise.race([notified, ...times]);
        timer.abort(noReason);
        wake = undefined;
      }
      isNotified = false;
    },
  };
}

/** Time that what should end at once is given to end. */
export const endGraceMs = 3_000;

/** True if `work` ended within the time. Its failure is thrown. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([work.then(() => true), clock.sleep(ms, timer.signal).then(() => false)]);
  } finally {
    timer.abort(noReason);
  }
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
