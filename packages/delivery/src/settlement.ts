// Applies reports: events are settled, sent again, blocked, or stored as dead letters.
import { createBlockedEvents } from './blocked-events.ts';
import { type Wakeup, wallMsOf } from './clock.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Ledger, Outcome } from './ledger.ts';
import { type Decision, decide, isPastRetryTimeout, type OutcomeContext } from './outcome.ts';
import type { Pending, PendingQueue } from './pending-queue.ts';
import type { PositionStore } from './position-store.ts';
import { sanitizeText } from './sanitize-text.ts';
import type { SendPermit } from './send-permit.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import type { SettingsProof } from './settings-proof.ts';
import type { PreparedEvent } from './shared-bodies.ts';
import type { LastFailure } from './stream-status.ts';
import { type CheckedReport, summarize } from './verdicts.ts';

export interface SettlementParts {
  readonly ledger: Ledger;
  readonly permit: SendPermit;
  readonly proof: SettingsProof;
  readonly queue: PendingQueue;
  readonly deadLetters: DeadLetterQueue;
  readonly positions: PositionStore;
  /** Notified when more events may be read. */
  readonly capacityWakeup: Pick<Wakeup, 'notify'>;
  /** How long an event fails while others are delivered before it is parked; infinite if nothing is parked. */
  readonly parkAfterMs: () => number;
  readonly canPark: () => boolean;
  /** Called when an event was parked. */
  readonly onParked?: (() => void) | undefined;
  /** Called before an event counts as delivered. */
  readonly onDelivered?: ((event: { readonly sequence: number; readonly element: number }) => void) | undefined;
}

const hourMs = 3_600_000;
const parkAgainMs = 5_000;

