import { expect, test } from 'vitest';
import { createPace, type PaceSample } from './pace.ts';

const sample = (seconds: number, bodies: number, settled: Record<string, number> = {}): PaceSample => ({
  atMs: seconds * 1000,
  bodies,
  bytes: bodies * 1000,
  settled: new Map(Object.entries(settled)),
});

test('nothing is known before two samples', () => {
  const pace = createPace();
  expect(pace.bodiesPerSecond()).toBeNull();
  pace.add(sample(0, 10, { one: 1 }));
  expect([pace.bodiesPerSecond(), pace.eventsPerSecond('one'), pace.bytesPerHour()]).toEqual([null, null, null]);
});

test('rates are those of the last minute, bytes an hour those of the day', () => {
  const pace = createPace();
  for (let at = 0; at <= 600; at += 5) pace.add(sample(at, at < 540 ? 0 : (at - 540) * 2, { one: at * 3 }));
  expect(pace.bodiesPerSecond()).toBe(2);
  expect(pace.eventsPerSecond('one')).toBe(3);
  expect(pace.bytesPerHour()).toBeCloseTo((120_000 / 600) * 3600);
});

test('a destination that came later has no rate before its second sample, one that began anew none below nothing', () => {
  const pace = createPace();
  pace.add(sample(0, 0, { one: 500 }));
  pace.add(sample(5, 0, { one: 0, two: 1 }));
  expect(pace.eventsPerSecond('two')).toBeNull();
  expect(pace.eventsPerSecond('one')).toBe(0);
  expect(pace.eventsPerSecond('never')).toBeNull();
});

test('a clock that steps back begins anew', () => {
  const pace = createPace();
  pace.add(sample(100, 0));
  pace.add(sample(200, 1000));
  pace.add(sample(50, 1100));
  expect(pace.bodiesPerSecond()).toBeNull();
  expect(pace.bytesPerHour()).toBeNull();
  pace.add(sample(55, 1110));
  expect(pace.bodiesPerSecond()).toBe(2);
});

test('after a pause of hours the day is still known, and the minute is not', () => {
  const pace = createPace();
  pace.add(sample(0, 0));
  pace.add(sample(7200, 7200));
  expect(pace.bodiesPerSecond()).toBeNull();
  expect(pace.bytesPerHour()).toBe(3_600_000);
});
