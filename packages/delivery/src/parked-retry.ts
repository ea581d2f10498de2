// Sends the parked events of one destination again, until it accepts or rejects them.
import type { EcsDocument } from '@xiq-siem/core';
import { createWakeup, endGraceMs, wallMsOf, within } from './clock.ts';
import { type Decision, decide, type OutcomeContext } from './outcome.ts';
import { createPendingQueue, type Pending, pendingOf } from './pending-queue.ts';
import { jobMeter } from './replay-stream.ts';
import { sanitizeError, sanitizeText } from './sanitize-text.ts';
import type { SendSlots } from './send-slots.ts';
import { createSender } from './sender.ts';
import type { DeliveryDestination, DeliveryServices, ParkedEvent, ParkedEvents } from './services.ts';
import type { SettingsProof } from './settings-proof.ts';
import { storedDocument } from './stored-document.ts';
import type { DestinationStatus } from './stream-status.ts';
import type { CheckedReport } from './verdicts.ts';

export interface ParkedRetryParts {
  readonly parked: ParkedEvents;
  readonly slots: SendSlots;
  readonly proof: SettingsProof;
  /** Of the delivery stream of the destination. */
  readonly status: () => DestinationStatus;
  /** A job sends to the destination: it may send parked events, too. */
  readonly isJobRunning: () => boolean;
}

const delay = { initialMs: 60_000, maxMs: 600_000 };
const storeRetryMs = 5_000;
/** Batches that the destination does not accept as a whole, after which the others wait. One event may be the cause. */
const maxFailed = 3;
const hourMs = 3_600_000;
const never = Number.POSITIVE_INFINITY;
/** The entry of a delivered event names this as the one who resolved it. */
export const parkedRetry = 'parked-retry';

export type ParkedRetry = ReturnType<typeof startParkedRetry>;

