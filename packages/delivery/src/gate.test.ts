import { expect, test } from 'vitest';
import { createGate, type Waiter } from './gate.ts';

function waiter(): Waiter & { readonly rings: () => number } {
  let rings = 0;
  return {
    rings: () => rings,
    ring() {
      rings++;
    },
  };
}

test('who came first goes first, though another asks as soon as a place is free', () => {
  const gate = createGate(1);
  const [main, run] = [waiter(), waiter()];
  expect(gate.enter(main)).toBe(true);
  expect(gate.enter(run)).toBe(false);
  expect(gate.enter(main)).toBe(false);
  gate.leave();
  expect([run.rings(), main.rings()]).toEqual([1, 0]);
  expect(gate.enter(main)).toBe(false);
  expect(gate.enter(run)).toBe(true);
  gate.leave();
  expect(main.rings()).toBe(1);
  expect(gate.enter(main)).toBe(true);
});

test('who waits no longer stands before nobody', () => {
  const gate = createGate(1);
  const [main, first, second] = [waiter(), waiter(), waiter()];
  gate.enter(main);
  gate.enter(first);
  gate.enter(second);
  gate.leave();
  gate.withdraw(first);
  expect(second.rings()).toBe(1);
  expect(gate.enter(second)).toBe(true);
});

test('two places that become free let two go', () => {
  const gate = createGate(2);
  const [main, first, second] = [waiter(), waiter(), waiter()];
  expect([gate.enter(main), gate.enter(main), gate.enter(first), gate.enter(second)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  gate.leave();
  gate.leave();
  expect(gate.enter(first)).toBe(true);
  expect(second.rings()).toBe(1);
  expect(gate.enter(second)).toBe(true);
});

test('where the type sets no bound nobody waits', () => {
  const gate = createGate(Number.POSITIVE_INFINITY);
  expect(Array.from({ length: 100 }, () => gate.enter(waiter())).every(Boolean)).toBe(true);
});
