// The clock that drives all waiting, so that tests can drive it.

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
