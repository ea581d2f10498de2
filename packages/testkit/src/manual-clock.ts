// A clock that a test advances.
import { setImmediate } from 'node:timers/promises';

export interface ManualClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves when the clock has advanced by `ms`, or `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Advances the clock. Wakes sleepers in the order of their time, and settles after each. */
  advance(ms: number): Promise<void>;
  /** Runs all work that does not wait for the clock. */
  settle(): Promise<void>;
  /** Advances from sleeper to sleeper until the condition is true. Throws if that takes more than `maxMs` on this clock. */
  runUntil(condition: () => boolean, maxMs?: number): Promise<void>;
  /** Number of sleepers. */
  sleepers(): number;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

const turnsToSettle = 32;

export function createManualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  const sleeping = new Set<Sleeper>();

  const settle = async () => {
    for (let turn = 0; turn < turnsToSettle; turn++) await setImmediate();
  };
  const first = (): Sleeper | undefined => {
    let earliest: Sleeper | undefined;
    for (const sleeper of sleeping) if (earliest === undefined || sleeper.atMs < earliest.atMs) earliest = sleeper;
    return earliest;
  };
  const wake = async (sleeper: Sleeper) => {
    nowMs = Math.max(nowMs, sleeper.atMs);
    sleeper.wake();
    await settle();
  };

  return {
    now: () => nowMs,
    sleepers: () => sleeping.size,
    settle,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper: Sleeper = {
          atMs: nowMs + Math.max(0, ms),
          wake() {
            sleeping.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (let next = first(); next !== undefined && next.atMs <= endMs; next = first()) await wake(next);
      nowMs = endMs;
    },
    async runUntil(condition, maxMs = 3_600_000) {
      const endMs = nowMs + maxMs;
      await settle();
      while (!condition()) {
        const next = first();
        if (next === undefined) throw new Error('the condition is false, and there are no sleepers');
        if (next.atMs > endMs) throw new Error(`the condition is false after ${maxMs} ms`);
        await wake(next);
      }
    },
  };
}
