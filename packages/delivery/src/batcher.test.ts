import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBatcher, type Pending, pendingOf } from './batcher.ts';
import type { Limits } from './policy.ts';

const limits: Limits = { inFlight: 4, maxEvents: 3, maxBytes: 100, notBeforeMs: 0, probing: false };
const pending = (element: number, bytes = 10, takenAtMs = 0): Pending =>
  pendingOf(
    {
      ...{ sequence: 0, element, id: String(element), dataset: 'd', timeMs: 0, document: {} },
      ...{ receipt: 'r', source: 's', receivedAtMs: 0, json: '{}', bytes },
    },
    takenAtMs,
  );
const elements = (batch: readonly Pending[] | undefined) => batch?.map(({ event }) => event.element);

describe('a batch of new events is due', () => {
  test('when there are enough of them', () => {
    const batcher = createBatcher(200);
    for (let element = 0; element < 4; element++) batcher.add(pending(element));
    expect(elements(batcher.take(0, limits))).toEqual([0, 1, 2]);
    expect(batcher.take(0, limits)).toBeUndefined();
    expect(batcher.dueMs(limits)).toBe(200);
    expect(elements(batcher.take(200, limits))).toEqual([3]);
    expect(batcher.dueMs(limits)).toBe(Number.POSITIVE_INFINITY);
  });

  test('when there are bytes enough; one event that is larger goes alone', () => {
    const batcher = createBatcher(200);
    for (const bytes of [60, 60, 500]) batcher.add(pending(bytes, bytes));
    expect(elements(batcher.take(0, limits))).toEqual([60]);
    expect(elements(batcher.take(0, limits))).toEqual([60]);
    expect(elements(batcher.take(0, limits))).toEqual([500]);
  });

  test('not before the destination may be sent to', () => {
    const batcher = createBatcher(0);
    batcher.add(pending(0));
    expect(batcher.take(50, { ...limits, notBeforeMs: 60 })).toBeUndefined();
    expect(batcher.dueMs({ ...limits, notBeforeMs: 60 })).toBe(60);
  });
});

test('an event that may be in small batches only is never in a larger one', () => {
  const batcher = createBatcher(0);
  const limited = { ...pending(1), groupLimit: 2 };
  batcher.addAgain([pending(0), limited, pending(2)]);
  expect(elements(batcher.take(0, limits))).toEqual([0, 1]);
  expect(elements(batcher.take(0, limits))).toEqual([2]);
});

test('while probing, new events and those to be sent again take turns', () => {
  const batcher = createBatcher(1000);
  batcher.addAgain([pending(0), pending(1)]);
  batcher.add(pending(10));
  batcher.add(pending(11));
  const probe = { ...limits, maxEvents: 1, probing: true };
  expect([0, 1, 2, 3].map(() => elements(batcher.take(0, probe)))).toEqual([[10], [0], [11], [1]]);
});

test('everything comes out once, within the limits, and what is said to be due is given', () => {
  const event = fc.record({
    bytes: fc.integer({ min: 1, max: 150 }),
    again: fc.boolean(),
    wait: fc.nat(500),
    groupLimit: fc.integer({ min: 1, max: 5 }),
  });
  const bounds = fc.record({
    maxEvents: fc.integer({ min: 1, max: 5 }),
    maxBytes: fc.integer({ min: 1, max: 200 }),
    probing: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(event), fc.infiniteStream(bounds), (events, stream) => {
      const batcher = createBatcher(100);
      for (const [element, { bytes, again, wait, groupLimit }] of events.entries()) {
        if (again) batcher.addAgain([{ ...pending(element, bytes), notBeforeMs: wait, groupLimit }]);
        else batcher.add(pending(element, bytes));
      }
      const out: number[] = [];
      let nowMs = 0;
      for (;;) {
        const now = { ...limits, ...stream.next().value };
        const dueMs = batcher.dueMs(now);
        if (dueMs === Number.POSITIVE_INFINITY) break;
        nowMs = Math.max(nowMs, dueMs);
        const batch = batcher.take(nowMs, now);
        if (batch === undefined) throw new Error('due, but not given');
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(Math.min(now.maxEvents, ...batch.map((one) => one.groupLimit)));
        const bytes = batch.reduce((sum, one) => sum + one.event.bytes, 0);
        expect(batch.length === 1 || bytes <= now.maxBytes).toBe(true);
        out.push(...batch.map((one) => one.event.element));
      }
      expect(out.sort((a, b) => a - b)).toEqual(events.map((_, element) => element));
    }),
  );
});
