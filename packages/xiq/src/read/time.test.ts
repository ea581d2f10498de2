import { expect, it } from 'vitest';
import { writeTime } from '../document/write-time.ts';
import { readTime, zoneOffset } from './time.ts';

const utc = zoneOffset('UTC');
const ms = 1_636_337_187_553;
const second = 1_636_337_187_000;

it.each([
  ['epoch milliseconds', ms, ms],
  ['epoch milliseconds as text', String(ms), ms],
  ['epoch seconds', 1_636_337_187, second],
  ['epoch seconds as text', '1636337187', second],
  ['epoch seconds with a fraction', 1_636_337_187.553, ms],
  ['the last number taken for seconds', 99_999_999_999, 99_999_999_999_000],
  ['the first number taken for milliseconds', 100_000_000_000, 100_000_000_000],
  ['the epoch itself', 0, 0],
  ['ISO in UTC', '2021-11-08T02:06:27.553Z', ms],
  ['ISO with an offset without a colon', '2021-11-08T02:06:27.000+0000', second],
  ['ISO with an offset', '2021-11-08T03:36:27+01:30', second],
  ['ISO with a negative offset of hours and minutes', '2021-11-07T22:36:27-03:30', second],
  ['ISO with an offset of hours', '2021-11-07T21:06:27-05', second],
  ['ISO with a space', '2021-11-08 02:06:27Z', second],
  ['ISO with a comma', '2021-11-08T02:06:27,5Z', second + 500],
  ['ISO without seconds', '2021-11-08T02:06Z', second - 27_000],
  ['ISO without an offset', '2021-11-08T02:06:27', second],
  ['ISO with the largest offset', '2021-11-08T21:05:27+18:59', second],
  ['a leap day', '2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
])('reads %s', (_, value, expected) => {
  expect(readTime(value, utc)).toMatchObject({ ms: expected, keyMs: expected, exact: true });
});

it.each([
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2021-13-01T00:00:00Z',
  '2021-11-08T24:00:00Z',
  '2021-11-08T02:06:60Z',
  '2021-11-08T02:06:27+25:00',
  '2021-11-08T02:06:27+19:00',
  '2021-11-08T02:06:27+01:60',
  '2021-00-08T02:06:27Z',
  '2021-11-00T02:06:27Z',
  '2021-11-08T02:60:27Z',
  '2021-11-08',
  'yesterday',
  '',
  '1e12',
  '99999999999999999',
  Number.MAX_VALUE,
  253_402_300_800_000,
  true,
  null,
  {},
])('rejects %j as a time', (value) => {
  expect(readTime(value, utc)).toBeUndefined();
});

it.each([
  ['Europe/Berlin', '2021-11-08T03:06:27', second],
  ['Europe/Berlin', '2021-07-08T04:06:27', Date.UTC(2021, 6, 8, 2, 6, 27)],
  ['Europe/Berlin', '2021-03-28T01:59:59', Date.UTC(2021, 2, 28, 0, 59, 59)],
  ['Europe/Berlin', '2021-03-28T03:00:00', Date.UTC(2021, 2, 28, 1)],
  ['America/New_York', '2021-11-07T21:06:27', second],
  ['Asia/Kathmandu', '2021-11-08T07:51:27', second],
])('reads ISO without an offset in %s: %s', (zone, text, expected) => {
  expect(readTime(text, zoneOffset(zone))?.ms).toBe(expected);
});

it('gives a key that does not depend on the time zone', () => {
  const [here, there] = ['UTC', 'Asia/Kathmandu'].map((zone) => readTime('2021-11-08T02:06:27', zoneOffset(zone)));
  expect(there?.keyMs).toBe(here?.keyMs);
  expect(there?.ms).not.toBe(here?.ms);
});

it('reports times that are more precise than a millisecond', () => {
  expect(readTime('2021-11-08T02:06:27.553000Z', utc)?.exact).toBe(true);
  expect(readTime('2021-11-08T02:06:27.553001Z', utc)).toMatchObject({ ms, exact: false });
  expect(readTime(ms + 0.5, utc)?.exact).toBe(false);
});

it('formats times as toISOString does', () => {
  for (const at of [0, 1, 999, 1000, ms, second, -1, -1000, Date.UTC(9999, 11, 31)]) {
    expect(writeTime(at)).toBe(new Date(at).toISOString());
  }
});
