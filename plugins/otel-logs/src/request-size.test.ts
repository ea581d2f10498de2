import { expect, it } from 'vitest';
import { createRequestSize } from './request-size.ts';

const accept = (size: ReturnType<typeof createRequestSize>, times: number) => {
  for (let time = 0; time < times; time++) size.onAccepted();
};

it('has no limit before the first rejection', () => {
  const size = createRequestSize();
  accept(size, 25);
  expect(size.maxEvents()).toBe(Number.POSITIVE_INFINITY);
});

it('falls to one event, and grows after each ten accepted requests', () => {
  const size = createRequestSize();
  size.onPartlyRejected();
  const limits = [1, 10, 100, Number.POSITIVE_INFINITY].map((expected) => {
    const limit = size.maxEvents();
    accept(size, 9);
    expect(size.maxEvents()).toBe(expected);
    accept(size, 1);
    return limit;
  });
  expect(limits).toEqual([1, 10, 100, Number.POSITIVE_INFINITY]);
});

it.each(['onPartlyRejected', 'onRejected'] as const)('restarts its count of accepted requests after %s', (rejected) => {
  const size = createRequestSize();
  size.onPartlyRejected();
  accept(size, 9);
  size[rejected]();
  accept(size, 9);
  expect(size.maxEvents()).toBe(1);
});

it('has no limit where every rejected event is known', () => {
  const size = createRequestSize();
  size.onRejected();
  expect(size.maxEvents()).toBe(Number.POSITIVE_INFINITY);
});
