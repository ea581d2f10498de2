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

it('reports each event by its index, whatever the order in which verdicts come', () => {
  const sheet = createReportBuilder(batch);
  sheet.set(entries.slice(1), { verdict: 'unknown', code: 'lost' });
  sheet.set(entries.slice(0, 1), delivered);
  sheet.set(entries.slice(2), { verdict: 'rejected', code: 'bad' });
  expect(sheet.report(undefined)).toEqual({
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
])('what is left when the rest is %s is given %s', (kind, verdict, slowDown) => {
  const sheet = createReportBuilder(batch);
  sheet.set(entries.slice(0, 2), delivered);
  expect(sheet.report(fault(kind, { waitMs: 9 }))).toEqual({
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
  'a fault before any verdict is the word for all: %s',
  (kind) => {
    const sheet = createReportBuilder(batch);
    sheet.set([], delivered);
    expect(sheet.report(fault(kind, { waitMs: 9 }))).toEqual(fault(kind, { waitMs: 9 }));
  },
);

it('events that are held alone were not looked at by the other side', () => {
  const sheet = createReportBuilder(batch);
  sheet.set(entries.slice(0, 1), { verdict: 'blocked', code: 'index' });
  expect(sheet.report(fault('unavailable'))).toEqual(fault('unavailable'));
});

it.each([undefined, fault('unavailable', { slowDown: true }), fault('unavailable')])(
  'asks to slow down, once told: %o',
  (why) => {
    const sheet = createReportBuilder(batch);
    sheet.slowDown();
    expect(sheet.report(fault('unavailable'))).toHaveProperty('slowDown', true);
    sheet.set(entries, delivered);
    expect(sheet.report(why)).toHaveProperty('slowDown', true);
  },
);

it('passes the fault’s own wish to slow down', () => {
  const sheet = createReportBuilder(batch);
  expect(sheet.report(fault('unavailable', { slowDown: true }))).toHaveProperty('slowDown', true);
  sheet.set(entries.slice(1), delivered);
  expect(sheet.report(fault('unavailable', { slowDown: true }))).toHaveProperty('slowDown', true);
});

it('does not hide an event that was forgotten', () => {
  const sheet = createReportBuilder(batch);
  sheet.set(entries.slice(1), delivered);
  expect(() => sheet.report(undefined)).toThrow('neither sent nor given a verdict');
});
