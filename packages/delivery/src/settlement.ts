// Carries out what reports say: events are settled, sent again, or buried as dead letters.
import type { Batcher, Pending } from './batcher.ts';
import type { Bell } from './bell.ts';
import { createDeadLetterLines, type DeadLetterLines } from './dead-letter-lines.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { createHeldPool, type Held } from './held-pool.ts';
import type { Ledger, Outcome } from './ledger.ts';
import { type Decision, decide, isOverdue, type OutcomeContext } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { PositionKeeper } from './position-keeper.ts';
import type { DeliveryDestination, DeliveryServices, LastFailure } from './services.ts';
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
  /** The destination as a whole waits for a person; that time counts towards no event's end. */
  paused(): void;
  /** Somebody says that it is mended: what waits to be sent again waits no longer. */
  resume(): void;
  facts(): SettlementFacts;
  /** What is still to be said of dead letters. */
  readonly lines: Pick<DeadLetterLines, 'dueMs' | 'sayIfDue' | 'sayRest'>;
}

export interface SettlementFacts {
  /** Events delivered since the start of the process. */
  readonly passed: number;
  /** Bytes of JSON of events that are taken and not settled. */
  readonly openBytes: number;
  readonly held: Held | undefined;
  readonly possibleDuplicates: number;
  readonly lastDeliveredMs: number | undefined;
  /** The destination's words with the last failure, fit to be shown. */
  readonly lastWords: string | undefined;
  readonly lastFailure: LastFailure | undefined;
}

export interface SettlementParts {
  readonly ledger: Ledger;
  readonly policy: Policy;
  readonly batcher: Batcher;
  readonly graves: DeadLetterQueue;
  readonly keeper: PositionKeeper;
  readonly room: Pick<Bell, 'ring'>;
  /** Told before an event counts as delivered. */
  readonly onDelivered?: ((event: { readonly sequence: number; readonly element: number }) => void) | undefined;
}

const hourMs = 3_600_000;

