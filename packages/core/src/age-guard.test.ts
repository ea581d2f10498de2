import { expect, it } from 'vitest';
import { createAgeGuard } from './age-guard.ts';

const hour = 3_600_000;
const day = 24 * hour;
const year = 365 * day;
const start = Date.UTC(2026, 10, 30);

function guardAt(startMs = start) {
  const clock = { wall: startMs, monotonic: 5_000 };
  const seen: (number | 'ended')[] = [];
  const guard = createAgeGuard({
    now: () => clock.wall,
    monotonicMs: () => clock.monotonic,
    onStep: ({ byMs }) => seen.push(byMs),
    onStepEnded: () => seen.push('ended'),
  });
  const pass = (ms: number): void => {
    clock.wall += ms;
    clock.monotonic += ms;
  };
  return { clock, guard, seen, pass };
}

it.each([year, -year, hour + 1])('L11: a step of %d ms stops deletion by age until the clock is right again', (by) => {
  const { clock, guard, seen, pass } = guardAt();
  pass(10 * day);
  expect(guard.mayDeleteByAge()).toBe(true);
  clock.wall += by;
  expect(guard.mayDeleteByAge()).toBe(false);
  pass(30 * day);
  expect([guard.mayDeleteByAge(), guard.step()]).toEqual([false, { byMs: by, atMs: start + 10 * day + by }]);
  expect(guard.confirmedMs()).toBe(start + 40 * day);
  clock.wall -= by;
  expect([guard.mayDeleteByAge(), guard.step()]).toEqual([true, undefined]);
  expect(seen).toEqual([by, 'ended']);
});

it('L11: corrections of up to an hour are no step, and do not add up to one', () => {
  const { clock, guard, seen } = guardAt();
  for (let times = 0; times < 10; times += 1) {
    clock.wall += 0.9 * hour;
    expect(guard.mayDeleteByAge()).toBe(true);
  }
  expect(seen).toEqual([]);
});

it('L11: a second step is reported too', () => {
  const { clock, guard, seen } = guardAt();
  clock.wall += year;
  guard.step();
  guard.step();
  clock.wall += day;
  guard.step();
  expect(seen).toEqual([year, year + day]);
});

it.each([
  ['nothing was stored', undefined],
  ['a year seems to have passed', start - year],
  ['the clock is behind', start + year],
])('L11: after a start deletion by age waits for a day, without a fault, where %s', (_, stored) => {
  const { guard, seen, pass } = guardAt();
  guard.resume(stored, 72 * hour);
  expect(guard.mayDeleteByAge()).toBe(false);
  pass(day - 1);
  // A restart now waits again: what is stored does not advance.
  expect([guard.mayDeleteByAge(), guard.confirmedMs()]).toEqual([false, stored]);
  pass(1);
  expect([guard.mayDeleteByAge(), guard.confirmedMs()]).toEqual([true, start + day]);
  expect(seen).toEqual([]);
});

it('deletes by age at once after a short stop', () => {
  const { guard } = guardAt();
  guard.resume(start - 71 * hour, 72 * hour);
  expect(guard.mayDeleteByAge()).toBe(true);
});
