import { expect, it } from 'vitest';
import type { Batch } from './destination.ts';
import { type BatchFault, createReportBuilder } from './report-builder.ts';

const batch: Batch = {
  items: ['a', 'b', 'c'].map((id, index) => ({ index, id, dataset: 'd', timeMs: 0, document: {}, json: '{}' })),
};
const entries = batch.items.map((item) => ({ item }));
const delivered = { verdict: 'delivered' } as const;
const fault = (kind: BatchFault['batch'], more: object = {}): BatchFault => ({
  batch: kind,
  code: 'why',
  message: 'message',
  ...more,
});

it('reports each event by its index, in any order of the verdicts', () => {
  const builder = createReportBuilder(batch);
  builder.setVerdict(entries.slice(1), { verdict: 'unknown', code: 'lost' });
  builder.setVerdict(entries.slice(0, 1), delivered);
  builder.setVerdict(entries.slice(2), { verdict: 'rejected', code: 'bad' });
  expect(builder.build(undefined)).toEqual({
    items: [
      { index: 0, verdict: 'delivered' },
      { index: 1, verdict: 'unknown', code: 'lost' },
      { index: 2, verdict: 'rejected', code: 'bad' },
    ],
  });
});

it.each<[BatchFault['batch'], string, true | undefined]>([
  ['unavailable', 'retry', undefined],
  ['tooLarge', 'retry', true],
  ['misconfigured', 'blocked', undefined],
])('if the rest is %s, events without a verdict get %s', (kind, verdict, slowDown) => {
  const builder = createReportBuilder(batch);
  builder.setVerdict(entries.slice(0, 2), delivered);
  expect(builder.build(fault(kind, { waitMs: 9 }))).toEqual({
    items: [
      { index: 0, verdict: 'delivered' },
      { index: 1, verdict: 'delivered' },
      { index: 2, verdict, code: 'why', message: 'message' },
    ],
    waitMs: 9,
    ...(slowDown && { slowDown }),
  });
});

it.each(['unavailable', 'tooLarge', 'misconfigured'] as const)(
  'a fault before any verdict is the result of the whole batch: %s',
  (kind) => {
    const builder = createReportBuilder(batch);
    builder.setVerdict([], delivered);
    expect(builder.build(fault(kind, { waitMs: 9 }))).toEqual(fault(kind, { waitMs: 9 }));
  },
);

it('blocked events alone do not make a fault one of the rest only', () => {
  const builder = createReportBuilder(batch);
  builder.setVerdict(entries.slice(0, 1), { verdict: 'blocked', code: 'index' });
  expect(builder.build(fault('unavailable'))).toEqual(fault('unavailable'));
});

it.each([undefined, fault('unavailable', { slowDown: true }), fault('unavailable')])('keeps slowDown: %o', (why) => {
  const builder = createReportBuilder(batch);
  builder.slowDown();
  expect(builder.build(fault('unavailable'))).toHaveProperty('slowDown', true);
  builder.setVerdict(entries, delivered);
  expect(builder.build(why)).toHaveProperty('slowDown', true);
});

it('passes slowDown of the fault on', () => {
  const builder = createReportBuilder(batch);
  expect(builder.build(fault('unavailable', { slowDown: true }))).toHaveProperty('slowDown', true);
  builder.setVerdict(entries.slice(1), delivered);
  expect(builder.build(fault('unavailable', { slowDown: true }))).toHaveProperty('slowDown', true);
});

it('throws if an event has no verdict and there is no fault', () => {
  const builder = createReportBuilder(batch);
  builder.setVerdict(entries.slice(1), delivered);
  expect(() => builder.build(undefined)).toThrow('has no verdict');
});
