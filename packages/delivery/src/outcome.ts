// Decides what to do with each event of a batch after an attempt.
import type { Outcome } from './ledger.ts';
import { failsWhileOthersPass } from './parking-rule.ts';
import type { Pending } from './pending-queue.ts';
import type { CheckedReport } from './verdicts.ts';

interface Unsettled {
  readonly pending: Pending;
  readonly code: string;
  readonly message: string | undefined;
}
export type Decision =
  | {
      readonly kind: 'settle';
      readonly pending: Pending;
      readonly outcome: Outcome & { readonly kind: 'delivered' };
      /** Code of a degraded event. */
      readonly degraded: string | undefined;
    }
  | { readonly kind: 'resend'; readonly pending: Pending }
  | ({ readonly kind: 'blocked' } & Unsettled)
  /** `otherwise`: if it cannot be parked. */
  | ({ readonly kind: 'park'; readonly otherwise: Decision } & Unsettled)
  | ({ readonly kind: 'deadLetter' } & Unsettled);

export interface OutcomeContext {
  readonly nowMs: number;
  /** Events delivered so far, including those of this report. */
  readonly delivered: number;
  readonly retryDelay: (attempts: number) => number;
  readonly retryTimeoutMs: number;
  /** When this attempt started. */
  readonly attemptMs: number;
  /** When an event was last delivered; undefined if none since the start of the process. */
  readonly lastDeliveredMs: number | undefined;
  /** End of the last pause so far, or else the start of the process. Epoch milliseconds. */
  readonly pausedAtMs: number;
  /** How long an event fails while others are delivered before it is parked; infinite if nothing is parked. */
  readonly parkAfterMs: number;
  /** Rejected events are sent again: the cause seems to be the destination, not these events. */
  readonly resendRejected: boolean;
}

/** After so many failures while other events are delivered, an event becomes a dead letter. */
const maxFailures = 20;
/** Attempts without any delivery, after which the batch is halved. */
const maxWholeFailures = 3;

/** Decides for each event of a batch, and updates its counters. */
export function decide(batch: readonly Pending[], report: CheckedReport, context: OutcomeContext): readonly Decision[] {
  const failing = batch.filter((_, index) => isFailure(report, index));
  for (const pending of failing) pending.failedAttempts++;
  const failedAttempts = Math.max(1, ...failing.map((pending) => pending.failedAttempts));
  const notBeforeMs = context.nowMs + context.retryDelay(failedAttempts);
  const failsWhole = failing.length === batch.length;
  const othersPass = failing.some((pending) => context.delivered > pending.deliveredBefore);
  const shouldHalve = othersPass ? failedAttempts > 1 : report.kind === 'items' && failedAttempts >= maxWholeFailures;
  const groupLimit = failsWhole && shouldHalve ? Math.ceil(batch.length / 2) : Number.POSITIVE_INFINITY;

  const resend = (pending: Pending): Decision => {
    pending.notBeforeMs = notBeforeMs;
    pending.groupLimit = Math.min(pending.groupLimit, groupLimit);
    return { kind: 'resend', pending };
  };
  const resendOrDeadLetter = (
    pending: Pending,
    /** `alone`: the failure is that of this event. `counted`: towards `maxFailures`, too. */
    failure: { readonly alone: boolean; readonly counted: boolean },
    code: string,
    reason: string | undefined,
  ): Decision => {
    const parks = failure.alone && failsWhileOthersPass(pending, context, false);
    if (failure.counted && context.delivered > pending.deliveredBefore) pending.failures++;
    pending.deliveredBefore = context.delivered;
    const message = reason === undefined ? code : `${code}: ${reason}`;
    if (pending.failures >= maxFailures) return { kind: 'deadLetter', pending, code: 'retry_exhausted', message };
    if (isPastRetryTimeout(pending, context)) return { kind: 'deadLetter', pending, code: 'retry_timeout', message };
    const resent = resend(pending);
    return parks ? { kind: 'park', pending, code, message: reason, otherwise: resent } : resent;
  };

  if (report.kind === 'batch') {
    const { batchResult, code, message } = report;
    return batch.map((pending): Decision => {
      if (batchResult === 'tooLarge') {
        if (batch.length === 1)
          return context.resendRejected ? resend(pending) : { kind: 'deadLetter', pending, code, message };
        pending.groupLimit = Math.min(pending.groupLimit, Math.ceil(batch.length / 2));
        return { kind: 'resend', pending };
      }
      if (batchResult === 'misconfigured') return resend(pending);
      const alone = batch.length === 1;
      return resendOrDeadLetter(pending, { alone, counted: alone }, code, message);
    });
  }
  return batch.map((pending, index): Decision => {
    const verdict = report.verdicts[index] ?? { verdict: 'unknown', code: 'no_verdict' };
    if (verdict.verdict === 'delivered') {
      const { degraded, duplicate } = verdict;
      const outcome = { kind: 'delivered', degraded: degraded !== undefined, duplicate: duplicate === true } as const;
      return { kind: 'settle', pending, outcome, degraded };
    }
    const { code, message } = verdict;
    if (verdict.verdict === 'blocked') {
      const blocked: Decision = { kind: 'blocked', pending, code, message };
      const parks = failsWhileOthersPass(pending, context, true);
      return parks ? { kind: 'park', pending, code, message, otherwise: blocked } : blocked;
    }
    if (verdict.verdict === 'rejected') {
      return context.resendRejected ? resend(pending) : { kind: 'deadLetter', pending, code, message };
    }
    if (verdict.verdict === 'unknown') pending.unknownAttempts++;
    // If the server asks to slow down, the load is the cause, not this event.
    return resendOrDeadLetter(pending, { alone: true, counted: !report.slowDown }, code, message);
  });
}

/**
 * Whether the retry timeout of an event is over when an attempt has failed: it was received that long ago, and for that
 * long the destination has accepted no event, or all attempts of this event have failed. Time before the end of the last
 * pause, or before the last verdict `blocked`, does not count. An event that was read after the attempt started waits for
 * the next attempt.
 */
export function isPastRetryTimeout(pending: Pending, context: OutcomeContext): boolean {
  const { nowMs, attemptMs, retryTimeoutMs, pausedAtMs, lastDeliveredMs = Number.NEGATIVE_INFINITY } = context;
  if (pending.takenAtMs > attemptMs) return false;
  const triedFromMs = pending.attempts > 0 ? pending.firstAttemptMs : Number.POSITIVE_INFINITY;
  const stuckFromMs = Math.max(pending.event.receivedAtMs, Math.min(triedFromMs, lastDeliveredMs));
  return nowMs - Math.max(stuckFromMs, pending.blockedAtMs, pausedAtMs) >= retryTimeoutMs;
}

function isFailure(report: CheckedReport, index: number): boolean {
  if (report.kind === 'batch') return report.batchResult === 'unavailable';
  const verdict = report.verdicts[index]?.verdict;
  return verdict === 'retry' || verdict === 'unknown';
}
