// May a batch be sent now? Decides when, how large it may be, and how many are in flight. A state machine without a clock.
import type { DeliveryOptions } from './options.ts';
import type { SendSlots, SlotWaiter } from './send-slots.ts';
import type { CheckedReport, VerdictSummary } from './verdicts.ts';

export interface SendPermitOptions {
  readonly batch: DeliveryOptions['batch'];
  readonly retry: DeliveryOptions['retry'];
  readonly maxInFlight: number;
  /** What may be open at once; bytes are those of JSON. */
  readonly window: { readonly events: number; readonly bytes: number };
  /** Shared with the other delivery streams of the destination; `wakeup` is notified when one may be free. */
  readonly slots: SendSlots;
  readonly wakeup: SlotWaiter;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** False: a rejection burst is let through to the dead letters. */
  readonly pauseOnRejections?: boolean | undefined;
}

/** The delivery stream as it is now. Times are epoch milliseconds, infinite where there is nothing to wait for. */
export interface StreamState {
  readonly nowMs: number;
  /** Batches in flight. */
  readonly inFlight: number;
  readonly waiting: {
    readonly newEvents: number;
    readonly newBytes: number;
    /** When the oldest new event was taken. */
    readonly oldestNewMs: number;
    /** When the first event to be sent again may be. */
    readonly resendMs: number;
  };
  /** Why no dead letter can be stored now. */
  readonly deadLettersBlockedBy: string | undefined;
  /** Events of which an operator has to fix something first. */
  readonly blocked: { readonly events: number; readonly bytes: number; readonly code: string } | undefined;
  /** All open events are blocked, and yet there is no capacity to take one more. */
  readonly isStuck: boolean;
}

/** A batch that may be sent now. `round` is given back when it ends, so that batches in flight together fail as one. */
export interface NextBatch {
  readonly from: 'new' | 'resend';
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly round: number;
}

/** Why a destination is not sent to as usual. */
export interface Hold {
  readonly state: 'backing_off' | 'paused';
  readonly code: string;
}

/** How a batch ended. */
interface BatchEnd extends Pick<CheckedReport, 'slowDown' | 'waitMs'>, Pick<NextBatch, 'round'> {
  readonly nowMs: number;
  readonly size: number;
  readonly code: string;
}

/** Failures in a row after which the circuit is open: one small batch at a time probes whether the destination is back. */
const openCircuitAfter = 5;
const probeEvents = 8;
const burstBatches = 3;
/** On a quiet stream a few bad events are three batches: they are no burst. */
const burstEvents = 10;
const fixDelay = { initialMs: 5_000, maxMs: 60_000 };
const maxWaitMs = 3_600_000;
const smallestShare = 0.0001;
const shareStep = 0.1;
const never = Number.POSITIVE_INFINITY;

export type SendPermit = ReturnType<typeof createSendPermit>;

