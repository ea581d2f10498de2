// Counts events that share their id with an event of another request.
import { expect, it } from 'vitest';
import { bodyOf, receivedAtMs, testSource } from './test-source.ts';

const login = { timeStamp: receivedAtMs, code: 10001 };

function counting(config: object = {}) {
  let repeated = 0;
  const add = (name: string, count: number) => {
    if (name === 'repeated_content') repeated += count;
  };
  const source = testSource(config, { add });
  return (sequence: number, value: object, origin: 'webhook' | 'rest' = 'webhook'): number => {
    const before = repeated;
    for (const _ of source.normalize({ ...bodyOf(JSON.stringify(value), { origin }), sequence }, receivedAtMs));
    return repeated - before;
  };
}

it('counts content that comes in a different request', () => {
  const read = counting();
  expect(read(1, [login, { ...login, code: 2 }])).toBe(0);
  expect(read(2, login)).toBe(1);
  expect(
    read(3, [
      { ...login, code: 3 },
      { code: 10001, time_stamp: receivedAtMs },
    ]),
  ).toBe(1);
});

it('does not count an equal request, a request that is read again, or a fetched body', () => {
  const read = counting();
  expect([read(1, login), read(2, login), read(1, login), read(3, [login], 'rest')]).toEqual([0, 0, 0, 0]);
  expect([read(4, [login]), read(4, [login])]).toEqual([1, 0]);
});

it('does not count equal elements of one request, or with distinct repeats', () => {
  expect(counting()(1, [login, login])).toBe(0);
  const distinct = counting({ repeats: 'distinct' });
  expect([distinct(1, login), distinct(2, [login])]).toEqual([0, 0]);
});
