import { expect, it } from 'vitest';
import { createCaution } from './caution.ts';

const pass = (caution: ReturnType<typeof createCaution>, times: number) => {
  for (let time = 0; time < times; time++) caution.passedWhole();
};

it('knows no bound before anything was rejected', () => {
  const caution = createCaution();
  pass(caution, 25);
  expect(caution.size()).toBe(Number.POSITIVE_INFINITY);
});

it('goes down to one event, and up again by ten whole requests a step', () => {
  const caution = createCaution();
  caution.rejectedSome();
  const sizes = [1, 10, 100, Number.POSITIVE_INFINITY].map((expected) => {
    const size = caution.size();
    pass(caution, 9);
    expect(caution.size()).toBe(expected);
    pass(caution, 1);
    return size;
  });
  expect(sizes).toEqual([1, 10, 100, Number.POSITIVE_INFINITY]);
});

it.each(['rejectedSome', 'rejectedAll'] as const)('counts whole requests anew after %s', (rejected) => {
  const caution = createCaution();
  caution.rejectedSome();
  pass(caution, 9);
  caution[rejected]();
  pass(caution, 9);
  expect(caution.size()).toBe(1);
});

it('needs no care where every rejected event is known', () => {
  const caution = createCaution();
  caution.rejectedAll();
  expect(caution.size()).toBe(Number.POSITIVE_INFINITY);
});
