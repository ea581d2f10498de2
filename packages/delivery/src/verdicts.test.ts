import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkReport, noVerdict, summarize, undeclaredCode } from './verdicts.ts';

const codes = new Set(['bad', 'busy']);
const late = (index: number) => ({ index, verdict: 'unknown', code: 'timed_out' });

test('a valid report is not changed', () => {
  const items = [
    { index: 1, verdict: 'rejected', code: 'bad', message: 'no' },
    { index: 0, verdict: 'delivered', duplicate: true },
    { index: 2, verdict: 'delivered', degraded: 'busy' },
  ];
  expect(checkReport({ items, waitMs: 5, slowDown: true }, 3, codes, false)).toEqual({
    kind: 'items',
    verdicts: [
      { verdict: 'delivered', duplicate: true },
      { verdict: 'rejected', code: 'bad', message: 'no' },
      { verdict: 'delivered', degraded: 'busy' },
    ],
    slowDown: true,
    waitMs: 5,
    faults: new Map(),
    timedOut: false,
  });
});

test.each([
  ['the attempt ended by its time limit', { batch: 'unavailable', code: 'bad' }, true, true],
  ['all results are unknown by a time limit of the plugin', { items: [late(0), { ...late(1) }] }, false, true],
  ['the other events are blocked', { items: [late(0), { ...late(1), verdict: 'blocked', code: 'bad' }] }, false, true],
  ['an event has another code', { items: [late(0), { ...late(1), code: 'bad' }] }, false, false],
  ['an event was delivered', { items: [late(0), { index: 1, verdict: 'delivered' }] }, false, false],
  ['all events are blocked', { items: [0, 1].map((i) => ({ ...late(i), verdict: 'blocked' })) }, false, false],
])('whether a report is a time-out, if %s', (_, report, byLimit, timedOut) => {
  expect(checkReport(report, 2, new Set([...codes, 'timed_out']), byLimit).timedOut).toBe(timedOut);
});

test.each([
  ['a missing index', [], { verdict: 'unknown', code: noVerdict }, 'missing_verdict'],
  [
    'two verdicts for one index',
    [
      { index: 0, verdict: 'delivered' },
      { index: 0, verdict: 'delivered' },
    ],
    { verdict: 'unknown', code: noVerdict },
    'duplicate_verdict',
  ],
  [
    'a verdict that is none',
    [{ index: 0, verdict: 'fine' }],
    { verdict: 'unknown', code: noVerdict },
    'missing_verdict',
  ],
  [
    'an undeclared code',
    [{ index: 0, verdict: 'rejected', code: 'odd' }],
    { verdict: 'unknown', code: undeclaredCode },
    'undeclared_code',
  ],
  [
    'an undeclared code of a retry verdict',
    [{ index: 0, verdict: 'retry', code: 'odd', message: 'x' }],
    { verdict: 'unknown', code: undeclaredCode },
    'undeclared_code',
  ],
  [
    'an undeclared code of a blocked event, which stays blocked',
    [{ index: 0, verdict: 'blocked', code: 'odd', message: 'closed' }],
    { verdict: 'blocked', code: undeclaredCode, message: 'closed' },
    'undeclared_code',
  ],
  [
    'an undeclared code of a degraded event, which stays delivered',
    [{ index: 0, verdict: 'delivered', degraded: 'odd' }],
    { verdict: 'delivered', degraded: undeclaredCode },
    'undeclared_code',
  ],
] as const)('%s is a fault of the plugin', (_, items, verdict, fault) => {
  const report = checkReport({ items }, 1, codes, false);
  expect(report).toMatchObject({ kind: 'items', verdicts: [verdict] });
  expect(report.faults.get(fault)).toBe(1);
});

test('an index out of range is a fault, and does not affect other verdicts', () => {
  const items = [-1, 1, 0.5, '0', undefined].map((index) => ({ index, verdict: 'delivered' }));
  const report = checkReport({ items: [...items, { index: 0, verdict: 'delivered' }] }, 1, codes, false);
  expect(report).toMatchObject({ verdicts: [{ verdict: 'delivered' }] });
  expect(report.faults).toEqual(new Map([['index_out_of_range', 5]]));
});

test('a result for the whole batch stays valid if its code is not declared', () => {
  expect(checkReport({ batch: 'unavailable', code: 'odd', message: 'x' }, 1, codes, false)).toMatchObject({
    kind: 'batch',
    batchResult: 'unavailable',
    code: undeclaredCode,
  });
});

const value = fc.oneof(
  fc.anything(),
  fc.record(
    {
      items: fc.array(
        fc.oneof(
          fc.anything(),
          fc.record(
            {
              index: fc.oneof(fc.integer({ min: -1, max: 6 }), fc.anything()),
              verdict: fc.constantFrom('delivered', 'retry', 'rejected', 'blocked', 'unknown', 'x'),
              code: fc.constantFrom('bad', 'busy', 'odd'),
              degraded: fc.constantFrom('bad', 'odd'),
            },
            { requiredKeys: ['index', 'verdict'] },
          ),
        ),
      ),
      batch: fc.constantFrom('tooLarge', 'unavailable', 'misconfigured', 'x'),
      code: fc.constantFrom('bad', 'odd'),
      waitMs: fc.oneof(fc.double(), fc.anything()),
    },
    { requiredKeys: [] },
  ),
);

test('with any report, each event gets one valid verdict, or the batch one valid result', () => {
  const known = new Set([...codes, noVerdict, undeclaredCode]);
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 5 }), (report, size) => {
      const checked = checkReport(report, size, codes, false);
      expect(checked.waitMs).toBeGreaterThanOrEqual(0);
      if (checked.kind === 'batch') {
        expect(known).toContain(checked.code);
        return;
      }
      expect(checked.verdicts).toHaveLength(size);
      for (const verdict of checked.verdicts) {
        if (verdict.verdict === 'delivered')
          expect(verdict.degraded === undefined || known.has(verdict.degraded)).toBe(true);
        else expect(known).toContain(verdict.code);
      }
      expect(summarize(checked.verdicts).size).toBe(size);
    }),
  );
});

test('blocked events are counted separately, and their code is used only if there is no other', () => {
  const blocked = { verdict: 'blocked', code: 'bad', message: 'closed' } as const;
  const retry = { verdict: 'retry', code: 'busy' } as const;
  expect(summarize([blocked, { verdict: 'delivered' }])).toMatchObject({
    blocked: 1,
    settled: 1,
    code: 'bad',
    message: 'closed',
  });
  expect(summarize([retry, blocked])).toMatchObject({ blocked: 1, settled: 0, code: 'busy', message: undefined });
});

test('a report whose properties throw is an invalid report', () => {
  const hostile = {
    get items(): never {
      throw new Error('surprise');
    },
  };
  expect(checkReport(hostile, 2, codes, false).faults).toEqual(new Map([['invalid_report', 1]]));
});

test('the most frequent code of rejected events is used; of two equally frequent codes, the first', () => {
  const [bad, busy] = [{ verdict: 'rejected', code: 'bad' } as const, { verdict: 'rejected', code: 'busy' } as const];
  expect(summarize([bad, busy, busy])).toMatchObject({ rejected: { code: 'busy', events: 2 }, settled: 3 });
  expect(summarize([bad, busy])).toMatchObject({ rejected: { code: 'bad', events: 1 } });
});
