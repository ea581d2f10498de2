import { expect, test } from 'vitest';
import { refusedCredentials } from './refused-credentials.ts';

function fixture() {
  let atMs = 0;
  const refused = refusedCredentials(() => atMs);
  return {
    ...refused,
    pass: (ms: number) => {
      atMs += ms;
    },
    /** The results of `count` refusals in a row. */
    times: (count: number, address = 'a') => Array.from({ length: count }, () => refused.refuse('xiq', address)),
  };
}

test('twenty refusals in a minute get 401, more get 429 with the seconds that remain', () => {
  const { times, pass, refuse } = fixture();
  expect(times(20)).toEqual(Array.from({ length: 20 }, () => undefined));
  expect(refuse('xiq', 'a')).toBe(60);
  pass(45_500);
  expect(refuse('other', 'a')).toBe(15);
  expect(refuse('xiq', 'b')).toBeUndefined();
  pass(14_500);
  expect(refuse('xiq', 'a')).toBeUndefined();
});

test('with very many addresses the one refused longest ago is dropped', () => {
  const { times, refuse } = fixture();
  times(20, 'first');
  times(20, 'second');
  refuse('xiq', 'first');
  for (let address = 0; address < 9_999; address += 1) refuse('xiq', `other-${address}`);
  expect(refuse('xiq', 'first')).toBe(60);
  expect(refuse('xiq', 'second')).toBeUndefined();
});

test('refusals since the last call are listed by source and address, with a limit', () => {
  const { times, refuse, takeRecent } = fixture();
  times(3);
  refuse('other', 'a');
  expect(takeRecent()).toEqual([
    { source: 'xiq', address: 'a', count: 3 },
    { source: 'other', address: 'a', count: 1 },
  ]);
  expect(takeRecent()).toEqual([]);
  for (let address = 0; address < 12_000; address += 1) refuse('xiq', String(address));
  const recent = takeRecent();
  expect(recent).toHaveLength(10_001);
  expect(recent.at(-1)).toEqual({ source: 'xiq', address: 'others', count: 2_000 });
});
