import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPolicy, type Policy } from './policy.ts';

const batch = { maxEvents: 500, maxBytes: 1_000_000, maxAgeMs: 200 };
const retry = { initialMs: 500, maxMs: 60_000 };
const make = (random = () => 1) => createPolicy({ batch, retry, maxInFlight: 4, random });
const end = (policy: Policy, nowMs = 0) => ({ round: policy.round(), nowMs, slowDown: false, waitMs: 0 });
const fail = (policy: Policy, word: 'unavailable' | 'misconfigured' = 'unavailable', nowMs = 0) =>
  policy.refused({ ...end(policy, nowMs), size: 10, word, code: 'down' });
const pass = (policy: Policy) =>
  policy.items({ ...end(policy), size: 10, held: 0, settled: 10, rejected: undefined, code: 'none' });
const reject = (policy: Policy, code: string, events: number, size = 10, held = 0) =>
  policy.items({ ...end(policy), size, held, settled: size - held, rejected: { code, events }, code });
const hold = (policy: Policy) =>
  policy.items({ ...end(policy), size: 10, held: 10, settled: 0, rejected: undefined, code: 'closed' });
const tooLarge = (policy: Policy, size = 1) =>
  policy.refused({ ...end(policy), size, word: 'tooLarge', code: 'large' });

test('the time before another attempt is random below a bound that doubles up to its maximum', () => {
  const policy = make(() => 0.999999);
  expect([1, 2, 3, 8, 100].map((attempts) => Math.round(policy.retryDelay(attempts)))).toEqual([
    500, 1000, 2000, 60_000, 60_000,
  ]);
  expect(make(() => 0).retryDelay(9)).toBe(0);
});

test('batches that were under way together fail as one', () => {
  const policy = make();
  const round = policy.round();
  for (let each = 0; each < 4; each++)
    policy.refused({ ...end(policy), size: 10, round, word: 'unavailable', code: 'down' });
  expect(policy.limits()).toMatchObject({ notBeforeMs: 500, probing: false });
});

test('after five failures in a row one small batch at a time probes, ever smaller, until one passes; then it begins gently', () => {
  const policy = make();
  const seen = [];
  for (let failures = 0; failures < 10; failures++) {
    fail(policy);
    seen.push(policy.limits().probing ? policy.limits().maxEvents : 'all');
  }
  expect(seen).toEqual(['all', 'all', 'all', 'all', 8, 4, 2, 1, 1, 1]);
  expect(policy.limits().inFlight).toBe(1);
  expect(policy.hold()).toEqual({ state: 'backing_off', code: 'down' });
  pass(policy);
  expect(policy.limits()).toMatchObject({ inFlight: 1, probing: false });
  expect(policy.limits().maxEvents).toBeLessThanOrEqual(100);
  expect(policy.hold()).toBeUndefined();
  for (let passes = 0; passes < 25; passes++) pass(policy);
  expect(policy.limits()).toMatchObject({ inFlight: 4, maxEvents: 500 });
});

test('misconfigured pauses at once, and longer, but never for more than a minute', () => {
  const policy = make();
  fail(policy, 'misconfigured');
  expect(policy.limits()).toMatchObject({ notBeforeMs: 5_000, probing: true, inFlight: 1 });
  for (let failures = 0; failures < 20; failures++) fail(policy, 'misconfigured', 1_000_000);
  expect(policy.limits().notBeforeMs).toBe(1_060_000);
  expect(policy.hold()?.state).toBe('paused');
});

