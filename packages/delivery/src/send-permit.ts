// Decides whether a batch may be sent now, how large it may be, and how many may be in flight. Has no clock of its own.
import type { DeliveryOptions } from './options.ts';
import type { SendSlots, SlotWaiter } from './send-slots.ts';
import type { CheckedReport, VerdictSummary } from './verdicts.ts';

export interface SendPermitOptions {
  readonly batch: DeliveryOptions['batch'];
  readonly retry: DeliveryOptions['retry'];
  readonly maxInFlight: number;
  /** Maximum of unsettled events and their bytes of JSON. */
  readonly window: { readonly events: number; readonly bytes: number };
  /** Shared by all delivery streams of the destination. `wakeup` is notified when a slot may be free. */
  readonly slots: SendSlots;
  readonly wakeup: SlotWaiter;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** False: the events of a rejection burst become dead letters, and the destination is not paused. Default: true. */
  readonly pauseOnRejections?: boolean | undefined;
}

/** The current state of the delivery stream. Times are epoch milliseconds, infinite if there is nothing to wait for. */
export interface StreamState {
  readonly nowMs: number;
  /** Batches in flight. */
  readonly inFlight: number;
  /** How many of these only wait for a confirmation of the server. */
  readonly confirming: number;
  readonly waiting: {
    readonly newEvents: number;
    readonly newBytes: number;
    /** When the oldest new event was read. */
    readonly oldestNewMs: number;
    /** When the first event may be sent again. */
    readonly resendMs: number;
  };
  /** Why no dead letter can be stored; undefined if it can. */
  readonly deadLettersBlockedBy: string | undefined;
  /** Blocked events. */
  readonly blocked: { readonly events: number; readonly bytes: number; readonly code: string } | undefined;
  /** All unsettled events are blocked, and there is no capacity for another event. */
  readonly isBlockedAtCapacity: boolean;
}

/** A batch that may be sent now. */
export interface NextBatch {
  readonly from: 'new' | 'resend';
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Passed back when the batch ends. A counted success or failure starts a new round: a round has at most one failure. */
  readonly round: number;
}

/** Why a destination does not receive batches as usual. */
export interface Suspension {
  readonly state: 'backing_off' | 'paused';
  readonly code: string;
}

/** The end of a batch. */
interface BatchEnd extends Pick<CheckedReport, 'slowDown' | 'waitMs'>, Pick<NextBatch, 'round'> {
  readonly nowMs: number;
  readonly size: number;
  readonly code: string;
}

