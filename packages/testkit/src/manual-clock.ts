// A clock that stands still until a test moves it.
import { setImmediate } from 'node:timers/promises';

export interface ManualClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves when the clock has been moved that far, or `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Moves the clock, waking sleepers in the order of their time, each with what follows from it done before the next. */
  advance(ms: number): Promise<void>;
  /** Lets all work go on that waits for no time. */
  settle(): Promise<void>;
  /** Moves from sleeper to sleeper until the condition holds; throws if that takes more than `maxMs` of its time. */
  runUntil(condition: () => boolean, maxMs?: number): Promise<void>;
  /** Those who sleep now. */
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
        if (next === undefined) throw new Error('the condition does not hold, and nobody waits for the clock');
        if (next.atMs > endMs) throw new Error(`the condition does not hold after ${maxMs} ms`);
        await wake(next);
      }
    },
  };
}
