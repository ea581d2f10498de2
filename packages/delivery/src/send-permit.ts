// Decides whether a batch may be sent now, how large it may be, and how many may be in flight. Has no clock of its own.
import { createCircuitBreaker, probeEvents, type Suspension } from './circuit-breaker.ts';
import type { DeliveryOptions } from './options.ts';
import { createRateLimit } from './rate-limit.ts';
import type { SendSlots, SlotWaiter } from './send-slots.ts';

export interface SendPermitOptions {
  readonly batch: DeliveryOptions['batch'];
  readonly retry: DeliveryOptions['retry'];
  /** Time limit of an attempt. */
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  /** Maximum of unsettled events and their bytes of JSON. */
  readonly window: { readonly events: number; readonly bytes: number };
  /** Shared by all delivery streams of the destination. `wakeup` is notified when a slot may be free. */
  readonly slots: SendSlots;
  readonly wakeup: SlotWaiter;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** False: rejected events become dead letters in any case, and never pause the destination. Default: true. */
  readonly pauseOnRejections?: boolean | undefined;
  /** Whether the destination has taken an event under its present settings. */
  readonly isProven: () => boolean;
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

const never = Number.POSITIVE_INFINITY;

export type SendPermit = ReturnType<typeof createSendPermit>;

export function createSendPermit(options: SendPermitOptions) {
  const { batch, retry, timeoutMs, maxInFlight, window, slots, wakeup, random } = options;
  const { isProven, pauseOnRejections = true } = options;
  const rate = createRateLimit(maxInFlight);
  const breaker = createCircuitBreaker({ retry, timeoutMs, random, pauseOnRejections, isProven, rate });
  let isNewProbed = false;
  /** A few new events may be sent although blocked events fill half of the window: they show whether others pass. */
  let mayProbeBeside = false;

  /** The current limits; `notBeforeMs` is in epoch milliseconds. */
  const limits = () => {
    const { probe, notBeforeMs } = breaker.current();
    const { inFlight, share } = rate.current();
    const maxEvents = Math.max(1, Math.floor(batch.maxEvents * share));
    return {
      inFlight: probe === undefined ? inFlight : 1,
      maxEvents: probe === undefined ? maxEvents : Math.min(maxEvents, probe),
      maxBytes: Math.max(1, Math.floor(batch.maxBytes * share)),
      notBeforeMs,
      probing: probe !== undefined,
    };
  };
  /**
   * Blocked events may use half of the window; then a few new events are sent with each of their attempts. They fill a
   * position with many settled ranges sooner.
   */
  const isFullOfBlocked = ({ blocked, isBlockedAtCapacity }: StreamState) =>
    blocked !== undefined &&
    (isBlockedAtCapacity || blocked.events * 2 >= window.events || blocked.bytes * 2 >= window.bytes);
  /** When a batch of new events is due: at once if it is full or a probe, else at the maximum age of its oldest event. */
  const newDueMs = (stream: StreamState) => {
    const { newEvents, newBytes, oldestNewMs } = stream.waiting;
    if (isFullOfBlocked(stream)) return mayProbeBeside ? oldestNewMs : never;
    const { probing, maxEvents, maxBytes } = limits();
    const isDue = probing || newEvents >= maxEvents || newBytes >= maxBytes;
    return Math.max(breaker.current().newNotBeforeMs, isDue ? oldestNewMs : oldestNewMs + batch.maxAgeMs);
  };
  const resendDueMs = ({ waiting }: StreamState) => Math.max(breaker.current().notBeforeMs, waiting.resendMs);
  const dueMs = (stream: StreamState) => Math.min(resendDueMs(stream), newDueMs(stream));

  const suspensionOf = (stream: StreamState): Suspension | undefined => {
    const { blocked, deadLettersBlockedBy } = stream;
    if (deadLettersBlockedBy !== undefined) return { state: 'paused', code: deadLettersBlockedBy };
    const suspension = breaker.suspension();
    if (suspension !== undefined || blocked === undefined || !isFullOfBlocked(stream)) return suspension;
    return { state: 'paused', code: blocked.code };
  };

  function requestPermit(stream: StreamState): NextBatch | { readonly askAgainMs: number } {
    const { nowMs, inFlight, deadLettersBlockedBy } = stream;
    const { maxEvents, maxBytes, probing, inFlight: mostInFlight } = limits();
    // Any event of a batch may become a dead letter.
    // A server that never confirms must not get more than the usual batches.
    const counted = breaker.current().confirms ? inFlight - stream.confirming : inFlight;
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
    const isNew = newDueMs(stream) <= nowMs && (isNewProbed || resendDueMs(stream) > nowMs);
    const { round } = breaker.current();
    if (!isNew || !isFullOfBlocked(stream)) return { from: isNew ? 'new' : 'resend', maxEvents, maxBytes, round };
    mayProbeBeside = false;
    return { from: 'new', maxEvents: Math.min(maxEvents, probeEvents), maxBytes, round };
  }

  function recordVerdicts(end: Parameters<typeof breaker.recordVerdicts>[0]): boolean {
    mayProbeBeside ||= end.blocked === end.size;
    return breaker.recordVerdicts(end);
  }

  return {
    limits,
    isFullOfBlocked,
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
      const waitMs = suspensionOf(stream) === undefined ? breaker.current().notBeforeMs : dueMs(stream);
      return waitMs > stream.nowMs && waitMs !== never ? waitMs : undefined;
    },
    isPaused: () => breaker.suspension()?.state === 'paused',
    recordVerdicts,
    recordBatchResult: breaker.recordBatchResult,
    retryDelay: breaker.retryDelay,
    blockedDelay: breaker.blockedDelay,
    resume: breaker.clearWait,
  };
}