describe('more than half rejected', () => {
  test('in three batches in a row for one reason: kept, and paused', () => {
    const policy = make();
    expect([1, 2, 3].map(() => reject(policy, 'bad', 6))).toEqual(['asSaid', 'asSaid', 'holdRejected']);
    expect(policy.hold()).toEqual({ state: 'paused', code: 'bad' });
    expect(reject(policy, 'bad', 1, 1)).toBe('holdRejected');
    pass(policy);
    expect(policy.hold()).toBeUndefined();
  });

  test('is no storm when a batch between passes, when the reasons differ, or when it is just half', () => {
    const policy = make();
    const answers = [
      reject(policy, 'bad', 6),
      reject(policy, 'bad', 6),
      pass(policy),
      reject(policy, 'bad', 6),
      reject(policy, 'bad', 6),
      reject(policy, 'other', 6),
      reject(policy, 'bad', 5),
      reject(policy, 'bad', 6),
    ];
    expect(new Set(answers)).toEqual(new Set(['asSaid']));
  });

  test('is no storm before ten events were rejected for it', () => {
    const policy = make();
    const answers = Array.from({ length: 11 }, () => reject(policy, 'bad', 1, 1));
    expect(answers).toEqual([...Array(9).fill('asSaid'), 'holdRejected', 'holdRejected']);
  });

  test('is a storm too where a batch between had no verdict that lasts, and where the rest is held', () => {
    const policy = make();
    reject(policy, 'bad', 6);
    reject(policy, 'bad', 3, 10, 5);
    fail(policy);
    hold(policy);
    policy.items({ ...end(policy), size: 5, held: 0, settled: 0, rejected: undefined, code: 'busy' });
    expect(reject(policy, 'bad', 6)).toBe('holdRejected');
  });

  test('counts events that are too large alone, not batches that are split', () => {
    const policy = make();
    const answers = Array.from({ length: 10 }, () => [tooLarge(policy, 2), tooLarge(policy)]).flat();
    expect(answers.indexOf('holdRejected')).toBe(19);
    expect(policy.hold()).toEqual({ state: 'paused', code: 'large' });
  });
});

describe('a batch of which all is held', () => {
  test('is no failure: neither backoff nor breaker, and as much is sent at once as before', () => {
    const policy = make();
    for (let batches = 0; batches < 50; batches++) hold(policy);
    expect(policy.hold()).toBeUndefined();
    expect(policy.limits()).toMatchObject({ inFlight: 4, maxEvents: 500, notBeforeMs: 0, probing: false });
  });

  test('shows that the destination is back, but not that a storm is over', () => {
    const policy = make();
    for (let failures = 0; failures < 9; failures++) fail(policy);
    hold(policy);
    expect(policy.limits()).toMatchObject({ probing: false, inFlight: 1 });
    for (let batches = 0; batches < 3; batches++) reject(policy, 'bad', 6);
    hold(policy);
    expect(policy.hold()).toEqual({ state: 'paused', code: 'bad' });
  });
});

test('resumed, it waits for nothing, but probes until something passes', () => {
  const policy = make();
  policy.refused({ ...end(policy), size: 10, word: 'misconfigured', code: 'bad', waitMs: 3_000_000 });
  policy.resume();
  expect(policy.limits()).toMatchObject({ notBeforeMs: 0, probing: true });
  expect(policy.hold()).toEqual({ state: 'paused', code: 'bad' });
});

test('whatever happens, something may be sent, within an hour, and within what is configured', () => {
  const happening = fc.record({
    kind: fc.constantFrom('tooLarge', 'unavailable', 'misconfigured', 'items'),
    slowDown: fc.boolean(),
    waitMs: fc.double({ min: 0, max: 1e300, noNaN: true }),
    settled: fc.nat(10),
    held: fc.nat(10),
    rejected: fc.nat(10),
    passes: fc.nat(10_000),
  });
  fc.assert(
    fc.property(fc.array(happening), (happenings) => {
      const policy = make();
      let nowMs = 0;
      for (const { kind, slowDown, waitMs, settled, held, rejected, passes } of happenings) {
        nowMs += passes;
        const how = { ...end(policy, nowMs), slowDown, waitMs, code: 'x' };
        if (kind === 'items')
          policy.items({ ...how, size: 10, held, settled, rejected: { code: 'x', events: rejected } });
        else policy.refused({ ...how, size: 1, word: kind });
        const { inFlight, maxEvents, maxBytes, notBeforeMs } = policy.limits();
        expect(inFlight >= 1 && inFlight <= 4).toBe(true);
        expect(maxEvents >= 1 && maxEvents <= 500).toBe(true);
        expect(maxBytes >= 1 && maxBytes <= 1_000_000).toBe(true);
        expect(notBeforeMs - nowMs).toBeLessThanOrEqual(3_600_000);
      }
    }),
  );
});
