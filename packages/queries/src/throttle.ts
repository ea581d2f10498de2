// Throttles work for an operator, so that the pipeline has priority.
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Milliseconds of work, and of rest after it: at most a third of one CPU. */
const workMs = 2;
const restMs = 4;

interface Timing {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

/** All users of one throttle together get at most a third of one CPU. */
export function createThrottle({ now, sleep }: Timing): () => () => Promise<void> {
  /** Earliest time of the next slot. */
  let freeAtMs = 0;
  return () => {
    let sinceMs = now();
    return async () => {
      const nowMs = now();
      if (nowMs - sinceMs < workMs) return;
      const nextMs = Math.max(nowMs + restMs, freeAtMs);
      freeAtMs = nextMs + workMs + restMs;
      await sleep(nextMs - nowMs);
      sinceMs = now();
    };
  };
}

/** Returns a function to be awaited between small pieces of work. */
export const throttled = createThrottle({ now: () => performance.now(), sleep: (ms) => setTimeout(ms) });

/** For a process that runs nothing else: yields to the event loop every 20 ms, for signals. */
export function unthrottled(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < 20) return;
    await setImmediate();
    since = performance.now();
  };
}
