import { expect, it } from 'vitest';
import { writeTime } from '../document/write-time.ts';
import { readTime, zoneOffset } from './time.ts';

const receivedAtMs = Date.UTC(2026, 11, 1);
const inZone = (zone: string, receipt = receivedAtMs) => ({ offset: zoneOffset(zone), receivedAtMs: receipt });
const utc = inZone('UTC');
const ms = 1_636_337_187_553;
const second = 1_636_337_187_000;

it.each([
  ['epoch milliseconds', ms, ms],
  ['epoch milliseconds as text', String(ms), ms],
  ['epoch seconds', 1_636_337_187, second],
  ['epoch seconds as text', '1636337187', second],
  ['epoch seconds with a fraction', 1_636_337_187.553, ms],
  ['epoch seconds with a fraction as text', '1636337187.553', ms],
  ['epoch seconds as Java writes a double', '1.636337187553E9', ms],
  ['epoch milliseconds as Java writes a double', '1.636337187553E12', ms],
  ['epoch microseconds', 1_636_337_187_553_000, ms],
  ['epoch microseconds as text', '1636337187553000', ms],
  ['epoch nanoseconds as text', '1636337187553000000', ms],
  ['epoch seconds with nanoseconds', '1636337187.553000000', ms],
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
  ['ISO with the name of the zone in brackets', '2021-11-08T03:06:27.553+01:00[Europe/Berlin]', ms],
  ['ISO in UTC with the name of the zone in brackets', '2021-11-08T02:06:27.553Z[UTC]', ms],
  ['ISO with UTC', '2021-11-08 02:06:27.553 UTC', ms],
  ['ISO with GMT', '2021-11-08T02:06:27.553GMT', ms],
  ['a date with slashes, year first', '2021/11/08 02:06:27', second],
  ['RFC 2822', 'Mon, 8 Nov 2021 03:06:27 +0100', second],
  ['RFC 2822 with the name of the zone as a comment', 'Mon, 08 Nov 2021 02:06:27 +0000 (UTC)', second],
  ['RFC 1123', 'Mon, 08 Nov 2021 02:06:27 GMT', second],
  ['RFC 2822 without a day of the week and seconds', '8 Nov 2021 02:06 UT', second - 27_000],
  ["Gson's default", 'Nov 8, 2021 2:06:27 AM', second],
  ["Gson's default of Java 9 and later, in the afternoon", 'Nov 8, 2021, 2:06:27 PM', second + 12 * 3_600_000],
  ["Gson's default of Java 20 and later", 'Nov 8, 2021, 12:06:27\u{202f}AM', second - 2 * 3_600_000],
  ["Java's Date", 'Mon Nov 08 02:06:27 UTC 2021', second],
  ["Java's Date in a zone that has only an offset", 'Mon Nov 08 03:06:27 GMT+01:00 2021', second],
  ["JavaScript's Date", 'Mon Nov 08 2021 03:06:27 GMT+0100 (Central European Standard Time)', second],
  ["Java's LocalDateTime as an array", [2021, 11, 8, 2, 6, 27, 553_000_000], ms],
  ["Java's LocalDateTime as an array without seconds", [2021, 11, 8, 2, 6], second - 27_000],
  ['a time with blanks around it', ' 2021-11-08T02:06:27Z\n', second],
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
  '1e99',
  '99999999999999999999',
  Number.MAX_VALUE,
  Number.POSITIVE_INFINITY,
  '2026-11-30T13:00:00 AM',
  '2026-11-30T05:00:00[Europe/Berlin]',
  'Tue, 30 Nov 2026 05:00:00 GMT',
  'Movember 30, 2026 5:00:00 AM',
  [2026, 11, 30],
  [2026, 11, 30, 5],
  [2026, 11, 31, 5, 0],
  [2026, 11, 30, 5, 0, 0, 1_000_000_000],
  [2026, 11, 30, 5, 0, 0, 0, 0],
  [2026, 11, 30, '5', 0],
  [2026, 11, 30, 5, -1],
  [2026, 11, 30, 5, 0.5],
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
  expect(readTime(text, inZone(zone))?.ms).toBe(expected);
});

