import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSendPermit, type SendPermit, type StreamState } from './send-permit.ts';
import { createSendSlots } from './send-slots.ts';

const batch = { maxEvents: 500, maxBytes: 1_000_000, maxAgeMs: 200 };
const retry = { initialMs: 500, maxMs: 60_000 };
const window = { events: 2000, bytes: 4_000_000 };
const never = Number.POSITIVE_INFINITY;
const make = (random = () => 1, slots = createSendSlots(never), wakeup = { notify() {} }) =>
  createSendPermit({
    batch,
    retry,
    timeoutMs: 60_000,
    maxInFlight: 4,
    window,
    slots,
    wakeup,
    random,
    isProven: () => true,
  });

/** A stream with a full batch of new events and no obstacle. */
const ready: StreamState = {
  nowMs: 0,
  inFlight: 0,
  confirming: 0,
  waiting: { newEvents: 500, newBytes: 5000, oldestNewMs: 0, resendMs: never },
  deadLettersBlockedBy: undefined,
  blocked: undefined,
  isBlockedAtCapacity: false,
};
const roundOf = (permit: SendPermit) => {
  const next = permit.request({ ...ready, nowMs: Number.MAX_SAFE_INTEGER });
  if ('askAgainMs' in next) throw new Error('no permit');
  return next.round;
};
/** Verdicts of a batch of ten. */
const none = { size: 10, delivered: 0, blocked: 0, unknown: 0, settled: 0, rejected: undefined, code: 'none' };
const end = (permit: SendPermit, nowMs = 0) => ({
  round: roundOf(permit),
  nowMs,
  slowDown: false,
  waitMs: 0,
  timedOut: false,
  single: undefined,
  isResend: false,
});
const fail = (permit: SendPermit, batchResult: 'unavailable' | 'misconfigured' = 'unavailable', nowMs = 0) =>
  permit.recordBatchResult({ ...end(permit, nowMs), size: 10, batchResult, code: 'down' });
const pass = (permit: SendPermit) => permit.recordVerdicts({ ...end(permit), ...none, delivered: 10, settled: 10 });
const reject = (permit: SendPermit, code: string, events: number, size = 10, blocked = 0) =>
  permit.recordVerdicts({
    ...{ ...end(permit), ...none, size, blocked, code },
    ...{ delivered: size - blocked - events, settled: size - blocked, rejected: { code, events } },
  });
const suspension = (permit: SendPermit) =>
  permit.recordVerdicts({ ...end(permit), ...none, blocked: 10, code: 'closed' });
const tooLarge = (permit: SendPermit, size = 1) =>
  permit.recordBatchResult({ ...end(permit), size, batchResult: 'tooLarge', code: 'large' });

test('the delay before the next attempt is random, below a limit that doubles up to its maximum', () => {
  const permit = make(() => 0.999999);
  expect([1, 2, 3, 8, 100].map((attempts) => Math.round(permit.retryDelay(attempts)))).toEqual([
    500, 1000, 2000, 60_000, 60_000,
  ]);
  expect(make(() => 0).retryDelay(9)).toBe(0);
});

test('batches of one round count as one failure', () => {
  const permit = make();
  const round = roundOf(permit);
  for (let each = 0; each < 4; each++)
    permit.recordBatchResult({ ...end(permit), size: 10, round, batchResult: 'unavailable', code: 'down' });
  expect(permit.limits()).toMatchObject({ notBeforeMs: 500, probing: false });
});

test('after five consecutive failures smaller and smaller batches probe, one at a time; after a success the limits are low', () => {
  const permit = make();
  const seen = [];
  for (let failures = 0; failures < 10; failures++) {
    fail(permit);
    seen.push(permit.limits().probing ? permit.limits().maxEvents : 'all');
  }
  expect(seen).toEqual(['all', 'all', 'all', 'all', 8, 4, 2, 1, 1, 1]);
  expect(permit.limits().inFlight).toBe(1);
  expect(permit.suspension(ready)).toEqual({ state: 'backing_off', code: 'down' });
  pass(permit);
  expect(permit.limits()).toMatchObject({ inFlight: 1, probing: false });
  expect(permit.limits().maxEvents).toBeLessThanOrEqual(100);
  expect(permit.suspension(ready)).toBeUndefined();
  for (let passes = 0; passes < 25; passes++) pass(permit);
  expect(permit.limits()).toMatchObject({ inFlight: 4, maxEvents: 500 });
});

