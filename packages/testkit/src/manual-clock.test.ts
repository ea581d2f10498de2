import { expect, test } from 'vitest';
import { createManualClock } from './manual-clock.ts';

test('sleepers wake in the order of their time, and the work of each ends before the next wakes', async () => {
  const clock = createManualClock(0);
  const seen: string[] = [];
  const late = clock.sleep(20).then(() => seen.push(`late ${clock.now()}`));
  const early = clock.sleep(10).then(async () => {
    seen.push(`early ${clock.now()}`);
    await clock.sleep(5);
    seen.push(`again ${clock.now()}`);
  });
  await clock.advance(20);
  await Promise.all([late, early]);
  expect(seen).toEqual(['early 10', 'again 15', 'late 20']);
  expect(clock.now()).toBe(20);
  expect(clock.sleepers()).toBe(0);
});

test('the clock advances without sleepers, and not too far', async () => {
  const clock = createManualClock(0);
  let awake = false;
  void clock.sleep(101).then(() => {
    awake = true;
  });
  await clock.advance(100);
  expect([clock.now(), awake]).toEqual([100, false]);
});

test('a signal ends a sleep, before and during the sleep', async () => {
  const clock = createManualClock(0);
  const abort = new AbortController();
  const sleep = clock.sleep(1_000, abort.signal);
  abort.abort();
  await sleep;
  await clock.sleep(1_000, abort.signal);
  expect([clock.now(), clock.sleepers()]).toEqual([0, 0]);
});

test('runUntil runs until the condition is true, and throws if it never is', async () => {
  const clock = createManualClock(0);
  let ticks = 0;
  const tick = async (): Promise<void> => {
    await clock.sleep(10);
    ticks++;
    return tick();
  };
  void tick();
  await clock.runUntil(() => ticks === 5);
  expect(clock.now()).toBe(50);
  await expect(clock.runUntil(() => false, 100)).rejects.toThrow('after 100 ms');
  await expect(createManualClock(0).runUntil(() => false)).rejects.toThrow('there are no sleepers');
});
