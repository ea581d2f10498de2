import type { NormalizedEvent } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { eventFilter, whereOfQuery } from './event-filter.ts';

const event = (dataset: string, action?: string): NormalizedEvent => ({
  element: 0,
  id: 'x',
  dataset,
  timeMs: 0,
  document: { event: { dataset, ...(action !== undefined && { action }) } },
});

test('all given conditions must match', () => {
  const wanted = eventFilter({ datasets: ['a', 'b'], sources: ['xiq'], actions: ['made'] });
  expect(wanted(event('a', 'made'), 'xiq')).toBe(true);
  expect(wanted(event('c', 'made'), 'xiq')).toBe(false);
  expect(wanted(event('a', 'made'), 'other')).toBe(false);
  expect(wanted(event('a', 'lost'), 'xiq')).toBe(false);
  expect(wanted(event('a'), 'xiq')).toBe(false);
  expect(eventFilter()(event('a'), 'any')).toBe(true);
});

test('a query has comma-separated lists; an empty list is no condition', () => {
  expect(whereOfQuery({ datasets: ' a, b,,', sources: ' , ', actions: undefined })).toEqual({
    datasets: ['a', 'b'],
    sources: undefined,
    actions: undefined,
  });
});