test('L7: an unknown result opens the circuit though another failure of its round came first, unless a success is newer', () => {
  const unknown = (permit: SendPermit, round: number) =>
    permit.recordVerdicts({ ...end(permit), ...none, round, unknown: 10, code: 'connection_lost' });
  const failing = make();
  const round = roundOf(failing);
  fail(failing);
  expect(failing.limits().probing).toBe(false);
  unknown(failing, round);
  expect(failing.limits()).toMatchObject({ probing: true, inFlight: 1, maxEvents: 8 });

  const working = make();
  const before = roundOf(working);
  pass(working);
  unknown(working, before);
  expect(working.limits().probing).toBe(false);
});

test('misconfigured pauses at once, with growing delays up to a minute', () => {
  const permit = make();
  fail(permit, 'misconfigured');
  expect(permit.limits()).toMatchObject({ notBeforeMs: 5_000, probing: true, inFlight: 1 });
  for (let failures = 0; failures < 20; failures++) fail(permit, 'misconfigured', 1_000_000);
  expect(permit.limits().notBeforeMs).toBe(1_060_000);
  expect(permit.suspension(ready)?.state).toBe('paused');
});

describe('more than half of the events rejected', () => {
  test('in three consecutive batches for one code: the events are sent again, and the destination is paused', () => {
    const permit = make();
    expect([1, 2, 3].map(() => reject(permit, 'bad', 6))).toEqual([false, false, true]);
    expect(permit.suspension(ready)).toEqual({ state: 'paused', code: 'bad' });
    expect(reject(permit, 'bad', 1, 1)).toBe(true);
    pass(permit);
    expect(permit.suspension(ready)).toBeUndefined();
  });

  test('is not a burst if a batch between is delivered, the codes differ, or it is exactly half', () => {
    const permit = make();
    const responses = [
      reject(permit, 'bad', 6),
      reject(permit, 'bad', 6),
      pass(permit),
      reject(permit, 'bad', 6),
      reject(permit, 'bad', 6),
      reject(permit, 'other', 6),
      reject(permit, 'bad', 5),
      reject(permit, 'bad', 6),
    ];
    expect(new Set(responses)).toEqual(new Set([false]));
  });

  test('is not a burst with fewer than ten rejected events', () => {
    const permit = make();
    const responses = Array.from({ length: 11 }, () => reject(permit, 'bad', 1, 1));
    expect(responses).toEqual([...Array(9).fill(false), true, true]);
  });

  test('is a burst even if a batch between had no final verdict, or the other events are blocked', () => {
    const permit = make();
    reject(permit, 'bad', 6);
    reject(permit, 'bad', 3, 10, 5);
    fail(permit);
    suspension(permit);
    permit.recordVerdicts({ ...end(permit), ...none, size: 5, code: 'busy' });
    expect(reject(permit, 'bad', 6)).toBe(true);
  });

  test('includes events that are too large alone, but not split batches', () => {
    const permit = make();
    const responses = Array.from({ length: 10 }, () => [tooLarge(permit, 2), tooLarge(permit)]).flat();
    expect(responses.indexOf(true)).toBe(19);
    expect(permit.suspension(ready)).toEqual({ state: 'paused', code: 'large' });
  });
});

describe('a batch with only blocked events', () => {
  test('is not a failure and does not change the limits', () => {
    const permit = make();
    for (let batches = 0; batches < 50; batches++) suspension(permit);
    expect(permit.suspension(ready)).toBeUndefined();
    expect(permit.limits()).toMatchObject({ inFlight: 4, maxEvents: 500, notBeforeMs: 0, probing: false });
  });

  test('shows that the destination is back, but does not end a burst', () => {
    const permit = make();
    for (let failures = 0; failures < 9; failures++) fail(permit);
    suspension(permit);
    expect(permit.limits()).toMatchObject({ probing: false, inFlight: 1 });
    for (let batches = 0; batches < 3; batches++) reject(permit, 'bad', 6);
    suspension(permit);
    expect(permit.suspension(ready)).toEqual({ state: 'paused', code: 'bad' });
  });
});

