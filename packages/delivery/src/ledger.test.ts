import { maxSettledRanges, type Position } from '@xiq-siem/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLedger, type Ledger } from './ledger.ts';
import { addRange, type Ranges, rangesHave } from './ranges.ts';
import { start } from './test-bench.ts';

const delivered = { kind: 'delivered' } as const;
const rangesIn = ({ settled }: Position) =>
  settled.reduce((sum, { elements }) => sum + (elements === 'all' ? 1 : elements.length), 0);

test('ranges hold just what was added, ascending and apart', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(4))), (additions) => {
      const ranges: Ranges = [];
      const plain = new Set<number>();
      for (const [from, more] of additions) {
        addRange(ranges, from, from + more);
        for (let value = from; value <= from + more; value++) plain.add(value);
      }
      for (let value = 0; value < 50; value++) expect(rangesHave(ranges, value)).toBe(plain.has(value));
      for (const [index, [from]] of ranges.entries()) expect(from).toBeGreaterThan((ranges[index - 1]?.[1] ?? -2) + 1);
    }),
  );
});

/** Takes what there is of these bodies (element counts by sequence) as far as the ledger lets it. */
function takeAll(ledger: Ledger, sizes: readonly number[], from: number): [sequence: number, element: number][] {
  const taken: [number, number][] = [];
  for (let sequence = from; sequence < sizes.length; sequence++) {
    if (!ledger.begin(sequence)) continue;
    for (let element = 0; element < (sizes[sequence] ?? 0); element++) {
      if (ledger.take(sequence, element)) taken.push([sequence, element]);
    }
    ledger.end(sequence);
  }
  return taken;
}

describe('after a crash at any moment', () => {
  test('exactly the unsettled events are taken again, and the counters agree', () => {
    const run = fc.record({
      sizes: fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }),
      order: fc.infiniteStream(fc.nat(1000)),
      crashAfter: fc.nat(40),
    });
    fc.assert(
      fc.property(run, ({ sizes, order, crashAfter }) => {
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const settled = new Set<string>();
        const first = createLedger(start);
        const open = takeAll(first, sizes, 0);
        for (let step = 0; step < crashAfter && open.length > 0; step++) {
          const [picked] = open.splice((order.next().value ?? 0) % open.length, 1);
          if (picked === undefined) break;
          first.settle(picked[0], picked[1], delivered);
          settled.add(picked.join());
        }
        const saved = first.position();
        expect(saved.counters.normalized).toBe(settled.size);

        const second = createLedger(saved);
        const again = takeAll(second, sizes, saved.sequence);
        expect(again.map((one) => one.join())).toEqual(open.map((one) => one.join()).sort(byNumbers));
        for (const [sequence, element] of again) second.settle(sequence, element, delivered);
        expect(second.position()).toMatchObject({
          sequence: sizes.length,
          settled: [],
          counters: { normalized: total, delivered: total },
        });
      }),
    );
  });
});

test('the position never has more ranges than its slot takes, in whatever order events settle', () => {
  const ledger = createLedger(start);
  let sequence = 0;
  const open: [number, number][] = [];
  let most = 0;
  // One event of each body never settles until nothing more can be taken.
  for (; ledger.canTake(); sequence++) {
    ledger.begin(sequence);
    for (let element = 0; element < 3 && ledger.canTake(); element++) {
      ledger.take(sequence, element * 2);
      if (element === 1) ledger.settle(sequence, 2, delivered);
      else open.push([sequence, element * 2]);
    }
    ledger.end(sequence);
    most = Math.max(most, rangesIn(ledger.position()));
  }
  expect(sequence).toBeGreaterThan(300);
  for (const [at, element] of open.reverse()) {
    ledger.settle(at, element, delivered);
    most = Math.max(most, rangesIn(ledger.position()));
  }
  expect(most).toBeLessThanOrEqual(maxSettledRanges);
  expect(ledger.position()).toMatchObject({ sequence, settled: [] });
  expect(ledger.canTake()).toBe(true);
});

test('numbers that no element has do not keep a body open, nor cost ranges', () => {
  const ledger = createLedger(start);
  ledger.begin(0);
  for (const element of [3, 7, 20]) ledger.take(0, element);
  for (const element of [20, 3, 7]) ledger.settle(0, element, delivered);
  expect(ledger.position().settled).toEqual([{ sequence: 0, elements: [[0, 20]] }]);
  ledger.end(0);
  expect(ledger.position().sequence).toBe(1);
});

describe('bodies that are lost', () => {
  test('count as one damaged event each, but for those that were settled', () => {
    const ledger = createLedger({ ...start, sequence: 5, settled: [{ sequence: 7, elements: 'all' }] });
    expect(ledger.lose(5, 9)).toBe(4);
    expect(ledger.position()).toMatchObject({ sequence: 10, settled: [], counters: { normalized: 4, damaged: 4 } });
  });

  test('behind an open event are noted one by one if they are few, else wait for it', () => {
    const ledger = createLedger(start);
    ledger.begin(0);
    ledger.take(0, 0);
    ledger.end(0);
    expect(ledger.canLose(1, 1_000_000)).toBe(false);
    expect(ledger.canLose(1, 3)).toBe(true);
    expect(ledger.lose(1, 3)).toBe(3);
    expect(ledger.position().sequence).toBe(0);
    ledger.settle(0, 0, delivered);
    expect(ledger.position()).toMatchObject({ sequence: 4, settled: [] });
    expect(ledger.canLose(4, 1_000_000)).toBe(true);
  });
});

test('a body that breaks off counts as damaged once, when all before the break is settled', () => {
  const ledger = createLedger(start);
  ledger.begin(0);
  ledger.take(0, 0);
  ledger.end(0, true);
  expect(ledger.position().counters.damaged).toBe(0);
  ledger.settle(0, 0, delivered);
  expect(ledger.position()).toMatchObject({ sequence: 1, counters: { normalized: 2, delivered: 1, damaged: 1 } });
});

function byNumbers(one: string, other: string): number {
  const [a = 0, b = 0] = one.split(',').map(Number);
  const [c = 0, d = 0] = other.split(',').map(Number);
  return a - c || b - d;
}
