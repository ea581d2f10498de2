import { describe, expect, test } from 'vitest';
import { decide, isPastRetryTimeout, type OutcomeContext } from './outcome.ts';
import { type Pending, pendingOf } from './pending-queue.ts';
import { type CheckedReport, type CheckedVerdict, invalidReport } from './verdicts.ts';

const pending = (more: Partial<Pending> = {}): Pending => {
  const event = { sequence: 0, element: 0, id: 'a', dataset: 'd', timeMs: 0, document: {} };
  const prepared = { ...event, receipt: 'r', source: 's', receivedAtMs: 0, json: '{}', bytes: 2 };
  return { ...pendingOf(prepared, 0), attempts: 1, ...more };
};
const context: OutcomeContext = {
  nowMs: 1_000,
  attemptMs: 900,
  delivered: 10,
  retryTimeoutMs: Number.POSITIVE_INFINITY,
  lastDeliveredMs: undefined,
  pausedAtMs: 0,
  parkAfterMs: Number.POSITIVE_INFINITY,
  resendRejected: false,
  retryDelay: (attempts) => attempts * 100,
};
const asked = { slowDown: false, timedOut: false, waitMs: 0, faults: new Map() };
const items = (...verdicts: readonly CheckedVerdict[]): CheckedReport => ({ ...asked, kind: 'items', verdicts });
const refused = (batchResult: 'tooLarge' | 'unavailable' | 'misconfigured'): CheckedReport => ({
  ...asked,
  kind: 'batch',
  batchResult,
  code: 'down',
  message: 'no answer',
});
const retry = { verdict: 'retry', code: 'busy' } as const;
const kinds = (batch: readonly Pending[], report: CheckedReport, more: Partial<OutcomeContext> = {}) =>
  decide(batch, report, { ...context, ...more }).map((decision) =>
    decision.kind === 'deadLetter' ? decision.code : decision.kind,
  );

describe('an event that fails while others are delivered', () => {
  test.each([
    [18, 'resend'],
    [19, 'retry_exhausted'],
    [20, 'retry_exhausted'],
    [21, 'retry_exhausted'],
    [1000, 'retry_exhausted'],
  ])('after %d failures: %s', (failures, kind) => {
    expect(kinds([pending({ failures })], items(retry))).toEqual([kind]);
    expect(kinds([pending({ failures })], invalidReport(1, 'exception', false))).toEqual([kind]);
    expect(kinds([pending({ failures })], refused('unavailable'))).toEqual([kind]);
  });

  test('has another failure only if one was delivered since the last failure', () => {
    const event = pending({ failures: 18 });
    expect(kinds([event], items(retry))).toEqual(['resend']);
    expect(event).toMatchObject({ failures: 19, deliveredBefore: 10 });
    expect(kinds([event], items(retry))).toEqual(['resend']);
    expect(kinds([event], items(retry), { delivered: 11 })).toEqual(['retry_exhausted']);
  });

  test('has no failure by slowDown, or by a result for a batch of several events', () => {
    const events = [pending({ failures: 19 }), pending({ failures: 19 })];
    expect(kinds(events, { ...items(retry, retry), slowDown: true })).toEqual(['resend', 'resend']);
    expect(kinds(events, refused('unavailable'), { delivered: 11 })).toEqual(['resend', 'resend']);
    expect(kinds(events, refused('misconfigured'), { delivered: 12 })).toEqual(['resend', 'resend']);
  });
});

describe('a batch without a delivered event is halved', () => {
  const limitAfter = (failedAttempts: number, more: Partial<OutcomeContext>, report: CheckedReport) => {
    const batch = [pending({ failedAttempts }), pending({ failedAttempts }), pending({ failedAttempts })];
    decide(batch, report, { ...context, ...more });
    return batch[0]?.groupLimit;
  };
  const never = Number.POSITIVE_INFINITY;
  test.each([
    ['at the second failure if others are delivered', 1, 10, items(retry, retry, retry), 2],
    ['not at the first', 0, 10, items(retry, retry, retry), never],
    ['at the third failure if no other is delivered', 2, 0, items(retry, retry, retry), 2],
    ['not at the second', 1, 0, items(retry, retry, retry), never],
    ['not if one of its events was delivered', 5, 10, items(retry, { verdict: 'delivered' }, retry), never],
    ['not if the destination is down', 5, 0, refused('unavailable'), never],
  ] as const)('%s', (_, failedAttempts, delivered, report, limit) => {
    expect(limitAfter(failedAttempts, { delivered }, report)).toBe(limit);
  });

  test('and waits by its number of failed attempts', () => {
    const event = pending({ failedAttempts: 3 });
    decide([event], invalidReport(1, 'exception', false), context);
    expect(event).toMatchObject({ failedAttempts: 4, notBeforeMs: 1_400, unknownAttempts: 1 });
  });
});

test('a rejected event, or one that is too large alone, becomes a dead letter, or is sent again in a rejection burst', () => {
  const rejected = items({ verdict: 'rejected', code: 'bad' });
  expect([kinds([pending()], rejected), kinds([pending()], refused('tooLarge'))]).toEqual([['bad'], ['down']]);
  const burst = { resendRejected: true };
  expect(kinds([pending()], rejected, burst)).toEqual(['resend']);
  expect(kinds([pending()], refused('tooLarge'), burst)).toEqual(['resend']);
});

describe('the retry timeout of an event is over', () => {
  const at = (nowMs: number, more: Partial<Pending> = {}, other: Partial<OutcomeContext> = {}) =>
    isPastRetryTimeout(pending(more), { ...context, nowMs, attemptMs: nowMs, retryTimeoutMs: 500, ...other });
  const turnsAt = (ms: number, more: Partial<Pending> = {}, other: Partial<OutcomeContext> = {}) =>
    expect([at(ms - 1, more, other), at(ms, more, other)]).toEqual([false, true]);

  test('at that time after its receipt, its block, the last pause, or the last delivery before it was sent', () => {
    turnsAt(500);
    turnsAt(700, { blockedAtMs: 200 });
    turnsAt(800, {}, { pausedAtMs: 300 });
    turnsAt(900, { firstAttemptMs: 600 }, { lastDeliveredMs: 400 });
    turnsAt(900, { firstAttemptMs: 400 }, { lastDeliveredMs: 600 });
    turnsAt(1_100, { attempts: 0 }, { lastDeliveredMs: 600 });
  });

  test('only for an attempt that started after it was read', () => {
    expect(at(1_000, { takenAtMs: 400 }, { attemptMs: 400 })).toBe(true);
    expect(at(1_000, { takenAtMs: 401 }, { attemptMs: 400 })).toBe(false);
  });
});