export function startParkedRetry(spec: DeliveryDestination, services: DeliveryServices, parts: ParkedRetryParts) {
  const { name, options } = spec;
  const { clock, log, random, redact } = services;
  const { parked, slots, proof, status, isJobRunning } = parts;
  const meter = jobMeter(services.meter);
  const stopping = new AbortController();
  const stop = stopping.signal;
  const wakeup = createWakeup(clock);
  const sender = createSender(spec, { clock, log, meter, redact }, 1, slots, stop);
  const retryTimeoutMs = (options.giveUpAfterHours ?? never) * hourMs;
  /** Counters of events that stay parked, by number: of this round, and of the previous one. */
  let counters = { now: new Map<number, Partial<Pending>>(), before: new Map<number, Partial<Pending>>() };
  let after = 0;
  let attempts = 0;
  let nextMs = clock.now() + jitter(1);
  /** All parked events are sent without a delay, after an operator fixed something. */
  let isForced = false;
  let isStopping = false;
  let resumes = 0;
  let delivered = 0;
  let possibleDuplicates = 0;
  let lastDeliveredMs: number | undefined;
  let pausedAtMs = clock.now();

  function jitter(attempt: number): number {
    return Math.min(delay.maxMs, delay.initialMs * 2 ** (attempt - 1)) * (0.5 + random() / 2);
  }
  const deliveredByAll = () => status().counters.delivered + delivered;

  /** Live events go first: nothing is sent while they wait for the destination. */
  const canSend = () => {
    const { state } = status();
    if (state !== 'running') pausedAtMs = clock.now();
    return state === 'running' && !isStopping && !isJobRunning();
  };

  /** Repeats a write until it succeeds. */
  const write = async (work: () => Promise<void>) => {
    while (!stop.aborted) {
      try {
        return await work();
      } catch (error) {
        log.error('delivery.parked_write_failed', { destination: name, error: String(error) });
        await clock.sleep(storeRetryMs, stop);
      }
    }
  };

  /** A stored time, or one of the status, as the clock counts it. */
  const ownMsOf = (wallMs: number): number => wallMs - wallMsOf(clock, 0);

  const pendingAgain = (entry: ParkedEvent, document: EcsDocument): Pending => {
    const { number, sequence, element, id, dataset, receipt, json, attempts } = entry;
    const firstAttemptMs = ownMsOf(entry.firstAttemptMs);
    const lastAttemptMs = ownMsOf(entry.lastAttemptMs);
    const bytes = Buffer.byteLength(json);
    const origin = { sequence, element, receipt, source: name, receivedAtMs: firstAttemptMs };
    const timeMs = Date.parse(document['@timestamp'] ?? '');
    const pending = pendingOf({ ...origin, id, dataset, timeMs, document, json, bytes }, 0);
    const known = counters.now.get(number) ?? counters.before.get(number);
    return Object.assign(
      pending,
      { attempts, firstAttemptMs, lastAttemptMs, deliveredBefore: deliveredByAll() },
      known,
    );
  };

  const contextOf = (batch: readonly Pending[]): OutcomeContext => {
    const { lastDeliveredMs: lastOfStreamMs } = status();
    const nowMs = clock.now();
    return {
      nowMs,
      delivered: deliveredByAll(),
      retryDelay: () => 0,
      retryTimeoutMs,
      attemptMs: batch[0]?.lastAttemptMs ?? nowMs,
      lastDeliveredMs: Math.max(ownMsOf(lastOfStreamMs ?? 0), lastDeliveredMs ?? 0),
      pausedAtMs,
      parkAfterMs: never,
      // The settings may be the cause: see `settings-proof.ts`.
      resendRejected: !proof.isProven(),
    };
  };

  /** Stores the outcome of a batch. */
  const settle = async (
    decisions: readonly Decision[],
    report: CheckedReport,
    entries: ReadonlyMap<Pending, ParkedEvent>,
  ) => {
    const resolved: number[] = [];
    const again: ParkedEvent[] = [];
    const counts = { delivered: 0, dead_lettered: 0, possible_duplicate: 0 };
    for (const [index, decision] of decisions.entries()) {
      const { pending } = decision;
      const entry = entries.get(pending);
      if (entry === undefined) continue;
      counters.now.delete(entry.number);
      const { attempts } = pending;
      const lastAttemptMs = wallMsOf(clock, pending.lastAttemptMs);
      const { message: _, parked: __, number, ...event } = { ...entry, attempts, lastAttemptMs };
      const withReason = (code: string, text: string | undefined) => {
        const message = text === undefined ? undefined : sanitizeText(text, redact);
        return { ...event, code, ...(message !== undefined && { message }) };
      };
      if (decision.kind === 'settle') {
        resolved.push(number);
        counts.delivered++;
        if (!decision.outcome.duplicate) counts.possible_duplicate += pending.unknownAttempts;
      } else if (decision.kind === 'deadLetter') {
        const { code, message } = decision;
        counts.dead_lettered++;
        counts.possible_duplicate += pending.unknownAttempts;
        await write(() => parked.replace(number, withReason(code, message)));
      } else {
        const verdict = report.kind === 'items' ? report.verdicts[index] : decisions.length === 1 ? report : undefined;
        const reason = verdict !== undefined && 'code' in verdict ? verdict : entry;
        const isBlocked = decision.kind === 'blocked';
        counters.now.set(number, countersOf(pending, isBlocked ? clock.now() : pending.blockedAtMs));
        again.push({ ...withReason(reason.code, reason.message), number, parked: true });
      }
    }
    if (resolved.length > 0) proof.prove();
    if (resolved.length > 0) await write(() => parked.resolve(resolved, 'delivered', parkedRetry));
    if (again.length > 0) await write(() => parked.keepParked(again));
    possibleDuplicates += counts.possible_duplicate;
    for (const [outcome, events] of Object.entries(counts)) {
      if (events > 0) meter.add('xiq_siem.destination.events', events, { destination: name, outcome });
    }
  };

  /** Waits for a slot. False: nothing may be sent. */
  const acquireSlot = async (): Promise<boolean> => {
    while (!stop.aborted && canSend()) {
      if (slots.acquire(wakeup)) return true;
      await wakeup.wait();
    }
    slots.withdraw(wakeup);
    return false;
  };

  /** Sends entries in one batch or more. False: the destination accepts none now. */
  const sendEntries = async (found: readonly ParkedEvent[]): Promise<boolean> => {
    const entries = new Map<Pending, ParkedEvent>();
    const queue = createPendingQueue();
    for (const entry of found) {
      const document = storedDocument(entry.json);
      if (document === undefined) continue;
      const pending = pendingAgain(entry, document);
      entries.set(pending, entry);
      queue.addResends([pending]);
    }
    const { maxEvents, maxBytes } = options.batch;
    let failed = 0;
    while (queue.size() > 0) {
      if (!(await acquireSlot())) return false;
      const batch = queue.take({ from: 'resend', maxEvents, maxBytes, round: 0 }, clock.now());
      let report: CheckedReport | undefined;
      const takeReport = (ended: CheckedReport) => {
        report = ended;
        if (ended.kind === 'items') delivered += ended.verdicts.filter(({ verdict }) => verdict === 'delivered').length;
      };
      // The next batch waits for the end of the call: parked events are not urgent.
      await sender.send(batch, deliveredByAll(), takeReport, () => {});
      if (report === undefined) return false;
      const context = contextOf(batch);
      const decisions = decide(batch, report, context);
      await settle(decisions, report, entries);
      // Events of a batch that is too large are sent again at once, in smaller batches.
      if (report.kind === 'batch' && report.batchResult === 'tooLarge') {
        queue.addResends(batch.filter((_, index) => decisions[index]?.kind === 'resend'));
      } else if (report.kind === 'batch' && ++failed >= maxFailed) return false;
    }
    return true;
  };

  /** Reads and sends the next entries. Returns when to continue. */
  const sendNext = async (): Promise<number> => {
    if (!canSend()) return clock.now() + jitter(1);
    const { entries, next } = await parked.readParked(name, after, options.batch);
    if (next === undefined) {
      counters = { now: new Map(), before: counters.now };
      const wasEmpty = after === 0;
      after = 0;
      if (wasEmpty) {
        isForced = false;
        attempts = 0;
        return never;
      }
      const wait = isForced && counters.before.size > 0 ? jitter(++attempts) : 0;
      isForced = false;
      return clock.now() + wait;
    }
    const [deliveredBefore, resumesBefore] = [delivered, resumes];
    const isAccepted = await sendEntries(entries);
    if (resumes === resumesBefore) after = next;
    if (delivered > deliveredBefore) {
      attempts = 0;
      lastDeliveredMs = clock.now();
    } else if (!isAccepted || !isForced) {
      isForced = false;
      return clock.now() + jitter(++attempts);
    }
    return clock.now();
  };

  const runRetries = async () => {
    while (!isStopping) {
      if (nextMs > clock.now()) await wakeup.wait(nextMs);
      if (isStopping || nextMs > clock.now()) continue;
      nextMs = never;
      const then = await sendNext().catch((error: unknown) => {
        log.error('delivery.parked_retry_failed', { destination: name, error: sanitizeError(error, redact) });
        return clock.now() + jitter(++attempts);
      });
      // It may have been set during the attempt.
      nextMs = Math.min(nextMs, then);
    }
    slots.withdraw(wakeup);
  };
  const running = runRetries();

  function resumeRetry(): void {
    isForced = true;
    resumes++;
    after = 0;
    nextMs = clock.now();
    wakeup.notify();
  }
  function noteParked(): void {
    if (nextMs !== never) return;
    nextMs = clock.now() + jitter(1);
    wakeup.notify();
  }
  async function stopRetry(graceMs: number): Promise<void> {
    isStopping = true;
    wakeup.notify();
    await within(clock, graceMs, running);
    stopping.abort();
    wakeup.notify();
    if (!(await within(clock, endGraceMs, running))) log.error('delivery.parked_retry_stuck', { destination: name });
  }

  return {
    /** Sends all parked events now, without waiting between batches. */
    resume: resumeRetry,
    /** An event was parked. */
    parked: noteParked,
    /** When parked events are sent again; undefined if none is parked. */
    nextMs: () => (nextMs === never ? undefined : wallMsOf(clock, nextMs)),
    /** Events delivered after an attempt with an unknown result. */
    possibleDuplicates: () => possibleDuplicates,
    /** Waits up to `graceMs` for the batch in flight, then aborts it. */
    stop: stopRetry,
  };
}

function countersOf(
  { event: _, notBeforeMs: __, attempts, firstAttemptMs, lastAttemptMs, ...pending }: Pending,
  blockedAtMs: number,
) {
  return { ...pending, blockedAtMs };
}
