import { countSettledRanges, maxSettledRanges } from '@xiq-siem/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addRange, countIn, createLedger, type Ledger, type Ranges, rangesHave } from './ledger.ts';
import { start } from './test-delivery.ts';

const delivered = { kind: 'delivered' } as const;
test('ranges contain exactly the added numbers, in ascending order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(4))), (additions) => {
      const ranges: Ranges = [];
      const plain = new Set<number>();
      for (const [from, more] of additions) {
        addRange(ranges, from, from + more);
        for (let value = from; value <= from + more; value++) plain.add(value);
      }
      for (let value = 0; value < 50; value++) {
        expect(rangesHave(ranges, value)).toBe(plain.has(value));
        expect(countIn(ranges, value, value + 9)).toBe(
          [...plain].filter((one) => one >= value && one < value + 10).length,
        );
      }
      for (const [index, [from]] of ranges.entries()) expect(from).toBeGreaterThan((ranges[index - 1]?.[1] ?? -2) + 1);
    }),
  );
});

/** A body with a number of events, or a lost one, and the number of skipped sequences before it. */
interface Body {
  readonly size: number | 'lost';
  readonly hole: number;
}
interface Numbered extends Body {
  readonly sequence: number;
}

function numbered(bodies: readonly Body[]): readonly Numbered[] {
  let next = 0;
  return bodies.map((body) => {
    const sequence = next + body.hole;
    next = sequence + 1;
    return { ...body, sequence };
  });
}

/** Reads bodies as the intake does. Returns the started bodies and the taken events. */
function readAll(ledger: Ledger, bodies: readonly Numbered[]) {
  const started: number[] = [];
  const open: [sequence: number, element: number][] = [];
  for (const [index, { sequence: at, size }] of bodies.entries()) {
    if (at < ledger.next()) continue;
    if (size === 'lost') {
      let last = index;
      while (bodies[last + 1]?.size === 'lost') last++;
      expect(ledger.canMarkLost(at)).toBe(true);
      ledger.markLost(at, bodies[last]?.sequence ?? at, last - index + 1);
    } else if (ledger.startBody(at)) {
      started.push(at);
      for (let element = 0; element < size; element++) if (ledger.take(at, element)) open.push([at, element]);
      ledger.endBody(at);
    }
  }
  return { started, open };
}

/** The expected position after `bodies` were read. */
function expected(bodies: readonly Numbered[], open: readonly (readonly [number, number])[]) {
  const openIn = (at: number) => open.filter(([sequence]) => sequence === at).map(([, element]) => element);
  const sequence = Math.min((bodies.at(-1)?.sequence ?? -1) + 1, ...open.map(([at]) => at));
  const settled: unknown[] = [];
  let run: Numbered[] = [];
  const endRun = () => {
    const [first, last] = [run[0]?.sequence, run.at(-1)?.sequence];
    if (first !== undefined)
      settled.push({ sequence: first, ...(run.length > 1 && { toSequence: last }), elements: 'all' });
    run = [];
  };
  for (const body of bodies.filter((one) => one.sequence >= sequence)) {
    const left = new Set(openIn(body.sequence));
    if (left.size === 0) {
      run.push(body);
      continue;
    }
    endRun();
    const elements: Ranges = [];
    for (let element = 0; element < Number(body.size); element++) {
      if (!left.has(element)) addRange(elements, element, element);
    }
    if (elements.length > 0) settled.push({ sequence: body.sequence, elements });
  }
  endRun();
  return { sequence, settled };
}

describe('after a crash at any time', () => {
  const size = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 }) },
    { weight: 1, arbitrary: fc.nat(6) },
    { weight: 1, arbitrary: fc.constant('lost' as const) },
  );
  const hole = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) });
  const run = fc.record({
    given: fc.array(fc.record({ size, hole }), { minLength: 1, maxLength: 30 }),
    lives: fc.array(fc.record({ reads: fc.nat(30), settles: fc.nat(40) }), { minLength: 1, maxLength: 4 }),
    order: fc.infiniteStream(fc.nat(1000)),
  });

  test('exactly the unsettled events are read again, no settled body is read again, and the counters match', () => {
    fc.assert(
      fc.property(run, ({ given, lives, order }) => {
        const all = numbered(given);
        const total = all.reduce((sum, { size }) => sum + (size === 'lost' ? 1 : size), 0);
        let saved = start;
        let left: readonly (readonly [number, number])[] = [];
        let read: readonly Numbered[] = [];
        for (const { reads, settles } of lives) {
          const ledger = createLedger(saved);
          // Unsettled events are read again before new ones.
          const known = read.length;
          read = all.slice(0, Math.max(known, reads));
          const { started, open } = readAll(ledger, read);
          const isNew = (at: number) => at >= (all[known]?.sequence ?? Number.POSITIVE_INFINITY);
          expect(open.filter(([at]) => !isNew(at))).toEqual(left);
          expect(started.filter((at) => !isNew(at))).toEqual([...new Set(left.map(([at]) => at))]);
          for (let step = 0; step < settles && open.length > 0; step++) {
            const [picked] = open.splice((order.next().value ?? 0) % open.length, 1);
            if (picked !== undefined) ledger.settle(picked[0], picked[1], delivered);
          }
          left = open;
          saved = JSON.parse(JSON.stringify(ledger.position()));
          expect(saved).toMatchObject(expected(read, open));
          expect(ledger.canTake()).toBe(true);
        }
        const last = createLedger(saved);
        for (const [at, element] of readAll(last, all).open.reverse()) last.settle(at, element, delivered);
        const sequence = (all.at(-1)?.sequence ?? 0) + 1;
        expect(last.position()).toMatchObject({ sequence, settled: [], counters: { normalized: total } });
        const damaged = all.filter(({ size }) => size === 'lost').length;
        expect(last.position().counters).toMatchObject({ damaged, delivered: total - damaged });
      }),
      { numRuns: 300 },
    );
  });
});

