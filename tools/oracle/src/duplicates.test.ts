import { expect, it } from 'vitest';
import type { Arrived } from './arrivals.ts';
import { evaluateCopies } from './duplicates.ts';

const elementOf = (...copies: readonly (readonly [at: number, confirmedAt?: number])[]): Arrived => {
  const element: Arrived = { id: 'a', receipt: 'r', hash: 'h', text: 't', isHealthEvent: false, copies: [] };
  for (const [at, confirmedAt] of copies) element.copies.push({ element, at, confirmedAt });
  return element;
};
const evaluate = (element: Arrived, ...disturbances: Parameters<typeof evaluateCopies>[2][]) => {
  const { wrong, unconfirmed } = evaluateCopies([element], 'otel', disturbances.flat());
  return [wrong.length, unconfirmed];
};

it('a copy after a confirmed one is wrong', () => {
  expect(evaluate(elementOf([1, 2], [5, 6]))).toEqual([1, 0]);
});

it('a copy after an unconfirmed one is allowed, and counted', () => {
  expect(evaluate(elementOf([1], [5, 6]))).toEqual([0, 1]);
  expect(evaluate(elementOf([1, 7], [5, 6]))).toEqual([0, 1]);
});

it('a copy after a kill is allowed if its confirmation may not have been saved', () => {
  const kill = { at: 4, windowMs: 3 };
  expect(evaluate(elementOf([1, 2], [5, 6]), [kill])).toEqual([0, 0]);
  expect(evaluate(elementOf([0, 0.5], [5, 6]), [kill])).toEqual([1, 0]);
  expect(evaluate(elementOf([1, 2], [3, 3.5]), [kill])).toEqual([1, 0]);
  expect(evaluate(elementOf([1, 2], [5, 6]), [{ ...kill, destination: 'archive' }])).toEqual([1, 0]);
});
