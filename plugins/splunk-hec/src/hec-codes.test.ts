import { expect, it } from 'vitest';
import { meaningOf } from './hec-codes.ts';

it('L8: no status from 500 to 599 rejects events, whatever HEC code the response has', () => {
  const codes = [undefined, ...Array.from({ length: 30 }, (_, code) => code)];
  for (let status = 500; status < 600; status++) {
    const actions = new Set(codes.map((code) => meaningOf(status, code).action));
    expect([...actions].filter((action) => !['wait', 'slowDown', 'unknown'].includes(action))).toEqual([]);
  }
});

it('without a HEC code, only 413 may concern events', () => {
  const own = new Set(['rejectOne', 'rejectAll', 'tooLarge']);
  const statuses = Array.from({ length: 300 }, (_, index) => 300 + index);
  expect(statuses.filter((status) => own.has(meaningOf(status, undefined).action))).toEqual([413]);
});
