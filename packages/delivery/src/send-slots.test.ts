import { expect, test } from 'vitest';
import { createSendSlots, type SlotWaiter } from './send-slots.ts';

function waiter(): SlotWaiter & { readonly notified: () => number } {
  let times = 0;
  return {
    notified: () => times,
    notify() {
      times++;
    },
  };
}

test('the first waiter gets the slot, even if another asks as soon as it is free', () => {
  const slots = createSendSlots(1);
  const [main, run] = [waiter(), waiter()];
  expect(slots.acquire(main)).toBe(true);
  expect(slots.acquire(run)).toBe(false);
  expect(slots.acquire(main)).toBe(false);
  slots.release();
  expect([run.notified(), main.notified()]).toEqual([1, 0]);
  expect(slots.acquire(main)).toBe(false);
  expect(slots.acquire(run)).toBe(true);
  slots.release();
  expect(main.notified()).toBe(1);
  expect(slots.acquire(main)).toBe(true);
});

test('a withdrawn waiter does not delay others', () => {
  const slots = createSendSlots(1);
  const [main, first, second] = [waiter(), waiter(), waiter()];
  slots.acquire(main);
  slots.acquire(first);
  slots.acquire(second);
  slots.release();
  slots.withdraw(first);
  expect(second.notified()).toBe(1);
  expect(slots.acquire(second)).toBe(true);
});

test('two free slots serve two waiters', () => {
  const slots = createSendSlots(2);
  const [main, first, second] = [waiter(), waiter(), waiter()];
  expect([slots.acquire(main), slots.acquire(main), slots.acquire(first), slots.acquire(second)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  slots.release();
  slots.release();
  expect(slots.acquire(first)).toBe(true);
  expect(second.notified()).toBe(1);
  expect(slots.acquire(second)).toBe(true);
});

test('without a limit there is no waiting', () => {
  const slots = createSendSlots(Number.POSITIVE_INFINITY);
  expect(Array.from({ length: 100 }, () => slots.acquire(waiter())).every(Boolean)).toBe(true);
});
