import { expect, it } from 'vitest';
import { createSteadyClock, wallMsOf } from './clock.ts';

const year = 365 * 86_400_000;

it.each([year, -year])('L11: a step of %d ms moves no wait, and times are shown by the new time', (by) => {
  const at = { wall: 1_000_000, monotonic: 50 };
  const clock = createSteadyClock(
    () => at.wall,
    () => at.monotonic,
  );
  expect(clock.now()).toBe(1_000_000);
  at.wall += 10_000 + by;
  at.monotonic += 10_000;
  expect(clock.now()).toBe(1_010_000);
  expect(wallMsOf(clock, 1_005_000)).toBe(1_005_000 + by);
  // The clocks run at slightly different speeds: shown times do not flicker.
  at.wall += 900;
  expect(wallMsOf(clock, 1_005_000)).toBe(1_005_000 + by);
  at.wall -= by + 900;
  expect(wallMsOf(clock, 1_005_000)).toBe(1_005_000);
});
