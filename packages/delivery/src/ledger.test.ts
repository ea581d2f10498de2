import { countSettledRanges, maxSettledRanges } from '@xiq-siem/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addRange, countIn, createLedger, type Ledger, type Ranges, rangesHave } from './ledger.ts';
import { start } from './test-delivery.ts';

const delivered = { kind: 'delivered' } as const;
test('ranges hold just what was added, ascending and apart', () => {
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

/** A body of so many events, or one that is lost; and how many sequences before it are no body's. */
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

/** Reads these bodies as the intake does; gives the bodies begun and the events taken. */
function readAll(ledger: Ledger, bodies: readonly Numbered[]) {
  const begun: number[] = [];
  const open: [sequence: number, element: number][] = [];
  for (const [index, { sequence: at, size }] of bodies.entries()) {
    if (at < ledger.next()) continue;
    if (size === 'lost') {
      let last = index;
      while (bodies[last + 1]?.size === 'lost') last++;
      expect(ledger.canMarkLost(at)).toBe(true);
      ledger.markLost(at, bodies[last]?.sequence ?? at, last - index + 1);
    } else if (ledger.begin(at)) {
      begun.push(at);
      for (let element = 0; element < size; element++) if (ledger.take(at, element)) open.push([at, element]);
      ledger.end(at);
    }
  }
  return { begun, open };
}

/** The position that says what is settled, in the only way to say it: `bodies` were read. */
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

describe('after a crash at any moment', () => {
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

  test('exactly the unsettled events are taken again, no settled body is read again, and the counters agree', () => {
    fc.assert(
      fc.property(run, ({ given, lives, order }) => {
        const all = numbered(given);
        const total = all.reduce((sum, { size }) => sum + (size === 'lost' ? 1 : size), 0);
        let saved = start;
        let left: readonly (readonly [number, number])[] = [];
        let read: readonly Numbered[] = [];
        for (const { reads, settles } of lives) {
          const ledger = createLedger(saved);
          // What was open is read again before anything new.
          const known = read.length;
          read = all.slice(0, Math.max(known, reads));
          const { begun, open } = readAll(ledger, read);
          const isNew = (at: number) => at >= (all[known]?.sequence ?? Number.POSITIVE_INFINITY);
          expect(open.filter(([at]) => !isNew(at))).toEqual(left);
          expect(begun.filter((at) => !isNew(at))).toEqual([...new Set(left.map(([at]) => at))]);
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

test('a million bodies that settle behind an open event are one run, however they come', () => {
  const ledger = createLedger(start);
  const pass = (at: number) => {
    ledger.begin(at);
    ledger.take(at, 0);
    ledger.end(at);
    ledger.settle(at, 0, delivered);
  };
  ledger.begin(0);
  ledger.take(0, 0);
  ledger.end(0);
  for (let at = 1; at <= 500_000; at++) pass(at);
  ledger.markLost(500_001, 900_000, 400_000);
  for (let at = 900_001; at <= 1_000_000; at++) pass(at);
  const saved = ledger.position();
  expect(saved).toMatchObject({ sequence: 0, settled: [{ sequence: 1, toSequence: 1_000_000, elements: 'all' }] });
  expect(ledger.canTake()).toBe(true);

  const again = createLedger(saved);
  expect(again.next()).toBe(0);
  expect(again.begin(0)).toBe(true);
  expect(again.next()).toBe(1_000_001);
});

describe('the position never has more ranges than its slot takes', () => {
  /** Each takes two events at least, and leaves one of them open. */
  const patterns: Record<string, readonly (readonly ('open' | 'settled')[] | 'lost')[]> = {
    'of elements': [['open', 'settled', 'open']],
    'of bodies': [['open'], ['settled']],
    'of runs': [['open'], ['settled'], ['settled']],
    'of lost runs': [['open'], 'lost'],
    'of all kinds': [['settled', 'open', 'settled'], ['settled'], [], 'lost', ['open', 'open'], ['settled']],
  };
  test.each(Object.entries(patterns))('%s, in whatever order events settle', (_, pattern) => {
    const ledger = createLedger(start);
    const open: [number, number][] = [];
    let sequence = 0;
    let most = 0;
    const look = () => {
      const ranges = countSettledRanges(ledger.position().settled);
      most = Math.max(most, ranges);
      // Each open event may become a range, and one that is taken may leave one before it.
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
      ledger.begin(sequence);
      for (const [index, word] of (next ?? []).entries()) {
        if (!ledger.canTake()) break;
        // Every other number is none's.
        ledger.take(sequence, index * 2);
        if (word === 'open') open.push([sequence, index * 2]);
        else ledger.settle(sequence, index * 2, delivered);
      }
      if (ledger.canTake()) ledger.end(sequence++);
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
    if (ledger.next() > sequence) ledger.end(sequence);
    expect(ledger.position()).toMatchObject({ sequence: ledger.next(), settled: [] });
  });
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
    expect(ledger.markLost(5, 9, 5)).toBe(4);
    expect(ledger.position()).toMatchObject({ sequence: 10, settled: [], counters: { normalized: 4, damaged: 4 } });
  });

  test('behind an open event are noted at once, as a run, however many they are', () => {
    const ledger = createLedger(start);
    ledger.begin(0);
    ledger.take(0, 0);
    ledger.end(0);
    expect(ledger.canMarkLost(1)).toBe(true);
    expect(ledger.markLost(1, 1_000_000, 1_000_000)).toBe(1_000_000);
    expect(ledger.position()).toMatchObject({
      sequence: 0,
      settled: [{ sequence: 1, toSequence: 1_000_000, elements: 'all' }],
    });
    ledger.settle(0, 0, delivered);
    expect(ledger.position()).toMatchObject({ sequence: 1_000_001, settled: [] });
  });

  test('are not counted again after a restart, though what comes before them is settled meanwhile', () => {
    const run = { sequence: 20, toSequence: 40, elements: 'all' } as const;
    const ledger = createLedger({ ...start, sequence: 10, settled: [run] });
    ledger.begin(10);
    ledger.end(10);
    expect(ledger.markLost(20, 40, 3)).toBe(0);
    expect(ledger.position()).toMatchObject({ sequence: 41, settled: [], counters: { damaged: 0 } });
  });

  test('take what was settled of them out of the position, which may end within a run', () => {
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

test('a body that breaks off counts as damaged once, when all before the break is settled', () => {
  const ledger = createLedger(start);
  ledger.begin(0);
  ledger.take(0, 0);
  ledger.end(0, true);
  expect(ledger.position().counters.damaged).toBe(0);
  ledger.settle(0, 0, delivered);
  expect(ledger.position()).toMatchObject({ sequence: 1, counters: { normalized: 2, delivered: 1, damaged: 1 } });
});

test('a span at the position itself can always be noted, however many ranges follow it', () => {
  const settled = Array.from(
    { length: maxSettledRanges },
    (_, n) => ({ sequence: 2 * n + 1, elements: 'all' }) as const,
  );
  const ledger = createLedger({ ...start, settled });
  expect([ledger.canMarkLost(0), ledger.canMarkLost(2)]).toEqual([true, false]);
  expect(ledger.markLost(0, 0, 1)).toBe(1);
  expect(ledger.position()).toMatchObject({ sequence: 2, counters: { normalized: 1, damaged: 1 } });
});

test('an element that its body leaves out counts as settled as soon as a later one is taken', () => {
  const ledger = createLedger(start);
  ledger.begin(0);
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
