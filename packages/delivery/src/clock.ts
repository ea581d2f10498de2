// The clock of all waits, which tests replace, and waits for a wakeup, a time limit or a signal.

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after the time, or when `signal` fires. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** The wall-clock time of a time of `now`, to show or store it. Absent: `now` is the wall clock. */
  wallMs?(ms: number): number;
}

export const wallMsOf = (clock: Clock, ms: number): number => clock.wallMs?.(ms) ?? ms;

/** Reason to abort a sleep that is not needed any more. Without a reason, each `abort()` creates an Error with a stack. */
export const noReason = 'not needed any more';

/** The clock of the system. */
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

/** Smaller differences are accepted: the two clocks run at slightly different speeds. */
const minStepMs = 2_000;

/**
 * A clock that no change of the system clock moves: with the system clock, a step back would stop all retries until the
 * time is reached again, and a step forward would end their time limits.
 */
export function createSteadyClock(
  wallMs: () => number = Date.now,
  monotonicMs: () => number = () => performance.now(),
): Clock {
  const startMs = wallMs() - monotonicMs();
  const now = (): number => startMs + monotonicMs();
  let steppedMs = 0;
  return {
    now,
    sleep: systemClock.sleep,
    wallMs(ms) {
      const differenceMs = wallMs() - now();
      if (Math.abs(differenceMs - steppedMs) > minStepMs) steppedMs = differenceMs;
      return ms + steppedMs;
    },
  };
}

export type Wakeup = ReturnType<typeof createWakeup>;

/** Wakes one loop. */
export function createWakeup(clock: Clock) {
  let isNotified = false;
  let wake: (() => void) | undefined;

  function notifyWakeup(): void {
    isNotified = true;
    wake?.();
  }
  async function waitForWakeup(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
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
  }

  return {
    notify: notifyWakeup,
    /** Resolves at the next notification, or at `untilMs` (epoch milliseconds). A notification since the last wait counts. */
    wait: waitForWakeup,
  };
}

/** Time limit for work that should end at once. */
export const endGraceMs = 3_000;

/** True if `work` ended within the time. Rejects if `work` does. */
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