export function createSettlement(
  { name, options }: Pick<DeliveryDestination, 'name' | 'options'>,
  { clock, meter, redact }: Pick<DeliveryServices, 'clock' | 'meter' | 'redact'>,
  parts: SettlementParts,
) {
  const { ledger, permit, proof, queue, deadLetters, positions, capacityWakeup, onDelivered } = parts;
  const retryTimeoutMs = (options.giveUpAfterHours ?? Number.POSITIVE_INFINITY) * hourMs;
  // While the journal needs space, the first delay stays: the next attempt decides whether an event is parked.
  const blockedDelay = (attempts: number) => permit.blockedDelay(parts.parkAfterMs() === 0 ? 1 : attempts);
  const blockedEvents = createBlockedEvents(blockedDelay);
  let openBytes = 0;
  let delivered = 0;
  let pausedAtMs = clock.now();
  /** Attempts with an unknown result: of settled events, and of the others. */
  const copies = { settled: 0, open: 0 };
  let lastDeliveredMs: number | undefined;
  let lastMessage: string | undefined;
  let lastFailure: LastFailure | undefined;
  let lastDegraded: { readonly events: number; readonly code: string } | undefined;

  const countEvents = (outcome: string, events = 1) =>
    meter.add('xiq_siem.destination.events', events, { destination: name, outcome });

  // Most events of a batch have the same message.
  let lastSanitized = { message: '', sanitized: '' };
  const messageOf = (message: string | undefined) => {
    if (message === undefined) return undefined;
    if (message !== lastSanitized.message) lastSanitized = { message, sanitized: sanitizeText(message, redact) };
    return lastSanitized.sanitized;
  };

  const settleEvent = ({ sequence, element, bytes }: PreparedEvent, outcome: Outcome) => {
    ledger.settle(sequence, element, outcome);
    openBytes -= bytes;
    positions.markChanged();
    capacityWakeup.notify();
  };

  /** Called once for each event that is settled. `left`: the copies that it may have left. */
  const countCopies = ({ unknownAttempts }: Pending, left: number) => {
    copies.open -= unknownAttempts;
    copies.settled += left;
    if (left > 0) countEvents('possible_duplicate', left);
  };

  const entryOf = ({ event, attempts, ...pending }: Pending, code: string, reason: string | undefined) => {
    const { sequence, element, id, dataset, receipt, json } = event;
    const message = messageOf(reason);
    const nowMs = clock.now();
    const firstAttemptMs = wallMsOf(clock, attempts > 0 ? pending.firstAttemptMs : nowMs);
    const lastAttemptMs = wallMsOf(clock, attempts > 0 ? pending.lastAttemptMs : nowMs);
    const entry = { destination: name, sequence, element, id, dataset, code, attempts, firstAttemptMs, lastAttemptMs };
    return { ...entry, ...(message !== undefined && { message }), json, receipt };
  };
  const deadLetter = (pending: Pending, code: string, reason: string | undefined) => {
    blockedEvents.unblock(pending);
    deadLetters.add(entryOf(pending, code, reason), () => {
      settleEvent(pending.event, { kind: 'deadLettered' });
      countEvents('dead_lettered');
      countCopies(pending, pending.unknownAttempts);
    });
  };
  /** False: the event stays in the stream. */
  const park = ({ pending, code, message }: Decision & { readonly kind: 'park' }): boolean => {
    if (!parts.canPark()) return false;
    blockedEvents.unblock(pending);
    const stored = () => {
      settleEvent(pending.event, { kind: 'deadLettered' });
      countEvents('parked');
      countCopies(pending, pending.unknownAttempts);
      parts.onParked?.();
    };
    deadLetters.park({ ...entryOf(pending, code, message), parked: true }, stored, () => {
      pending.notBeforeMs = clock.now() + parkAgainMs;
      queue.addResends([pending]);
    });
    return true;
  };

  /** `hasVerdicts`: each event has its own verdict. A result of the whole batch does not end the block of an event. */
  const applyDecisions = (decisions: readonly Decision[], hasVerdicts: boolean, nowMs: number) => {
    const resends: Pending[] = [];
    const blocked: Pending[] = [];
    let lastBlocked: (Decision & { readonly kind: 'blocked' }) | undefined;
    let wasUnblocked = false;
    const counts = { delivered: 0, degraded: 0, duplicate: 0 };
    for (const decided of decisions) {
      const decision = decided.kind === 'park' && !park(decided) ? decided.otherwise : decided;
      const { pending } = decision;
      if (decision.kind === 'park') continue;
      if (decision.kind === 'resend') {
        if (hasVerdicts) blockedEvents.unblock(pending);
        resends.push(pending);
      } else if (decision.kind === 'deadLetter') deadLetter(pending, decision.code, decision.message);
      else if (decision.kind === 'blocked') {
        blocked.push(pending);
        lastBlocked = decision;
      } else {
        wasUnblocked ||= pending.isBlocked;
        blockedEvents.unblock(pending);
        const { degraded, outcome } = decision;
        const { sequence, element } = pending.event;
        onDelivered?.({ sequence, element });
        settleEvent(pending.event, outcome);
        counts.delivered++;
        if (degraded !== undefined) {
          counts.degraded++;
          lastDegraded = { events: (lastDegraded?.events ?? 0) + 1, code: degraded };
        }
        if (outcome.duplicate) counts.duplicate++;
        countCopies(pending, outcome.duplicate ? 0 : pending.unknownAttempts);
      }
    }
    if (wasUnblocked) blockedEvents.reset();
    if (lastBlocked !== undefined)
      blockedEvents.block(blocked, lastBlocked.code, messageOf(lastBlocked.message), nowMs);
    queue.addResends([...resends, ...blocked]);
    for (const [outcome, events] of Object.entries(counts)) if (events > 0) countEvents(outcome, events);
  };

  const noteFailure = (code: string, message: string | undefined, atMs: number) => {
    lastMessage = messageOf(message);
    lastFailure = { code, message: lastMessage, atMs };
  };
  /** Reports the end of a batch to the send permit. True: the rejected events are sent again. */
  const reportBatchEnd = (batch: readonly Pending[], report: CheckedReport, round: number, nowMs: number) => {
    const { slowDown, waitMs, timedOut } = report;
    const size = batch.length;
    const single = size === 1 ? batch[0] : undefined;
    const isResend = batch.every(({ attempts }) => attempts > 1);
    const end = { round, nowMs, slowDown, waitMs, timedOut, size, single, isResend };
    if (report.kind === 'batch') {
      const { batchResult, code, message } = report;
      const resendsRejected = permit.recordBatchResult({ ...end, batchResult, code });
      noteFailure(code, resendsRejected ? withProof(message) : message, nowMs);
      return resendsRejected;
    }
    const summary = summarize(report.verdicts);
    delivered += summary.delivered;
    copies.open += summary.unknown;
    if (summary.delivered > 0) {
      lastDeliveredMs = nowMs;
      proof.prove();
    }
    const resendsRejected = permit.recordVerdicts({ ...end, ...summary });
    const cause = (resendsRejected && summary.rejected) || summary;
    if (summary.delivered < size)
      noteFailure(cause.code, resendsRejected ? withProof(cause.message) : cause.message, nowMs);
    else lastMessage = undefined;
    return resendsRejected;
  };
  const withProof = (message: string | undefined) =>
    proof.isProven()
      ? message
      : [message, 'no event was delivered under these settings yet'].filter(Boolean).join('; ');

  const batchEnded = (batch: readonly Pending[], report: CheckedReport, round: number) => {
    const nowMs = clock.now();
    const resendRejected = reportBatchEnd(batch, report, round, nowMs);
    if (permit.isPaused()) pausedAtMs = nowMs;
    const attemptMs = batch[0]?.lastAttemptMs ?? nowMs;
    const { retryDelay } = permit;
    const times = { nowMs, attemptMs, lastDeliveredMs, pausedAtMs, retryTimeoutMs, parkAfterMs: parts.parkAfterMs() };
    const context: OutcomeContext = { ...times, delivered, resendRejected, retryDelay };
    applyDecisions(decide(batch, report, context), report.kind === 'items', nowMs);
    if (report.kind === 'batch' && report.batchResult === 'unavailable') {
      const message = report.message === undefined ? report.code : `${report.code}: ${report.message}`;
      const overdue = queue.remove((one) => isPastRetryTimeout(one, context));
      for (const pending of overdue) deadLetter(pending, 'retry_timeout', message);
    }
  };

  function resumeSettlement() {
    blockedEvents.reset();
    queue.resendNow(clock.now());
  }

  return {
    summary: () => ({
      /** Events delivered since the start of the process. */
      delivered,
      /** Bytes of JSON of unsettled events. */
      openBytes,
      blocked: blockedEvents.summary(),
      possibleDuplicates: copies.settled + copies.open,
      /** Degraded events since the start of the process; the code is that of the last one. */
      degraded: lastDegraded,
      lastDeliveredMs,
      /** Sanitized message of the last failure. */
      lastMessage,
      lastFailure,
    }),
    /** An event was read and waits to be sent. */
    queued({ bytes }: PreparedEvent) {
      openBytes += bytes;
    },
    /** An event was read that this destination does not receive. */
    filtered(event: PreparedEvent) {
      openBytes += event.bytes;
      settleEvent(event, { kind: 'filtered' });
      countEvents(event.filtered ?? 'filtered');
    },
    /** An event was read that was stored as a dead letter before a crash: the position does not have it. */
    storedBefore(event: PreparedEvent) {
      openBytes += event.bytes;
      settleEvent(event, { kind: 'deadLettered' });
    },
    /** Bodies cannot be read or normalized, or were evicted before this destination read them. */
    damaged(bodies: number) {
      countEvents('damaged', bodies);
      positions.markChanged();
    },
    /** A batch has ended. `round`: see `NextBatch`. */
    batchEnded,
    /** Called repeatedly while the destination is paused: the retry timeout starts again after the pause. */
    restartRetryTimeout() {
      pausedAtMs = clock.now();
    },
    /** Makes blocked events and resends due now. */
    resume: resumeSettlement,
  };
}
