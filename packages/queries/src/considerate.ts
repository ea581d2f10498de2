// Lets the pipeline go first: work for an operator takes a share of the process, and never more.
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Milliseconds of work at a stretch, and of rest after each: a third of one processor at most. */
const workMs = 2;
const restMs = 4;

interface Timing {
  /** Milliseconds, from any beginning. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

/** All who work by what it gives share the one third, however many they are. */
export function shareOfTheProcess({ now, sleep }: Timing): () => () => Promise<void> {
  /** When the next stretch may begin. */
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

/** What it gives is to be awaited between small pieces of work. */
export const considerately = shareOfTheProcess({ now: () => performance.now(), sleep: (ms) => setTimeout(ms) });

/** Where nothing runs beside it: only signals are let through. */
export function swiftly(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < 20) return;
    await setImmediate();
    since = performance.now();
  };
}