export function createSendPermit(options: SendPermitOptions) {
  const { batch, retry, maxInFlight, window, slots, wakeup, random, pauseOnRejections = true } = options;
  let round = 0;
  let failures = 0;
  let notBeforeMs = 0;
  let hold: Hold | undefined;
  let burst: { readonly code: string; readonly batches: number; readonly events: number } | undefined;
  let isNewProbed = false;
  // The rate limit: halved when the destination asks for less, raised step by step while all is well.
  let inFlightLimit = maxInFlight;
  let batchShare = 1;

  const shrinkBatches = () => {
    batchShare = Math.max(smallestShare, batchShare / 2);
  };
  const slowDown = () => {
    if (inFlightLimit > 1) inFlightLimit = Math.max(1, inFlightLimit / 2);
    else shrinkBatches();
  };
  const speedUp = () => {
    if (batchShare < 1) batchShare = Math.min(1, batchShare < shareStep ? batchShare * 2 : batchShare + shareStep);
    else inFlightLimit = Math.min(maxInFlight, inFlightLimit + 1 / inFlightLimit);
  };
  const jitter = ({ initialMs, maxMs }: DeliveryOptions['retry'], attempts: number) =>
    random() * Math.min(maxMs, initialMs * 2 ** Math.min(attempts - 1, 40));
  const waitUntil = (ms: number) => {
    notBeforeMs = Math.max(notBeforeMs, ms);
  };
  const isProbing = () => failures >= openCircuitAfter || hold?.state === 'paused';

  /** By the answers so far; `notBeforeMs` is in epoch milliseconds. */
  const limits = () => {
    const probing = isProbing();
    const whole = Math.max(1, Math.floor(batch.maxEvents * batchShare));
    const probe = Math.max(1, probeEvents >> Math.max(0, failures - openCircuitAfter));
    return {
      inFlight: probing ? 1 : Math.floor(inFlightLimit),
      maxEvents: probing ? Math.min(whole, probe) : whole,
      maxBytes: Math.max(1, Math.floor(batch.maxBytes * batchShare)),
      notBeforeMs,
      probing,
    };
  };
  /** Blocked events leave half of the window to the others; a position with many gaps is full sooner. */
  const isFullOfBlocked = ({ blocked, isStuck }: StreamState) =>
    blocked !== undefined && (isStuck || blocked.events * 2 >= window.events || blocked.bytes * 2 >= window.bytes);
  /** When a batch of new events is due: at once if it is full or a probe, else when its oldest event is old enough. */
  const newDueMs = (stream: StreamState) => {
    const { newEvents, newBytes, oldestNewMs } = stream.waiting;
    if (isFullOfBlocked(stream)) return never;
    const { probing, maxEvents, maxBytes } = limits();
    return probing || newEvents >= maxEvents || newBytes >= maxBytes ? oldestNewMs : oldestNewMs + batch.maxAgeMs;
  };
  const dueMs = (stream: StreamState) => Math.max(notBeforeMs, Math.min(stream.waiting.resendMs, newDueMs(stream)));

  const holdOf = (stream: StreamState): Hold | undefined => {
    const { blocked, deadLettersBlockedBy } = stream;
    if (deadLettersBlockedBy !== undefined) return { state: 'paused', code: deadLettersBlockedBy };
    if (hold !== undefined || blocked === undefined || !isFullOfBlocked(stream)) return hold;
    return { state: 'paused', code: blocked.code };
  };

  const obey = (end: BatchEnd) => {
    if (end.slowDown) slowDown();
    if (end.waitMs > 0) waitUntil(end.nowMs + Math.min(end.waitMs, maxWaitMs));
  };
  const passed = () => {
    // It may be up again, but hardly.
    if (isProbing()) {
      inFlightLimit = 1;
      batchShare = Math.min(batchShare, shareStep);
    }
    failures = 0;
    hold = undefined;
    round++;
  };
  const failed = (end: BatchEnd, state: Hold['state'], code: string, backOff: DeliveryOptions['retry'] | undefined) => {
    if (end.round !== round) return;
    round++;
    failures++;
    hold = { state, code };
    if (backOff !== undefined) waitUntil(end.nowMs + jitter(backOff, failures));
  };
  const isBurst = () =>
    pauseOnRejections && burst !== undefined && burst.batches >= burstBatches && burst.events >= burstEvents;
  const noteRejected = (judged: number, rejected: VerdictSummary['rejected']) => {
    if (rejected === undefined || rejected.events * 2 <= judged) {
      burst = undefined;
      return;
    }
    const before = burst?.code === rejected.code ? burst : { batches: 0, events: 0 };
    burst = { code: rejected.code, batches: before.batches + 1, events: before.events + rejected.events };
  };

  return {
    limits,
    /** Why the stream is not sent to the destination as usual; undefined if it is. */
    hold: holdOf,
    /**
     * The batch that may be sent now, with its slot taken: whoever sends it releases that. Otherwise when to ask again,
     * in epoch milliseconds: infinite where something has to happen first.
     */
    request(stream: StreamState): NextBatch | { readonly askAgainMs: number } {
      const { nowMs, inFlight, waiting, deadLettersBlockedBy } = stream;
      const { maxEvents, maxBytes, probing, inFlight: mostInFlight } = limits();
      // Any verdict may be a dead letter.
      const isShut = deadLettersBlockedBy !== undefined || inFlight >= mostInFlight;
      const askAgainMs = isShut ? never : dueMs(stream);
      if (askAgainMs > nowMs) {
        slots.withdraw(wakeup);
        return { askAgainMs };
      }
      if (!slots.acquire(wakeup)) return { askAgainMs: never };
      // Probes take turns, so that one event that always fails cannot keep a destination closed; else resends go first.
      isNewProbed = probing && !isNewProbed;
      const isNew = newDueMs(stream) <= nowMs && (isNewProbed || waiting.resendMs > nowMs);
      return { from: isNew ? 'new' : 'resend', maxEvents, maxBytes, round };
    },
    /** Until when the destination is left alone, or nothing is due; undefined where nothing is waited for, or nobody knows. */
    waitUntilMs(stream: StreamState): number | undefined {
      if (stream.deadLettersBlockedBy !== undefined) return undefined;
      const waitMs = holdOf(stream) === undefined ? notBeforeMs : dueMs(stream);
      return waitMs > stream.nowMs && waitMs !== never ? waitMs : undefined;
    },
    /**
     * A batch ended with a verdict for each event. True: too many were rejected in a row for one reason; they are to be
     * kept, an operator has to fix something.
     */
    answered(end: BatchEnd & Pick<VerdictSummary, 'blocked' | 'settled' | 'rejected'>): boolean {
      obey(end);
      const judged = end.size - end.blocked;
      // A batch of which all is blocked shows that the destination answers, but not that it rejects no longer.
      if (judged === 0) {
        if (!isBurst()) passed();
        return false;
      }
      // Nor does one of which nothing was settled.
      if (end.settled === 0) {
        failed(end, 'backing_off', end.code, failures + 1 >= openCircuitAfter ? retry : undefined);
        return false;
      }
      noteRejected(judged, end.rejected);
      if (isBurst()) {
        failed(end, 'paused', end.rejected?.code ?? end.code, fixDelay);
        return true;
      }
      passed();
      if (!end.slowDown) speedUp();
      return false;
    },
    /** A batch was refused as a whole. True as for `answered`: one event that is too large alone counts as rejected. */
    refused(end: BatchEnd & Pick<CheckedReport & { readonly kind: 'batch' }, 'word'>): boolean {
      obey(end);
      if (end.word === 'misconfigured') failed(end, 'paused', end.code, fixDelay);
      if (end.word === 'unavailable') failed(end, 'backing_off', end.code, retry);
      if (end.word !== 'tooLarge') return false;
      shrinkBatches();
      if (end.size > 1) return false;
      noteRejected(1, { code: end.code, events: 1 });
      if (!isBurst()) return false;
      failed(end, 'paused', end.code, fixDelay);
      return true;
    },
    /** Milliseconds before an event is sent again that has been sent so often. */
    retryDelay: (attempts: number) => jitter(retry, attempts),
    /** Milliseconds before events that an operator has to fix are tried again, when they have been tried so often. */
    blockedDelay: (attempts: number) => jitter(fixDelay, attempts),
    /** An operator says that it is fixed: nothing is waited for any longer. The state stays until something passes. */
    resume() {
      notBeforeMs = 0;
    },
  };
}
