// Carries out what reports say: events are settled, sent again, or buried as dead letters.
import type { Batcher, Pending } from './batcher.ts';
import type { Bell } from './bell.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { DeliveryDestination, DeliveryServices } from './delivery.ts';
import type { Ledger, Outcome } from './ledger.ts';
import { type Decision, decide, isOverdue, type OutcomeContext } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { PositionKeeper } from './position-keeper.ts';
import type { PreparedEvent } from './shared-bodies.ts';
import { type CheckedReport, summarize } from './verdicts.ts';
import { fitWords } from './words.ts';

export interface Settlement {
  /** An event was taken that this destination does not want. */
  filtered(event: PreparedEvent): void;
  /** An event was taken that waits to be sent. */
  accepted(event: PreparedEvent): void;
  /** Bodies were lost to it. */
  damaged(bodies: number): void;
  /** A batch that was sent in `round` has ended. */
  judge(batch: readonly Pending[], report: CheckedReport, round: number): void;
  facts(): SettlementFacts;
}

export interface SettlementFacts {
  /** Events delivered since the start of the process. */
  readonly passed: number;
  /** Bytes of JSON of events that are taken and not settled. */
  readonly heldBytes: number;
  readonly possibleDuplicates: number;
  readonly lastDeliveredMs: number | undefined;
  /** The destination's words with the last failure, fit to be shown. */
  readonly lastWords: string | undefined;
}

export interface SettlementParts {
  readonly ledger: Ledger;
  readonly policy: Policy;
  readonly batcher: Batcher;
  readonly graves: DeadLetterQueue;
  readonly keeper: PositionKeeper;
  readonly room: Pick<Bell, 'ring'>;
}

const hourMs = 3_600_000;

export function createSettlement(
  { name, options }: Pick<DeliveryDestination, 'name' | 'options'>,
  { clock, log, meter, redact }: Pick<DeliveryServices, 'clock' | 'log' | 'meter' | 'redact'>,
  { ledger, policy, batcher, graves, keeper, room }: SettlementParts,
): Settlement {
  const giveUpAfterMs = (options.giveUpAfterHours ?? Number.POSITIVE_INFINITY) * hourMs;
  let heldBytes = 0;
  let passed = 0;
  let possibleDuplicates = 0;
  let lastDeliveredMs: number | undefined;
  let lastWords: string | undefined;

  const count = (outcome: string, events = 1) =>
    meter.add('xiq_siem.destination.events', events, { destination: name, outcome });

  const noteWords = (message: string | undefined) => {
    lastWords = message === undefined ? undefined : fitWords(message, redact);
  };

  const settle = ({ sequence, element, bytes }: PreparedEvent, outcome: Outcome) => {
    ledger.settle(sequence, element, outcome);
    heldBytes -= bytes;
    keeper.moved();
    room.ring();
  };

  const bury = ({ event, attempts, firstAttemptMs, lastAttemptMs }: Pending, code: string, message?: string) => {
    const { sequence, element, id, dataset, receipt, json } = event;
    const words = message === undefined ? {} : { message: fitWords(message, redact) };
    const times = { attempts, firstAttemptMs, lastAttemptMs };
    graves.add({ destination: name, sequence, element, id, dataset, code, ...words, ...times, json, receipt }, () => {
      settle(event, { kind: 'deadLettered' });
      count('dead_lettered');
      log.warn('delivery.dead_letter', { destination: name, id, dataset, code, attempts, receipt });
    });
  };

  const carryOut = (decisions: readonly Decision[]) => {
    const again: Pending[] = [];
    const counts = { delivered: 0, degraded: 0, duplicate: 0, possible_duplicate: 0 };
    for (const decision of decisions) {
      const { pending } = decision;
      if (decision.kind === 'again') again.push(pending);
      else if (decision.kind === 'deadLetter') bury(pending, decision.code, decision.message);
      else {
        const { degraded, duplicate } = decision.outcome;
        settle(pending.event, decision.outcome);
        counts.delivered++;
        if (degraded) counts.degraded++;
        if (duplicate) counts.duplicate++;
        else if (pending.maybeThere) counts.possible_duplicate++;
      }
    }
    batcher.addAgain(again);
    possibleDuplicates += counts.possible_duplicate;
    for (const [outcome, events] of Object.entries(counts)) if (events > 0) count(outcome, events);
  };

  /** Tells the policy how a batch ended; true if what was rejected is to be kept. */
  const tellPolicy = (report: CheckedReport, round: number, nowMs: number): boolean => {
    const end = { round, nowMs, slowDown: report.slowDown, waitMs: report.waitMs };
    if (report.kind === 'batch') {
      noteWords(report.message);
      policy.refused({ ...end, word: report.word, code: report.code });
      return false;
    }
    const summary = summarize(report.verdicts);
    passed += summary.delivered;
    if (summary.delivered > 0) lastDeliveredMs = nowMs;
    noteWords(summary.message);
    return policy.items({ ...end, ...summary }) === 'holdRejected';
  };

  return {
    facts: () => ({ passed, heldBytes, possibleDuplicates, lastDeliveredMs, lastWords }),
    accepted({ bytes }) {
      heldBytes += bytes;
    },
    filtered(event) {
      heldBytes += event.bytes;
      settle(event, { kind: 'filtered' });
      count('filtered');
    },
    damaged(bodies) {
      count('damaged', bodies);
      keeper.moved();
    },
    judge(batch, report, round) {
      const nowMs = clock.now();
      const holdRejected = tellPolicy(report, round, nowMs);
      const context: OutcomeContext = {
        ...{ nowMs, passed, giveUpAfterMs, holdRejected },
        retryDelay: policy.retryDelay,
      };
      carryOut(decide(batch, report, context));
      if (report.kind === 'batch' && report.word === 'unavailable') {
        for (const late of batcher.remove((one) => isOverdue(one, context))) bury(late, 'gave_up', report.code);
      }
    },
  };
}