/** Consecutive failures that open the circuit. Then one small batch at a time probes the destination. */
const openCircuitAfter = 5;
const probeEvents = 8;
const burstBatches = 3;
/** With little traffic, three batches may have only a few events: that is not a burst. */
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
  let suspension: Suspension | undefined;
  let burst: { readonly code: string; readonly batches: number; readonly events: number } | undefined;
  let isNewProbed = false;
  /** The last batches were settled: the server confirms what it accepts. */
  let isProven = false;
  // The rate limit (AIMD): halved when the destination asks to slow down, increased in small steps otherwise.
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
  const isProbing = () => failures >= openCircuitAfter || suspension?.state === 'paused';

  /** The current limits; `notBeforeMs` is in epoch milliseconds. */
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
  /** Blocked events may use half of the window. They fill a position with many settled ranges sooner. */
  const isFullOfBlocked = ({ blocked, isBlockedAtCapacity }: StreamState) =>
    blocked !== undefined &&
    (isBlockedAtCapacity || blocked.events * 2 >= window.events || blocked.bytes * 2 >= window.bytes);
  /** When a batch of new events is due: at once if it is full or a probe, else at the maximum age of its oldest event. */
  const newDueMs = (stream: StreamState) => {
    const { newEvents, newBytes, oldestNewMs } = stream.waiting;
    if (isFullOfBlocked(stream)) return never;
    const { probing, maxEvents, maxBytes } = limits();
    return probing || newEvents >= maxEvents || newBytes >= maxBytes ? oldestNewMs : oldestNewMs + batch.maxAgeMs;
  };
  const dueMs = (stream: StreamState) => Math.max(notBeforeMs, Math.min(stream.waiting.resendMs, newDueMs(stream)));

  const suspensionOf = (stream: StreamState): Suspension | undefined => {
    const { blocked, deadLettersBlockedBy } = stream;
    if (deadLettersBlockedBy !== undefined) return { state: 'paused', code: deadLettersBlockedBy };
    if (suspension !== undefined || blocked === undefined || !isFullOfBlocked(stream)) return suspension;
    return { state: 'paused', code: blocked.code };
  };

  const applyFlowControl = (end: BatchEnd) => {
    if (end.slowDown) slowDown();
    if (end.waitMs > 0) waitUntil(end.nowMs + Math.min(end.waitMs, maxWaitMs));
  };
  const recordSuccess = () => {
    // The destination may not bear the full load yet.
    if (isProbing()) {
      inFlightLimit = 1;
      batchShare = Math.min(batchShare, shareStep);
    }
    failures = 0;
    suspension = undefined;
    round++;
  };
  const recordFailure = (
    end: BatchEnd,
    state: Suspension['state'],
    code: string,
    backOff: DeliveryOptions['retry'] | undefined,
  ) => {
    if (end.round !== round) return;
    round++;
    failures++;
    isProven = false;
    suspension = { state, code };
    if (backOff !== undefined) waitUntil(end.nowMs + jitter(backOff, failures));
  };
  const isBurst = () =>
    pauseOnRejections && burst !== undefined && burst.batches >= burstBatches && burst.events >= burstEvents;
  const recordRejected = (evaluated: number, rejected: VerdictSummary['rejected']) => {
    if (rejected === undefined || rejected.events * 2 <= evaluated) {
      burst = undefined;
      return;
    }
    const before = burst?.code === rejected.code ? burst : { batches: 0, events: 0 };
    burst = { code: rejected.code, batches: before.batches + 1, events: before.events + rejected.events };
  };

  function requestPermit(stream: StreamState): NextBatch | { readonly askAgainMs: number } {
    const { nowMs, inFlight, waiting, deadLettersBlockedBy } = stream;
    const { maxEvents, maxBytes, probing, inFlight: mostInFlight } = limits();
    // Any event of a batch may become a dead letter.
    // A server that never confirms must not get more than the usual batches.
    const counted = isProven ? inFlight - stream.confirming : inFlight;
    const isClosed = deadLettersBlockedBy !== undefined || counted >= mostInFlight;
    const askAgainMs = isClosed ? never : dueMs(stream);
    if (askAgainMs > nowMs) {
      slots.withdraw(wakeup);
      return { askAgainMs };
    }
    if (!slots.acquire(wakeup)) return { askAgainMs: never };
    // Probes alternate between new events and resends: one event that always fails must not keep the circuit open.
    // Without a probe, resends go first.
    isNewProbed = probing && !isNewProbed;
    const isNew = newDueMs(stream) <= nowMs && (isNewProbed || waiting.resendMs > nowMs);
    return { from: isNew ? 'new' : 'resend', maxEvents, maxBytes, round };
  }

  function recordVerdicts(end: BatchEnd & Pick<VerdictSummary, 'blocked' | 'settled' | 'rejected'>): boolean {
    applyFlowControl(end);
    const evaluated = end.size - end.blocked;
    // If all events are blocked, the destination is up, but it may still reject events.
    if (evaluated === 0) {
      if (!isBurst()) recordSuccess();
      return false;
    }
    if (end.settled === 0) {
      recordFailure(end, 'backing_off', end.code, failures + 1 >= openCircuitAfter ? retry : undefined);
      return false;
    }
    recordRejected(evaluated, end.rejected);
    if (isBurst()) {
      recordFailure(end, 'paused', end.rejected?.code ?? end.code, fixDelay);
      return true;
    }
    recordSuccess();
    isProven = true;
    if (!end.slowDown) speedUp();
    return false;
  }

  function recordBatchResult(end: BatchEnd & Pick<CheckedReport & { readonly kind: 'batch' }, 'batchResult'>): boolean {
    applyFlowControl(end);
    if (end.batchResult === 'misconfigured') recordFailure(end, 'paused', end.code, fixDelay);
    if (end.batchResult === 'unavailable') recordFailure(end, 'backing_off', end.code, retry);
    if (end.batchResult !== 'tooLarge') return false;
    shrinkBatches();
    if (end.size > 1) return false;
    recordRejected(1, { code: end.code, events: 1 });
    if (!isBurst()) return false;
    recordFailure(end, 'paused', end.code, fixDelay);
    return true;
  }

  function clearWait() {
    notBeforeMs = 0;
  }

  return {
    limits,
    /** Why batches are not sent as usual; undefined if they are. */
    suspension: suspensionOf,
    /**
     * Returns the batch that may be sent now, and acquires its slot; the caller releases the slot. Otherwise returns when
     * to ask again in epoch milliseconds: infinite if an event must happen first.
     */
    request: requestPermit,
    /** Until when no batch is sent; undefined if there is no wait, or its end is unknown. */
    waitUntilMs(stream: StreamState): number | undefined {
      if (stream.deadLettersBlockedBy !== undefined) return undefined;
      const waitMs = suspensionOf(stream) === undefined ? notBeforeMs : dueMs(stream);
      return waitMs > stream.nowMs && waitMs !== never ? waitMs : undefined;
    },
    /** Records a batch with a verdict for each event. True: a rejection burst, so the rejected events are sent again. */
    recordVerdicts,
    /** Records a result for the whole batch. True: a rejection burst. One event that is too large alone counts as rejected. */
    recordBatchResult,
    /** Milliseconds before an event is sent again, by its number of attempts. */
    retryDelay: (attempts: number) => jitter(retry, attempts),
    /** Milliseconds before blocked events are sent again, by the number of attempts. */
    blockedDelay: (attempts: number) => jitter(fixDelay, attempts),
    /** Clears the wait for the next batch. The state stays until a batch succeeds. */
    resume: clearWait,
  };
}