it.each([
  ['twice, an hour after', 'America/New_York', '2026-11-01T01:29:58', '2026-11-01T06:30:00Z', '2026-11-01T06:29:58Z'],
  ['twice, at once', 'America/New_York', '2026-11-01T01:29:58', '2026-11-01T05:30:00Z', '2026-11-01T05:29:58Z'],
  ['twice, at once', 'Europe/Berlin', '2026-10-25T02:29:58', '2026-10-25T00:30:00Z', '2026-10-25T00:29:58Z'],
  ['twice, a day after', 'Europe/Berlin', '2026-10-25T02:29:58', '2026-10-26T00:00:00Z', '2026-10-25T01:29:58Z'],
  ['twice, clock ahead', 'Europe/Berlin', '2026-10-25T02:30:30', '2026-10-25T00:30:00Z', '2026-10-25T00:30:30Z'],
  ['twice, long before', 'Europe/Berlin', '2026-10-25T02:30:00', '2026-10-24T00:00:00Z', '2026-10-25T00:30:00Z'],
  [
    'twice, by half an hour',
    'Australia/Lord_Howe',
    '2026-04-05T01:45:00',
    '2026-04-04T14:50:00Z',
    '2026-04-04T14:45:00Z',
  ],
  ['never, clock not changed', 'Europe/Berlin', '2026-03-29T02:29:58', '2026-03-29T01:30:00Z', '2026-03-29T01:29:58Z'],
  ['never, changed early', 'Europe/Berlin', '2026-03-29T02:29:58', '2026-03-29T00:30:00Z', '2026-03-29T00:29:58Z'],
  ['once, just before twice', 'Europe/Berlin', '2026-10-25T01:59:59', '2026-10-26T00:00:00Z', '2026-10-24T23:59:59Z'],
  ['once, just after twice', 'Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z'],
  ['once, just before never', 'Europe/Berlin', '2026-03-29T01:59:59', '2026-03-30T00:00:00Z', '2026-03-29T00:59:59Z'],
  ['once, just after never', 'Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z'],
])('reads the time that exists %s, in %s: %s, received %s, as %s', (_, zone, text, receipt, expected) => {
  const moment = readTime(text, inZone(zone, Date.parse(receipt)));
  expect(writeTime(moment?.ms ?? 0)).toBe(new Date(expected).toISOString());
  expect(moment?.keyMs).toBe(Date.parse(`${text}Z`));
});

it('gives a key that does not depend on the time zone', () => {
  const [here, there] = ['UTC', 'Asia/Kathmandu'].map((zone) => readTime('2021-11-08T02:06:27', inZone(zone)));
  expect(there?.keyMs).toBe(here?.keyMs);
  expect(there?.ms).not.toBe(here?.ms);
});

it('reports times that are more precise than a millisecond', () => {
  expect(readTime('2021-11-08T02:06:27.553000Z', utc)?.exact).toBe(true);
  expect(readTime('2021-11-08T02:06:27.553001Z', utc)).toMatchObject({ ms, exact: false });
  expect(readTime(ms + 0.5, utc)?.exact).toBe(false);
  expect(readTime('1636337187.553000001', utc)).toMatchObject({ ms, exact: false });
  expect(readTime(1_636_337_187_553_001, utc)).toMatchObject({ ms, exact: false });
  expect(readTime('1636337187553999999', utc)).toMatchObject({ ms, exact: false });
  expect(readTime([2021, 11, 8, 2, 6, 27, 553_000_001], utc)).toMatchObject({ ms, exact: false });
});

it('formats times as toISOString does', () => {
  for (const at of [0, 1, 999, 1000, ms, second, -1, -1000, Date.UTC(9999, 11, 31)]) {
    expect(writeTime(at)).toBe(new Date(at).toISOString());
  }
});
