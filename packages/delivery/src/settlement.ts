// Applies what reports say: events are settled, sent again, blocked, or stored as dead letters.
import { createBlockedEvents } from './blocked-events.ts';
import type { Wakeup } from './clock.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Ledger, Outcome } from './ledger.ts';
import { type Decision, decide, isOverdue, type OutcomeContext } from './outcome.ts';
import type { Pending, PendingQueue } from './pending-queue.ts';
import type { PositionStore } from './position-store.ts';
import { sanitizeText } from './sanitize-text.ts';
import type { SendPermit } from './send-permit.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import type { PreparedEvent } from './shared-bodies.ts';
import type { LastFailure } from './stream-status.ts';
import { type CheckedReport, summarize } from './verdicts.ts';

export interface SettlementParts {
  readonly ledger: Ledger;
  readonly permit: SendPermit;
  readonly queue: PendingQueue;
  readonly deadLetters: DeadLetterQueue;
  readonly positions: PositionStore;
  /** Notified when there may be capacity for more events. */
  readonly capacity: Pick<Wakeup, 'notify'>;
  /** Told before an event counts as delivered. */
  readonly onDelivered?: ((event: { readonly sequence: number; readonly element: number }) => void) | undefined;
}

const hourMs = 3_600_000;

export function createSettlement(
  { name, options }: Pick<DeliveryDestination, 'name' | 'options'>,
  { clock, meter, redact }: Pick<DeliveryServices, 'clock' | 'meter' | 'redact'>,
  { ledger, permit, queue, deadLetters, positions, capacity, onDelivered }: SettlementParts,
) {
  const giveUpAfterMs = (options.giveUpAfterHours ?? Number.POSITIVE_INFINITY) * hourMs;
  const blockedEvents = createBlockedEvents(permit.blockedDelay);
  let openBytes = 0;
  let delivered = 0;
  let pausedAtMs = clock.now();
  let possibleDuplicates = 0;
  let lastDeliveredMs: number | undefined;
  let lastMessage: string | undefined;
  let lastFailure: LastFailure | undefined;

  const count = (outcome: string, events = 1) =>
    meter.add('xiq_siem.destination.events', events, { destination: name, outcome });

  // All events of a batch mostly share one message.
  let lastFit = { message: '', fitted: '' };
  const messageOf = (message: string | undefined) => {
    if (message === undefined) return undefined;
    if (message !== lastFit.message) lastFit = { message, fitted: sanitizeText(message, redact) };
    return lastFit.fitted;
  };

  const settle = ({ sequence, element, bytes }: PreparedEvent, outcome: Outcome) => {
    ledger.settle(sequence, element, outcome);
    openBytes -= bytes;
    positions.moved();
    capacity.notify();
  };

  const deadLetter = (pending: Pending, code: string, reason: string | undefined) => {
    blockedEvents.unblock(pending);
    const { event, attempts } = pending;
    const { sequence, element, id, dataset, receipt, json } = event;
    const message = messageOf(reason);
    const nowMs = clock.now();
    const firstAttemptMs = attempts > 0 ? pending.firstAttemptMs : nowMs;
    const lastAttemptMs = attempts > 0 ? pending.lastAttemptMs : nowMs;
    const entry = { destination: name, sequence, element, id, dataset, code, attempts, firstAttemptMs, lastAttemptMs };
    deadLetters.add({ ...entry, ...(message !== undefined && { message }), json, receipt }, () => {
      settle(event, { kind: 'deadLettered' });
      count('dead_lettered');
    });
  };

  /** `hasVerdicts`: the destination said something of each event. */
  const apply = (decisions: readonly Decision[], hasVerdicts: boolean, nowMs: number) => {
    const again: Pending[] = [];
    const blocked: Pending[] = [];
    let lastBlocked: (Decision & { readonly kind: 'blocked' }) | undefined;
    let isFreed = false;
    const counts = { delivered: 0, degraded: 0, duplicate: 0, possible_duplicate: 0 };
    for (const decision of decisions) {
      const { pending } = decision;
      if (decision.kind === 'again') {
        if (hasVerdicts) blockedEvents.unblock(pending);
        again.push(pending);
      } else if (decision.kind === 'deadLetter') deadLetter(pending, decision.code, decision.message);
      else if (decision.kind === 'blocked') {
        blocked.push(pending);
        lastBlocked = decision;
      } else {
        isFreed ||= pending.isBlocked;
        blockedEvents.unblock(pending);
        const { degraded, duplicate } = decision.outcome;
        const { sequence, element } = pending.event;
        onDelivered?.({ sequence, element });
        settle(pending.event, decision.outcome);
        counts.delivered++;
        if (degraded) counts.degraded++;
        if (duplicate) counts.duplicate++;
        else if (pending.maybeThere) counts.possible_duplicate++;
      }
    }
    if (isFreed) blockedEvents.reset();
    if (lastBlocked !== undefined)
      blockedEvents.block(blocked, lastBlocked.code, messageOf(lastBlocked.message), nowMs);
    queue.addAgain([...again, ...blocked]);
    possibleDuplicates += counts.possible_duplicate;
    for (const [outcome, events] of Object.entries(counts)) if (events > 0) count(outcome, events);
  };

  /** Reports to the send permit how a batch ended; true if what was rejected is to be kept. */
  const reportEnd = (report: CheckedReport, size: number, round: number, nowMs: number): boolean => {
    const { slowDown, waitMs } = report;
    const end = { round, nowMs, slowDown, waitMs, size };
    if (report.kind === 'batch') {
      const { word, code, message } = report;
      lastMessage = messageOf(message);
      lastFailure = { code, message: lastMessage, atMs: nowMs };
      return permit.refused({ ...end, word, code });
    }
    const summary = summarize(report.verdicts);
    delivered += summary.delivered;
    if (summary.delivered > 0) lastDeliveredMs = nowMs;
    lastMessage = messageOf(summary.message);
    if (summary.delivered < size) lastFailure = { code: summary.code, message: lastMessage, atMs: nowMs };
    return permit.answered({ ...end, ...summary });
  };

  return {
    attributes: () => ({
      /** Events delivered since the start of the process. */
      delivered,
      /** Bytes of JSON of events that are taken and not settled. */
      openBytes,
      blocked: blockedEvents.attributes(),
      possibleDuplicates,
      lastDeliveredMs,
      /** The destination's words with the last failure, fit to be shown. */
      lastMessage,
      lastFailure,
    }),
    /** An event was taken that waits to be sent. */
    accepted({ bytes }: PreparedEvent) {
      openBytes += bytes;
    },
    /** An event was taken that this destination does not want. */
    filtered(event: PreparedEvent) {
      openBytes += event.bytes;
      settle(event, { kind: 'filtered' });
      count(event.filtered ?? 'filtered');
    },
    /** Bodies were lost to it. */
    damaged(bodies: number) {
      count('damaged', bodies);
      positions.moved();
    },
    /** A batch that was sent in `round` has ended. */
    batchEnded(batch: readonly Pending[], report: CheckedReport, round: number) {
      const nowMs = clock.now();
      const keepRejected = reportEnd(report, batch.length, round, nowMs);
      const attemptMs = batch[0]?.lastAttemptMs ?? nowMs;
      const { retryDelay } = permit;
      const times = { nowMs, attemptMs, lastDeliveredMs, pausedAtMs, giveUpAfterMs };
      const context: OutcomeContext = { ...times, delivered, keepRejected, retryDelay };
      apply(decide(batch, report, context), report.kind === 'items', nowMs);
      if (report.kind === 'batch' && report.word === 'unavailable') {
        const message = report.message === undefined ? report.code : `${report.code}: ${report.message}`;
        for (const late of queue.remove((one) => isOverdue(one, context))) deadLetter(late, 'retry_timeout', message);
      }
    },
    /** The destination as a whole waits for an operator; that time counts towards no event's end. */
    paused() {
      pausedAtMs = clock.now();
    },
    /** An operator says that it is fixed: what waits to be sent again waits no longer. */
    resume() {
      blockedEvents.reset();
      queue.sendAgainNow(clock.now());
    },
  };
}
