// The index against a plain list that does the same: whatever is put and removed, in whatever order.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entryIndex } from './entry-index.ts';
import { letterOf, range } from './test-dead-letters.ts';

interface Plain {
  readonly number: number;
  readonly at: number;
  readonly destination: string;
  readonly sequence: number;
  readonly element: number;
}

const put = fc.record({
  kind: fc.constant('put' as const),
  number: fc.integer({ min: 1, max: 40 }),
  destination: fc.constantFrom('siem', 'archive'),
  sequence: fc.integer({ min: 1, max: 20 }),
  element: fc.integer({ min: 0, max: 2 }),
});
const remove = fc.record({ kind: fc.constant('remove' as const), number: fc.integer({ min: 1, max: 40 }) });

it('holds what a plain list would', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(put, put, remove), { maxLength: 200 }), (steps) => {
      const index = entryIndex();
      let plain: readonly Plain[] = [];
      let at = 0;
      for (const step of steps) {
        at += 1;
        if (step.kind === 'remove') {
          const gone = plain.find(({ number }) => number === step.number);
          expect(index.remove(step.number)).toBe(gone?.destination);
          plain = plain.filter((one) => one !== gone);
          continue;
        }
        const { number, destination, sequence, element } = step;
        index.put(number, at, 10, letterOf(sequence, { destination, element }), 'stream');
        plain = [
          ...plain.filter(
            (one) =>
              one.number !== number &&
              (one.destination !== destination || one.sequence !== sequence || one.element !== element),
          ),
          { number, at, destination, sequence, element },
        ];
      }
      const sorted = [...plain].sort((a, b) => a.number - b.number);
      expect(index.matching({})).toEqual(sorted.map(({ number }) => number));
      expect(sorted.map(({ number }) => index.locate(number))).toEqual(sorted.map((one) => one.at));
      expect(sorted.map((one) => index.numberOf(one))).toEqual(sorted.map(({ number }) => number));
      expect(index.bytes()).toBe(10 * plain.length);
      expect(index.firstLocation()).toBe(Math.min(...plain.map((one) => one.at)));
      expect([...index.open().values()].reduce((sum, count) => sum + count, 0)).toBe(plain.length);
      expect(index.groups().reduce((sum, { count }) => sum + count, 0)).toBe(plain.length);
    }),
  );
});

it('grows and shrinks with what is open', () => {
  const index = entryIndex();
  for (const number of range(1, 10_000)) index.put(number, number, 1, letterOf(number), 'stream');
  for (const number of range(1, 9_990)) expect(index.remove(number)).toBe('siem');
  expect(index.matching({})).toEqual(range(9_991, 10_000));
  for (const number of range(10_001, 15_000)) index.put(number, number, 1, letterOf(number), 'run');
  expect(index.matching({ fromMs: 2_014_999 })).toEqual([14_999, 15_000]);
  expect(index.origin(15_000)).toBe('run');
});