export function createSettlement(
  { name, options }: Pick<DeliveryDestination, 'name' | 'options'>,
  { clock, log, meter, redact }: Pick<DeliveryServices, 'clock' | 'log' | 'meter' | 'redact'>,
  { ledger, policy, batcher, graves, keeper, room, onDelivered }: SettlementParts,
): Settlement {
  const giveUpAfterMs = (options.giveUpAfterHours ?? Number.POSITIVE_INFINITY) * hourMs;
  const pool = createHeldPool(policy.mendDelay);
  const lines = createDeadLetterLines(log, clock);
  let openBytes = 0;
  let passed = 0;
  let pausedAtMs = clock.now();
  let possibleDuplicates = 0;
  let lastDeliveredMs: number | undefined;
  let lastWords: string | undefined;
  let lastFailure: LastFailure | undefined;

  const count = (outcome: string, events = 1) =>
    meter.add('xiq_siem.destination.events', events, { destination: name, outcome });

  // All events of a batch mostly share one message.
  let lastFit = { message: '', words: '' };
  const toWords = (message: string) => {
    if (message !== lastFit.message) lastFit = { message, words: fitWords(message, redact) };
    return lastFit.words;
  };
  const wordsOf = (message: string | undefined) => (message === undefined ? undefined : toWords(message));

  const settle = ({ sequence, element, bytes }: PreparedEvent, outcome: Outcome) => {
    ledger.settle(sequence, element, outcome);
    openBytes -= bytes;
    keeper.moved();
    room.ring();
  };

  const bury = (pending: Pending, code: string, message: string | undefined) => {
    pool.leave(pending);
    const { event, attempts } = pending;
    const { sequence, element, id, dataset, receipt, json } = event;
    const words = message === undefined ? {} : { message: toWords(message) };
    const nowMs = clock.now();
    const times = {
      attempts,
      firstAttemptMs: attempts > 0 ? pending.firstAttemptMs : nowMs,
      lastAttemptMs: attempts > 0 ? pending.lastAttemptMs : nowMs,
    };
    graves.add({ destination: name, sequence, element, id, dataset, code, ...words, ...times, json, receipt }, () => {
      settle(event, { kind: 'deadLettered' });
      count('dead_lettered');
      lines.note(code, { destination: name, id, dataset, attempts, receipt });
    });
  };

  /** `isJudged`: the destination said something of each event. */
  const carryOut = (decisions: readonly Decision[], isJudged: boolean, nowMs: number) => {
    const again: Pending[] = [];
    const held: Pending[] = [];
    let hold: (Decision & { readonly kind: 'held' }) | undefined;
    let isFreed = false;
    const counts = { delivered: 0, degraded: 0, duplicate: 0, possible_duplicate: 0 };
    for (const decision of decisions) {
      const { pending } = decision;
      if (decision.kind === 'again') {
        if (isJudged) pool.leave(pending);
        again.push(pending);
      } else if (decision.kind === 'deadLetter') bury(pending, decision.code, decision.message);
      else if (decision.kind === 'held') {
        held.push(pending);
        hold = decision;
      } else {
        isFreed ||= pending.held;
        pool.leave(pending);
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
    if (isFreed) pool.startAnew();
    if (hold !== undefined) pool.hold(held, hold.code, wordsOf(hold.message), nowMs);
    batcher.addAgain([...again, ...held]);
    possibleDuplicates += counts.possible_duplicate;
    for (const [outcome, events] of Object.entries(counts)) if (events > 0) count(outcome, events);
  };

  /** Tells the policy how a batch ended; true if what was rejected is to be kept. */
  const tellPolicy = (report: CheckedReport, size: number, round: number, nowMs: number): boolean => {
    const end = { round, nowMs, slowDown: report.slowDown, waitMs: report.waitMs };
    if (report.kind === 'batch') {
      lastWords = wordsOf(report.message);
      lastFailure = { code: report.code, words: lastWords, atMs: nowMs };
      return policy.refused({ ...end, size, word: report.word, code: report.code }) === 'holdRejected';
    }
    const summary = summarize(report.verdicts);
    passed += summary.delivered;
    if (summary.delivered > 0) lastDeliveredMs = nowMs;
    lastWords = wordsOf(summary.message);
    if (summary.delivered < size) lastFailure = { code: summary.code, words: lastWords, atMs: nowMs };
    return policy.items({ ...end, ...summary }) === 'holdRejected';
  };

  return {
    lines,
    facts: () => ({
      passed,
      openBytes,
      held: pool.facts(),
      possibleDuplicates,
      lastDeliveredMs,
      lastWords,
      lastFailure,
    }),
    accepted({ bytes }) {
      openBytes += bytes;
    },
    filtered(event) {
      openBytes += event.bytes;
      settle(event, { kind: 'filtered' });
      count(event.filtered ?? 'filtered');
    },
    damaged(bodies) {
      count('damaged', bodies);
      keeper.moved();
    },
    judge(batch, report, round) {
      const nowMs = clock.now();
      const holdRejected = tellPolicy(report, batch.length, round, nowMs);
      const attemptMs = batch[0]?.lastAttemptMs ?? nowMs;
      const context: OutcomeContext = {
        ...{ nowMs, attemptMs, passed, giveUpAfterMs, lastDeliveredMs, pausedAtMs, holdRejected },
        retryDelay: policy.retryDelay,
      };
      carryOut(decide(batch, report, context), report.kind === 'items', nowMs);
      if (report.kind === 'batch' && report.word === 'unavailable') {
        const words = report.message === undefined ? report.code : `${report.code}: ${report.message}`;
        for (const late of batcher.remove((one) => isOverdue(one, context))) bury(late, 'gave_up', words);
      }
    },
    paused() {
      pausedAtMs = clock.now();
    },
    resume() {
      pool.startAnew();
      batcher.hurry(clock.now());
    },
  };
}
