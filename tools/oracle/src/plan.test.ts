import { expect, it } from 'vitest';
import { faultNames, planOf, type Step, textOf } from './plan.ts';

function stepsOf(seed: number, count: number): readonly Step[] {
  const plan = planOf(seed);
  return Array.from({ length: count }, () => plan.next().value);
}

it('the same seed gives the same order of faults, another seed another one', () => {
  const order = (seed: number) => stepsOf(seed, 200).map(textOf);
  expect(order(7)).toEqual(order(7));
  expect(order(8)).not.toEqual(order(7));
});

it('one round has every fault', () => {
  expect(new Set(stepsOf(3, 24).map(({ fault }) => fault))).toEqual(new Set(faultNames));
});
