import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idSet } from './id-set.ts';

const idOf = (number: number): string => `1${hash('sha1', String(number), 'hex')}`;

it('has all added ids and no others', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 600 }), (numbers) => {
      const [set, model] = [idSet(), new Set<number>()];
      for (const number of numbers) {
        expect(set.add(idOf(number))).toBe(!model.has(number));
        model.add(number);
      }
      expect(set.size).toBe(model.size);
      for (let number = 0; number <= 400; number++) expect(set.has(idOf(number))).toBe(model.has(number));
    }),
    { numRuns: 30 },
  );
});

it('grows without losing ids', () => {
  const set = idSet();
  for (let number = 0; number < 20_000; number++) expect(set.add(idOf(number))).toBe(true);
  expect(set.size).toBe(20_000);
  const there = Array.from({ length: 40_000 }, (_, number) => set.has(idOf(number)));
  expect(there.indexOf(false)).toBe(20_000);
  expect(there.lastIndexOf(true)).toBe(19_999);
});

it('distinguishes ids with the same start or end, and accepts the id of zeros', () => {
  const [zeros, ones] = ['0'.repeat(8), '0'.repeat(7).concat('1')];
  const rest = '0'.repeat(24);
  const ids = [`1${zeros}${zeros}${rest}`, `1${ones}${zeros}${rest}`, `1${ones}${ones}${rest}`];
  const set = idSet();
  for (const [index, id] of ids.entries()) {
    expect(set.has(id)).toBe(false);
    set.add(id);
    expect(set.size).toBe(index + 1);
  }
});

it('a million ids take 16 MiB', () => {
  const [before, set] = [process.memoryUsage().arrayBuffers, idSet(1_000_000)];
  set.add(idOf(1));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(17 * 2 ** 20);
});

it.each(['', '1', `1${'g'.repeat(40)}`, idOf(1).toUpperCase(), `${idOf(1)}0`])('rejects %j', (wrong) => {
  expect(() => idSet().has(wrong)).toThrow(TypeError);
  expect(() => idSet().add(wrong)).toThrow(TypeError);
});
