// Lets the pipeline go first: work for an operator takes a share of the process, and never more.
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Milliseconds of work at a stretch, and of rest after each: a third of one processor at most. */
const workMs = 2;
const restMs = 4;
/** When the next stretch may begin: all who work for an operator share the one third, however many they are. */
let freeAtMs = 0;

/** To be awaited between small pieces of work. */
export function considerately(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    const nowMs = performance.now();
    if (nowMs - sinceMs < workMs) return;
    const nextMs = Math.max(nowMs + restMs, freeAtMs);
    freeAtMs = nextMs + workMs + restMs;
    await setTimeout(nextMs - nowMs);
    sinceMs = performance.now();
  };
}

/** Where nothing runs beside it: only signals are let through. */
export function swiftly(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < 20) return;
    await setImmediate();
    since = performance.now();
  };
}
