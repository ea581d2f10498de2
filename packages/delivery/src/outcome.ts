// What a report means for each event of its batch.
import type { Outcome } from './ledger.ts';
import type { Pending } from './pending-queue.ts';
import type { CheckedReport } from './verdicts.ts';

interface Unsettled {
  readonly pending: Pending;
  readonly code: string;
  readonly message: string | undefined;
}
export type Decision =
  | { readonly kind: 'settle'; readonly pending: Pending; readonly outcome: Outcome & { readonly kind: 'delivered' } }
  | { readonly kind: 'again'; readonly pending: Pending }
  | ({ readonly kind: 'blocked' } & Unsettled)
  | ({ readonly kind: 'deadLetter' } & Unsettled);

export interface OutcomeContext {
  readonly nowMs: number;
  /** Events that this destination has taken so far, those of this report included. */
  readonly delivered: number;
  readonly retryDelay: (attempts: number) => number;
  readonly giveUpAfterMs: number;
  /** When the attempt began that ended now. */
  readonly attemptMs: number;
  /** When the destination last took an event; undefined if it has taken none since the start of the process. */
  readonly lastDeliveredMs: number | undefined;
  /**
   * When the destination as a whole last waited for an operator, or the process began: before that it may have waited for
   * one. Epoch milliseconds.
   */
  readonly pausedAtMs: number;
  /** Rejected events are kept: a rejection burst. */
  readonly keepRejected: boolean;
}

/** Failures of one event, while others pass, after which it is not sent again. */
const maxFailures = 20;
/** Attempts that fail whole, with nothing else passing, after which the batch is halved. */
const patience = 3;

/** Decides for each event of a batch, and notes in it what this attempt has taught. */
export function decide(batch: readonly Pending[], report: CheckedReport, context: OutcomeContext): readonly Decision[] {
  const failing = batch.filter((_, index) => isFailure(report, index));
  for (const pending of failing) pending.setbacks++;
  const setbacks = Math.max(1, ...failing.map((pending) => pending.setbacks));
  const notBeforeMs = context.nowMs + context.retryDelay(setbacks);
  const failsWhole = failing.length === batch.length;
  const othersPass = failing.some((pending) => context.delivered > pending.deliveredBefore);
  const suspicious = othersPass ? setbacks > 1 : report.kind === 'items' && setbacks >= patience;
  const groupLimit = failsWhole && suspicious ? Math.ceil(batch.length / 2) : Number.POSITIVE_INFINITY;

  const again = (pending: Pending): Decision => {
    pending.notBeforeMs = notBeforeMs;
    pending.groupLimit = Math.min(pending.groupLimit, groupLimit);
    return { kind: 'again', pending };
  };
  const failed = (pending: Pending, counts: boolean, code: string, reason: string | undefined): Decision => {
    if (counts && context.delivered > pending.deliveredBefore) pending.failures++;
    pending.deliveredBefore = context.delivered;
    const message = reason === undefined ? code : `${code}: ${reason}`;
    if (pending.failures >= maxFailures) return { kind: 'deadLetter', pending, code: 'retry_exhausted', message };
    if (isOverdue(pending, context)) return { kind: 'deadLetter', pending, code: 'retry_timeout', message };
    return again(pending);
  };

  if (report.kind === 'batch') {
    const { word, code, message } = report;
    return batch.map((pending): Decision => {
      if (word === 'tooLarge') {
        if (batch.length === 1)
          return context.keepRejected ? again(pending) : { kind: 'deadLetter', pending, code, message };
        pending.groupLimit = Math.min(pending.groupLimit, Math.ceil(batch.length / 2));
        return { kind: 'again', pending };
      }
      if (word === 'misconfigured') return again(pending);
      return failed(pending, batch.length === 1, code, message);
    });
  }
  return batch.map((pending, index): Decision => {
    const verdict = report.verdicts[index] ?? { verdict: 'unknown', code: 'no_verdict' };
    if (verdict.verdict === 'delivered') {
      const { degraded, duplicate } = verdict;
      const outcome = { kind: 'delivered', degraded: degraded !== undefined, duplicate: duplicate === true } as const;
      return { kind: 'settle', pending, outcome };
    }
    const { code, message } = verdict;
    if (verdict.verdict === 'blocked') return { kind: 'blocked', pending, code, message };
    if (verdict.verdict === 'rejected') {
      return context.keepRejected ? again(pending) : { kind: 'deadLetter', pending, code, message };
    }
    if (verdict.verdict === 'unknown') pending.maybeThere = true;
    // Asked to slow down: the load is too much, not this event.
    return failed(pending, !report.slowDown, code, message);
  });
}

/**
 * Whether an event is given up, now that an attempt failed: that long ago it was received, and since then the destination
 * has taken nothing at all, or not this event for as long as it has been tried. Time that waits for an operator does
 * not count. What was taken while the attempt was under way already has the next one to wait for.
 */
export function isOverdue(pending: Pending, context: OutcomeContext): boolean {
  const { nowMs, attemptMs, giveUpAfterMs, pausedAtMs, lastDeliveredMs = Number.NEGATIVE_INFINITY } = context;
  if (pending.takenAtMs > attemptMs) return false;
  const triedFromMs = pending.attempts > 0 ? pending.firstAttemptMs : Number.POSITIVE_INFINITY;
  const stuckFromMs = Math.max(pending.event.receivedAtMs, Math.min(triedFromMs, lastDeliveredMs));
  return nowMs - Math.max(stuckFromMs, pending.blockedAtMs, pausedAtMs) >= giveUpAfterMs;
}

function isFailure(report: CheckedReport, index: number): boolean {
  if (report.kind === 'batch') return report.word === 'unavailable';
  const verdict = report.verdicts[index]?.verdict;
  return verdict === 'retry' || verdict === 'unknown';
}