test('resume ends the wait, but probes continue until a success', () => {
  const permit = make();
  permit.recordBatchResult({ ...end(permit), size: 10, batchResult: 'misconfigured', code: 'bad', waitMs: 3_000_000 });
  permit.resume();
  expect(permit.limits()).toMatchObject({ notBeforeMs: 0, probing: true });
  expect(permit.suspension(ready)).toEqual({ state: 'paused', code: 'bad' });
});

test('after any reports, a batch within the configured limits may be sent within an hour', () => {
  const happening = fc.record({
    kind: fc.constantFrom('tooLarge', 'unavailable', 'misconfigured', 'items'),
    slowDown: fc.boolean(),
    waitMs: fc.double({ min: 0, max: 1e300, noNaN: true }),
    settled: fc.nat(10),
    delivered: fc.nat(10),
    unknown: fc.nat(10),
    timedOut: fc.boolean(),
    blocked: fc.nat(10),
    rejected: fc.nat(10),
    passes: fc.nat(10_000),
  });
  fc.assert(
    fc.property(fc.array(happening), (happenings) => {
      const permit = make();
      let nowMs = 0;
      for (const {
        kind,
        slowDown,
        waitMs,
        settled,
        delivered,
        unknown,
        timedOut,
        blocked,
        rejected,
        passes,
      } of happenings) {
        nowMs += passes;
        const how = { ...end(permit, nowMs), slowDown, waitMs, timedOut, code: 'x' };
        if (kind === 'items')
          permit.recordVerdicts({
            ...{ ...how, ...none, delivered, unknown, blocked, settled, code: 'x' },
            rejected: { code: 'x', events: rejected },
          });
        else permit.recordBatchResult({ ...how, size: 1, batchResult: kind });
        const { inFlight, maxEvents, maxBytes, notBeforeMs } = permit.limits();
        expect(inFlight >= 1 && inFlight <= 4).toBe(true);
        expect(maxEvents >= 1 && maxEvents <= 500).toBe(true);
        expect(maxBytes >= 1 && maxBytes <= 1_000_000).toBe(true);
        expect(notBeforeMs - nowMs).toBeLessThanOrEqual(3_600_000);
      }
    }),
  );
});

