import { expect, test } from 'vitest';
import { createRates, type RateSample } from './rates.ts';

const sample = (seconds: number, bodies: number, settled: Record<string, number> = {}): RateSample => ({
  atMs: seconds * 1000,
  bodies,
  bytes: bodies * 1000,
  settled: new Map(Object.entries(settled)),
});

test('rates are unknown before the second sample', () => {
  const rates = createRates();
  expect(rates.bodiesPerSecond()).toBeNull();
  rates.add(sample(0, 10, { one: 1 }));
  expect([rates.bodiesPerSecond(), rates.eventsPerSecond('one'), rates.bytesPerHour()]).toEqual([null, null, null]);
});

test('rates are of the last minute, bytes per hour of the last day', () => {
  const rates = createRates();
  for (let at = 0; at <= 600; at += 5) rates.add(sample(at, at < 540 ? 0 : (at - 540) * 2, { one: at * 3 }));
  expect(rates.bodiesPerSecond()).toBe(2);
  expect(rates.eventsPerSecond('one')).toBe(3);
  expect(rates.bytesPerHour()).toBeCloseTo((120_000 / 600) * 3600);
});

test('a new destination has no rate before its second sample; a rate is never negative after a restart', () => {
  const rates = createRates();
  rates.add(sample(0, 0, { one: 500 }));
  rates.add(sample(5, 0, { one: 0, two: 1 }));
  expect(rates.eventsPerSecond('two')).toBeNull();
  expect(rates.eventsPerSecond('one')).toBe(0);
  expect(rates.eventsPerSecond('never')).toBeNull();
});

test('when the clock steps back, older samples are dropped', () => {
  const rates = createRates();
  rates.add(sample(100, 0));
  rates.add(sample(200, 1000));
  rates.add(sample(50, 1100));
  expect(rates.bodiesPerSecond()).toBeNull();
  expect(rates.bytesPerHour()).toBeNull();
  rates.add(sample(55, 1110));
  expect(rates.bodiesPerSecond()).toBe(2);
});

test('after hours without samples the rate of the day is known, the rate of the minute is not', () => {
  const rates = createRates();
  rates.add(sample(0, 0));
  rates.add(sample(7200, 7200));
  expect(rates.bodiesPerSecond()).toBeNull();
  expect(rates.bytesPerHour()).toBe(3_600_000);
});