test('a million settled bodies after an unsettled event are one range, in any order', () => {
  const ledger = createLedger(start);
  const pass = (at: number) => {
    ledger.startBody(at);
    ledger.take(at, 0);
    ledger.endBody(at);
    ledger.settle(at, 0, delivered);
  };
  ledger.startBody(0);
  ledger.take(0, 0);
  ledger.endBody(0);
  for (let at = 1; at <= 500_000; at++) pass(at);
  ledger.markLost(500_001, 900_000, 400_000);
  for (let at = 900_001; at <= 1_000_000; at++) pass(at);
  const saved = ledger.position();
  expect(saved).toMatchObject({ sequence: 0, settled: [{ sequence: 1, toSequence: 1_000_000, elements: 'all' }] });
  expect(ledger.canTake()).toBe(true);

  const again = createLedger(saved);
  expect(again.next()).toBe(0);
  expect(again.startBody(0)).toBe(true);
  expect(again.next()).toBe(1_000_001);
});

describe('the position never has more ranges than its slot can store', () => {
  /** Each has at least two events, and leaves one unsettled. */
  const patterns: Record<string, readonly (readonly ('open' | 'settled')[] | 'lost')[]> = {
    'of elements': [['open', 'settled', 'open']],
    'of bodies': [['open'], ['settled']],
    'of runs': [['open'], ['settled'], ['settled']],
    'of lost runs': [['open'], 'lost'],
    'of all kinds': [['settled', 'open', 'settled'], ['settled'], [], 'lost', ['open', 'open'], ['settled']],
  };
  test.each(Object.entries(patterns))('%s, in any order of settling', (_, pattern) => {
    const ledger = createLedger(start);
    const open: [number, number][] = [];
    let sequence = 0;
    let most = 0;
    const look = () => {
      const ranges = countSettledRanges(ledger.position().settled);
      most = Math.max(most, ranges);
      // Each unsettled event may become a range, and a taken one may leave a range before it.
      const hasRoom = ledger.open() === 0 || ranges + ledger.open() + 2 <= maxSettledRanges;
      expect(ledger.canTake()).toBe(hasRoom);
    };
    for (let turn = 0; ledger.canTake(); turn++) {
      const next = pattern[turn % pattern.length];
      if (next === 'lost') {
        if (!ledger.canMarkLost(sequence)) break;
        ledger.markLost(sequence, sequence + 9, 10);
        sequence += 10;
        look();
        continue;
      }
      ledger.startBody(sequence);
      for (const [index, word] of (next ?? []).entries()) {
        if (!ledger.canTake()) break;
        // Every second number is skipped.
        ledger.take(sequence, index * 2);
        if (word === 'open') open.push([sequence, index * 2]);
        else ledger.settle(sequence, index * 2, delivered);
      }
      if (ledger.canTake()) ledger.endBody(sequence++);
      if (turn % 16 === 0) look();
    }
    look();
    expect(most).toBeGreaterThan(maxSettledRanges / 4);
    expect(ledger.open()).toBeGreaterThan(300);
    for (const [index, [at, element]] of open.reverse().entries()) {
      ledger.settle(at, element, delivered);
      if (index % 16 === 0) look();
    }
    look();
    expect(most).toBeLessThanOrEqual(maxSettledRanges);
    expect(ledger.canTake()).toBe(true);
    if (ledger.next() > sequence) ledger.endBody(sequence);
    expect(ledger.position()).toMatchObject({ sequence: ledger.next(), settled: [] });
  });
});

