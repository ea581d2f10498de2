import { expect, it } from 'vitest';
import { parseSpan, parseTime } from './time.ts';

const now = Date.parse('2026-11-24T12:00:00Z');

it.each([
  ['2026-11-24T08:00:00Z', '2026-11-24T08:00:00.000Z'],
  ['2026-11-24T08:00:00.5Z', '2026-11-24T08:00:00.500Z'],
  ['2026-11-24T08:00+02:00', '2026-11-24T06:00:00.000Z'],
  ['2026-11-24 08:00', '2026-11-24T08:00:00.000Z'],
  ['2026-11-24', '2026-11-24T00:00:00.000Z'],
  ['24h', '2026-11-23T12:00:00.000Z'],
  ['7d', '2026-11-17T12:00:00.000Z'],
  ['30m', '2026-11-24T11:30:00.000Z'],
  ['90s', '2026-11-24T11:58:30.000Z'],
  ['2w', '2026-11-10T12:00:00.000Z'],
  ['now', '2026-11-24T12:00:00.000Z'],
])('%s is %s', (text, iso) => {
  expect(parseTime('--from', text, now)).toBe(iso);
});

it.each(['', 'yesterday', '2026-13-01', '2026-02-31', '24', '-5h', '1h30m', '2026-11-24T25:00Z', '999999w', '1e3s'])(
  '%j is rejected, with the valid forms',
  (text) => {
    expect(() => parseTime('--from', text, now)).toThrow(/--from .* is not a valid time\. TIME: 2026/);
  },
);

it('an empty span is rejected', () => {
  expect(parseSpan({ from: '2d', to: '1d' }, now)).toEqual({
    ...{ from: '2026-11-22T12:00:00.000Z', to: '2026-11-23T12:00:00.000Z' },
  });
  expect(parseSpan({}, now)).toEqual({});
  expect(() => parseSpan({ from: '1d', to: '2d' }, now)).toThrow('is not before');
});
