import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPendingQueue, type Pending, pendingOf } from './pending-queue.ts';
import { createSendPermit, type SendPermitOptions, type StreamState } from './send-permit.ts';
import { createSendSlots } from './send-slots.ts';

const pending = (element: number, bytes = 10, takenAtMs = 0): Pending => {
  const event = { sequence: 0, element, id: String(element), dataset: 'd', timeMs: 0, document: {} };
  return pendingOf({ ...event, receipt: 'r', source: 's', receivedAtMs: 0, json: '{}', bytes }, takenAtMs);
};

/** A queue and its send permit. */
function make(maxAgeMs = 200, more: Partial<SendPermitOptions['batch']> = {}) {
  const queue = createPendingQueue();
  const permit = createSendPermit({
    timeoutMs: 60_000,
    isProven: () => true,
    batch: { maxEvents: 3, maxBytes: 100, maxAgeMs, ...more },
    retry: { initialMs: 500, maxMs: 60_000 },
    maxInFlight: 4,
    window: { events: 1000, bytes: 100_000 },
    slots: createSendSlots(Number.POSITIVE_INFINITY),
    wakeup: { notify() {} },
    random: () => 1,
  });
  const stateAt = (nowMs: number): StreamState => {
    const common = {
      nowMs,
      inFlight: 0,
      confirming: 0,
      deadLettersBlockedBy: undefined,
      blocked: undefined,
      isBlockedAtCapacity: false,
    };
    return { ...common, waiting: queue.waiting() };
  };
  /** The elements of the batch that may be sent now, or when to ask again. */
  const take = (nowMs: number): number | readonly number[] => {
    const next = permit.request(stateAt(nowMs));
    return 'askAgainMs' in next ? next.askAgainMs : queue.take(next, nowMs).map(({ event }) => event.element);
  };
  return { queue, permit, stateAt, take };
}
const end = (nowMs = 0) => ({
  round: 0,
  nowMs,
  slowDown: false,
  timedOut: false,
  single: undefined,
  isResend: false,
  waitMs: 0,
  size: 1,
  code: 'down',
});

describe('a batch of new events is due', () => {
  test('when there are enough of them', () => {
    const { queue, take } = make();
    for (let element = 0; element < 4; element++) queue.addNew(pending(element));
    expect(take(0)).toEqual([0, 1, 2]);
    expect(take(0)).toBe(200);
    expect(take(199)).toBe(200);
    expect(take(200)).toEqual([3]);
    expect(take(200)).toBe(Number.POSITIVE_INFINITY);
  });

  test('when there are enough bytes; a larger event is sent alone', () => {
    const { queue, take } = make();
    for (const bytes of [60, 60, 500]) queue.addNew(pending(bytes, bytes));
    expect([take(0), take(0), take(0)]).toEqual([[60], [60], [500]]);
  });

  test('when enough bytes wait, without those already taken', () => {
    const { queue, take } = make();
    for (const bytes of [60, 60]) queue.addNew(pending(bytes, bytes));
    expect(take(0)).toEqual([60]);
    expect(queue.waiting().newBytes).toBe(60);
    expect(take(0)).toBe(200);
    expect(take(200)).toEqual([60]);
    expect(queue.waiting().newBytes).toBe(0);
    queue.addNew(pending(1, 60, 200));
    expect(take(200)).toBe(400);
  });

  test('not during a wait of the destination', () => {
    const { queue, permit, take } = make(0);
    queue.addNew(pending(0));
    permit.recordBatchResult({ ...end(), batchResult: 'tooLarge', size: 2, waitMs: 60 });
    expect(take(50)).toBe(60);
    expect(take(60)).toEqual([0]);
  });
});

test('an event with a group limit is never in a larger batch', () => {
  const { queue, take } = make(0);
  const limited = { ...pending(1), groupLimit: 2 };
  queue.addResends([pending(0), limited, pending(2)]);
  expect([take(0), take(0)]).toEqual([[0, 1], [2]]);
});

test('probes alternate between new events and resends; otherwise resends go first', () => {
  for (const isProbing of [true, false]) {
    const { queue, permit, take } = make(0, { maxEvents: 1 });
    if (isProbing) permit.recordBatchResult({ ...end(-5_000), batchResult: 'misconfigured' });
    queue.addResends([pending(0), pending(1)]);
    queue.addNew(pending(10));
    queue.addNew(pending(11));
    const turns = isProbing ? [[10], [0], [11], [1]] : [[0], [1], [10], [11]];
    expect([0, 1, 2, 3].map(() => take(0))).toEqual(turns);
  }
});

test('every event is taken once, within the limits, when it is due', () => {
  const event = fc.record({
    bytes: fc.integer({ min: 1, max: 150 }),
    again: fc.boolean(),
    wait: fc.nat(500),
    groupLimit: fc.integer({ min: 1, max: 5 }),
  });
  const response = fc.record({
    kind: fc.constantFrom('delivered', 'retry', 'tooLarge', 'unavailable', 'misconfigured'),
    slowDown: fc.boolean(),
    waitMs: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(event), fc.infiniteStream(response), (events, responses) => {
      const { queue, permit, stateAt } = make(100, { maxEvents: 5, maxBytes: 200 });
      for (const [element, { bytes, again, wait, groupLimit }] of events.entries()) {
        if (again) queue.addResends([{ ...pending(element, bytes), notBeforeMs: wait, groupLimit }]);
        else queue.addNew(pending(element, bytes));
      }
      const out: number[] = [];
      let nowMs = 0;
      for (;;) {
        let next = permit.request(stateAt(nowMs));
        if ('askAgainMs' in next) {
          if (next.askAgainMs === Number.POSITIVE_INFINITY) break;
          expect(next.askAgainMs).toBeGreaterThan(nowMs);
          nowMs = next.askAgainMs;
          next = permit.request(stateAt(nowMs));
        }
        if ('askAgainMs' in next) throw new Error('due, but not given');
        const now = permit.limits();
        const batch = queue.take(next, nowMs);
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(Math.min(now.maxEvents, ...batch.map((one) => one.groupLimit)));
        const bytes = batch.reduce((sum, one) => sum + one.event.bytes, 0);
        expect(batch.length === 1 || bytes <= now.maxBytes).toBe(true);
        out.push(...batch.map((one) => one.event.element));
        const { kind, ...asked } = responses.next().value;
        const how = { ...end(nowMs), ...asked, round: next.round, size: batch.length };
        if (kind === 'tooLarge' || kind === 'unavailable' || kind === 'misconfigured') {
          permit.recordBatchResult({ ...how, batchResult: kind });
        } else {
          const settled = kind === 'delivered' ? batch.length : 0;
          permit.recordVerdicts({ ...how, blocked: 0, settled, rejected: undefined });
        }
      }
      expect(out.sort((a, b) => a - b)).toEqual(events.map((_, element) => element));
    }),
  );
});

test('removed events do not count', () => {
  const { queue } = make();
  for (const element of [1, 2, 3]) queue.addNew(pending(element, 10 * element, element));
  queue.addResends([
    { ...pending(4), notBeforeMs: 70 },
    { ...pending(5), notBeforeMs: 50 },
  ]);
  expect(queue.remove(({ event }) => event.element % 4 === 1).map(({ event }) => event.element)).toEqual([5, 1]);
  expect(queue.waiting()).toEqual({ newEvents: 2, newBytes: 50, oldestNewMs: 2, resendMs: 70 });
  expect([queue.size(), queue.awaitingResend()]).toEqual([3, 1]);
});