test('skipped element numbers neither keep a body unsettled nor use ranges', () => {
  const ledger = createLedger(start);
  ledger.startBody(0);
  for (const element of [3, 7, 20]) ledger.take(0, element);
  for (const element of [20, 3, 7]) ledger.settle(0, element, delivered);
  expect(ledger.position().settled).toEqual([{ sequence: 0, elements: [[0, 20]] }]);
  ledger.endBody(0);
  expect(ledger.position().sequence).toBe(1);
});

describe('lost bodies', () => {
  test('count as one damaged event each, unless they were settled', () => {
    const ledger = createLedger({ ...start, sequence: 5, settled: [{ sequence: 7, elements: 'all' }] });
    expect(ledger.markLost(5, 9, 5)).toBe(4);
    expect(ledger.position()).toMatchObject({ sequence: 10, settled: [], counters: { normalized: 4, damaged: 4 } });
  });

  test('after an unsettled event are recorded at once as one range', () => {
    const ledger = createLedger(start);
    ledger.startBody(0);
    ledger.take(0, 0);
    ledger.endBody(0);
    expect(ledger.canMarkLost(1)).toBe(true);
    expect(ledger.markLost(1, 1_000_000, 1_000_000)).toBe(1_000_000);
    expect(ledger.position()).toMatchObject({
      sequence: 0,
      settled: [{ sequence: 1, toSequence: 1_000_000, elements: 'all' }],
    });
    ledger.settle(0, 0, delivered);
    expect(ledger.position()).toMatchObject({ sequence: 1_000_001, settled: [] });
  });

  test('are not counted again after a restart, even if earlier events were settled', () => {
    const run = { sequence: 20, toSequence: 40, elements: 'all' } as const;
    const ledger = createLedger({ ...start, sequence: 10, settled: [run] });
    ledger.startBody(10);
    ledger.endBody(10);
    expect(ledger.markLost(20, 40, 3)).toBe(0);
    expect(ledger.position()).toMatchObject({ sequence: 41, settled: [], counters: { damaged: 0 } });
  });

  test('remove their settled elements from the position, which may end within a range', () => {
    const ledger = createLedger({
      ...start,
      sequence: 5,
      settled: [
        { sequence: 5, elements: [[0, 3]] },
        { sequence: 6, toSequence: 20, elements: 'all' },
      ],
    });
    expect(ledger.markLost(5, 9, 5)).toBe(1);
    expect(ledger.position()).toMatchObject({ sequence: 21, settled: [], counters: { damaged: 1 } });
    expect(ledger.next()).toBe(21);
  });
});

test('a partly unreadable body counts as damaged once, when its readable events are settled', () => {
  const ledger = createLedger(start);
  ledger.startBody(0);
  ledger.take(0, 0);
  ledger.endBody(0, true);
  expect(ledger.position().counters.damaged).toBe(0);
  ledger.settle(0, 0, delivered);
  expect(ledger.position()).toMatchObject({ sequence: 1, counters: { normalized: 2, delivered: 1, damaged: 1 } });
});

test('a span at the position itself can always be recorded', () => {
  const settled = Array.from(
    { length: maxSettledRanges },
    (_, n) => ({ sequence: 2 * n + 1, elements: 'all' }) as const,
  );
  const ledger = createLedger({ ...start, settled });
  expect([ledger.canMarkLost(0), ledger.canMarkLost(2)]).toEqual([true, false]);
  expect(ledger.markLost(0, 0, 1)).toBe(1);
  expect(ledger.position()).toMatchObject({ sequence: 2, counters: { normalized: 1, damaged: 1 } });
});

test('a skipped element counts as settled when a later one is taken', () => {
  const ledger = createLedger(start);
  ledger.startBody(0);
  for (const element of [1, 3, 6]) ledger.take(0, element);
  ledger.settle(0, 1, delivered);
  expect(ledger.position().settled).toEqual([
    {
      sequence: 0,
      elements: [
        [0, 2],
        [4, 5],
      ],
    },
  ]);
});

test('a ledger that keeps capacity for a part of the unsettled events reports whether the position fits', () => {
  const ledger = createLedger(start, 100);
  const elements = Array.from({ length: 6_000 }, (_, element) => element);
  ledger.startBody(0);
  for (const element of elements) {
    expect(ledger.canTake()).toBe(true);
    ledger.take(0, element);
  }
  const settle = (element: number) => ledger.settle(0, element, delivered);
  for (const element of elements) if (element % 2 === 0) settle(element);
  expect([ledger.canTake(), ledger.fits()]).toEqual([false, false]);
  for (const element of elements) if (element % 2 === 1 && element < 3_000) settle(element);
  expect([ledger.canTake(), ledger.fits()]).toEqual([true, true]);
  expect(countSettledRanges(ledger.position().settled)).toBeLessThanOrEqual(maxSettledRanges);
});
