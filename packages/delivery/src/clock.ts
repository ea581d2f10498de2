// The clock that drives all waiting, so that tests can drive it; and waits that end: by a wakeup, a time limit, a signal.

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves when the time is over or `signal` fires, whichever is first; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Ends a sleep that is not needed any more; without it each `abort()` makes an Error, which holds on to its stack. */
export const noReason = 'no longer waited for';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
      signal.addEventListener('abort', end, { once: true });
    }),
};

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
