// Lets the pipeline go first: work for an operator takes a share of the process, and never more.
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Milliseconds of work at a stretch, and of rest after each: a third of one processor at most. */
const workMs = 2;
const restMs = 4;

/** To be awaited between small pieces of work. */
export function considerately(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < workMs) return;
    await setTimeout(restMs);
    since = performance.now();
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