describe('a batch may be sent', () => {
  test('without obstacles, with the configured size', () => {
    expect(make().request(ready)).toEqual({ from: 'new', maxEvents: 500, maxBytes: 1_000_000, round: 0 });
  });

  test('while fewer than the maximum are in flight, and dead letters can be stored', () => {
    const permit = make();
    expect(permit.request({ ...ready, inFlight: 3 })).toMatchObject({ from: 'new' });
    expect(permit.request({ ...ready, inFlight: 4 })).toEqual({ askAgainMs: never });
    const full = { ...ready, deadLettersBlockedBy: 'dead_letters_full' };
    expect(permit.request(full)).toEqual({ askAgainMs: never });
    expect(permit.suspension(full)).toEqual({ state: 'paused', code: 'dead_letters_full' });
    expect(permit.waitUntilMs(full)).toBeUndefined();
  });

  test('with a slot, and is in its queue only while there is something to send', () => {
    const slots = createSendSlots(1);
    let times = 0;
    const [first, second] = [make(undefined, slots), make(undefined, slots, { notify: () => void times++ })];
    expect(first.request(ready)).toMatchObject({ from: 'new' });
    expect(second.request(ready)).toEqual({ askAgainMs: never });
    slots.release();
    expect(times).toBe(1);
    expect(first.request(ready)).toEqual({ askAgainMs: never });
    expect(second.request({ ...ready, deadLettersBlockedBy: 'dead_letters_full' })).toEqual({ askAgainMs: never });
    expect(first.request(ready)).toMatchObject({ from: 'new' });
  });

  test.each([
    ['their events', { events: 1000, bytes: 1 }, { events: 999, bytes: 1 }],
    ['their bytes', { events: 1, bytes: 2_000_000 }, { events: 1, bytes: 1_999_999 }],
  ])('of new events only while blocked events use less than half of the window, by %s', (_, half, less) => {
    const permit = make();
    const stream = { ...ready, blocked: { ...half, code: 'closed' } };
    expect(permit.request(stream)).toEqual({ askAgainMs: never });
    expect(permit.suspension(stream)).toEqual({ state: 'paused', code: 'closed' });
    const waiting = { ...ready.waiting, resendMs: 700 };
    expect(permit.request({ ...stream, waiting })).toEqual({ askAgainMs: 700 });
    expect(permit.waitUntilMs({ ...stream, waiting })).toBe(700);
    expect(permit.request({ ...stream, waiting, nowMs: 700 })).toMatchObject({ from: 'resend' });
    expect(permit.request({ ...ready, blocked: { ...less, code: 'closed' } })).toMatchObject({ from: 'new' });
    const stuck = { ...ready, blocked: { ...less, code: 'closed' }, isBlockedAtCapacity: true };
    expect(permit.request(stuck)).toEqual({ askAgainMs: never });
    expect(permit.suspension(stuck)).toEqual({ state: 'paused', code: 'closed' });
  });

  test('not before its time; the suspension by reports has priority over blocked events', () => {
    const permit = make();
    fail(permit);
    const blocked = { events: 1500, bytes: 1, code: 'closed' };
    expect(permit.request(ready)).toEqual({ askAgainMs: 500 });
    expect(permit.waitUntilMs(ready)).toBe(500);
    expect(permit.waitUntilMs({ ...ready, nowMs: 500 })).toBeUndefined();
    expect(permit.suspension({ ...ready, blocked })).toEqual({ state: 'backing_off', code: 'down' });
  });
});

describe('the rate limit', () => {
  const limitsAfter = (permit: SendPermit, step: () => unknown, steps: number) =>
    Array.from({ length: steps }, () => {
      step();
      const { inFlight, maxEvents } = permit.limits();
      return [inFlight, maxEvents];
    });

  test('halves the batches in flight, then their size, for slowDown', () => {
    const permit = make();
    const all = { ...none, delivered: 10, settled: 10 };
    const slowed = () => permit.recordVerdicts({ ...end(permit), ...all, slowDown: true });
    expect(limitsAfter(permit, slowed, 5)).toEqual([
      [2, 500],
      [1, 500],
      [1, 250],
      [1, 125],
      [1, 62],
    ]);
    expect(limitsAfter(permit, () => pass(permit), 10).map(([, events]) => events)).toEqual([
      112, 162, 212, 262, 312, 362, 412, 462, 500, 500,
    ]);
    expect(limitsAfter(permit, () => pass(permit), 12).at(-1)).toEqual([4, 500]);
  });

  test('halves the size of batches when one is too large', () => {
    const permit = make();
    expect(limitsAfter(permit, () => tooLarge(permit, 500), 3).map(([, events]) => events)).toEqual([250, 125, 62]);
    expect(permit.limits()).toMatchObject({ inFlight: 4, maxBytes: 125_000 });
    expect(permit.suspension(ready)).toBeUndefined();
  });
});

test('resends of single events have their own delays; the destination waits from the fifth batch on', () => {
  const permit = make();
  const seen = Array.from({ length: 6 }, () => {
    permit.recordVerdicts({ ...end(permit), ...none, size: 5, code: 'busy' });
    return permit.limits().notBeforeMs;
  });
  expect(seen).toEqual([0, 0, 0, 0, 8_000, 16_000]);
});

test('a failed batch of an earlier round than a success is not a failure of the destination', () => {
  const permit = make();
  const round = roundOf(permit);
  pass(permit);
  permit.recordBatchResult({ ...end(permit), round, size: 10, batchResult: 'unavailable', code: 'down' });
  expect(permit.suspension(ready)).toBeUndefined();
  expect(permit.limits().notBeforeMs).toBe(0);
});
