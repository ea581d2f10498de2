// The share of one CPU that throttled work uses, measured by a fake clock that only the work advances.
import { expect, test } from 'vitest';
import { createThrottle } from './throttle.ts';

/** A fake CPU: work advances its clock, and sleepers wake in the order of their deadlines. */
function processor() {
  let nowMs = 0;
  const asleep: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    now: () => nowMs,
    sleep: (ms: number) => new Promise<void>((wake) => asleep.push({ atMs: nowMs + ms, wake })),
    work(ms: number) {
      nowMs += ms;
    },
    async runUntil(endMs: number) {
      for (;;) {
        // Each worker that is awake works until it sleeps.
        for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
        asleep.sort((one, other) => one.atMs - other.atMs);
        const next = asleep.shift();
        if (next === undefined || next.atMs >= endMs) return;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
    },
  };
}

test.each([1, 8])('%i concurrent workers together use a third of one CPU', async (workers) => {
  const spanMs = 3_000;
  const machine = processor();
  const share = createThrottle(machine);
  const worked = Array.from({ length: workers }, () => 0);
  for (const [worker] of worked.entries()) {
    const yieldNow = share();
    void (async () => {
      while (machine.now() < spanMs) {
        machine.work(0.25);
        worked[worker] = (worked[worker] ?? 0) + 0.25;
        await yieldNow();
      }
    })();
  }
  await machine.runUntil(spanMs);
  const together = worked.reduce((sum, ms) => sum + ms);
  expect(together).toBeLessThan(spanMs / 3 + 5 * workers);
  expect(together).toBeGreaterThan(spanMs / 4);
  // Every worker had its turn.
  expect(Math.min(...worked)).toBeGreaterThan(spanMs / 5 / workers);
});

test('small pieces of work with long pauses are not delayed', async () => {
  const machine = processor();
  const yieldNow = createThrottle(machine)();
  machine.work(1);
  let done = false;
  void yieldNow().then(() => {
    done = true;
  });
  await Promise.resolve();
  expect(done).toBe(true);
});
