// Decides from the ends of batches whether a destination is used as usual, probed with a few events, or paused. Has no
// clock of its own.
import type { DeliveryOptions } from './options.ts';
import type { RateLimit } from './rate-limit.ts';
import type { CheckedReport, VerdictSummary } from './verdicts.ts';

export interface CircuitBreakerOptions {
  readonly retry: DeliveryOptions['retry'];
  /** Time limit of an attempt. */
  readonly timeoutMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** False: rejected events become dead letters in any case, and never pause the destination. */
  readonly pauseOnRejections: boolean;
  /** Whether the destination has taken an event under its present settings. */
  readonly isProven: () => boolean;
  readonly rate: RateLimit;
}

/** Why a destination does not receive batches as usual. */
export interface Suspension {
  readonly state: 'backing_off' | 'paused';
  readonly code: string;
}

/** The end of a batch. */
export interface BatchEnd extends Pick<CheckedReport, 'slowDown' | 'waitMs' | 'timedOut'> {
  readonly nowMs: number;
  readonly size: number;
  readonly code: string;
  /** Of its permit. A counted success or failure starts a new round: a round has at most one failure. */
  readonly round: number;
  /** All its events had failed before. */
  readonly isResend: boolean;
  /** The event of a batch with one event, for comparison only. */
  readonly single: object | undefined;
}

export type VerdictsEnd = BatchEnd &
  Pick<VerdictSummary, 'delivered' | 'blocked' | 'settled' | 'unknown'> & {
    readonly rejected: VerdictSummary['rejected'];
  };
export type BatchResultEnd = BatchEnd & Pick<CheckedReport & { readonly kind: 'batch' }, 'batchResult'>;

type Delay = DeliveryOptions['retry'];

/** Consecutive failures that open the circuit. Then one small batch at a time probes the destination. */
const openAfter = 5;
export const probeEvents = 8;
const burstBatches = 3;
/** With little traffic, three batches may have only a few events: that is not a burst. */
const burstEvents = 10;
const fixDelay: Delay = { initialMs: 5_000, maxMs: 60_000 };
/** Consecutive reports with only `unknown`, after which a probe of one event is a copy too many. */
const maxUnknownReports = 3;
/** They do not pause the destination earlier: a server that restarts resets connections for some seconds. */
const minUnknownMs = 30_000;
const unknownDelay: Delay = { initialMs: 60_000, maxMs: 3_600_000 };
const maxWaitMs = 3_600_000;

const longest = ({ initialMs, maxMs }: Delay, attempts: number) =>
  Math.min(maxMs, initialMs * 2 ** Math.min(attempts - 1, 40));

export function createCircuitBreaker(options: CircuitBreakerOptions) {
  const { retry, timeoutMs, random, pauseOnRejections, isProven, rate } = options;
  let round = 0;
  let failures = 0;
  let notBeforeMs = 0;
  /** Events that the destination never accepts must not hold others back: after they fail again, new events do not wait. */
  let resendsNotBeforeMs = 0;
  let suspension: Suspension | undefined;
  /** Maximum of events of a probe; undefined while the circuit is closed. */
  let probe: number | undefined;
  /** The destination refused connections or events, so it starts with a low rate. */
  let startsGently = false;
  /** Failures since the last success after which the server certainly does not have the events. */
  let refusals = 0;
  let unknownReports = 0;
  /** When the first of these reports came. */
  let unknownSinceMs = 0;
  /** The only event of these reports; undefined if they have several. */
  let unknownEvent: object | undefined;
  /** Until when no event with an unknown result is sent again. */
  let unknownUntilMs = 0;
  /** Pauses because of unknown results, since the last success or `resume`. */
  let unknownPauses = 0;
  /** The last batches were settled: the server confirms what it accepts. */
  let confirms = false;
  /** The first round after the last success. */
  let successRound = 0;
  let lastSuccessMs = Number.NEGATIVE_INFINITY;
  /** The former rate was restored after a probe, and no batch of usual size has been delivered since. */
  let isRestored = false;
  let burst: { readonly code: string; readonly batches: number; readonly events: number } | undefined;

  const jitter = (delay: Delay, attempts: number) => random() * longest(delay, attempts);
  const waitUntil = (ms: number) => {
    notBeforeMs = Math.max(notBeforeMs, ms);
  };
  const applyFlowControl = ({ slowDown, waitMs, nowMs }: BatchEnd) => {
    if (slowDown) rate.slowDown();
    if (waitMs > 0) waitUntil(nowMs + Math.min(waitMs, maxWaitMs));
  };

  const recordSuccess = ({ nowMs }: BatchEnd) => {
    isRestored = probe !== undefined && !startsGently;
    if (probe !== undefined && startsGently) rate.startGently();
    failures = 0;
    refusals = 0;
    unknownReports = 0;
    unknownPauses = 0;
    unknownUntilMs = 0;
    startsGently = false;
    suspension = undefined;
    probe = undefined;
    lastSuccessMs = nowMs;
    successRound = ++round;
  };
  /** False: the batch was sent before the last success or failure, so its failure is an old one. */
  const countFailure = (end: BatchEnd, mayCopy: boolean): boolean => {
    // A batch that may leave copies opens the circuit, although another failure of its round came first, or a success
    // just before the server began to hang.
    const isFirst = probe === undefined && mayCopy && end.round >= successRound;
    const hangs = probe === undefined && end.timedOut && end.nowMs - lastSuccessMs >= timeoutMs / 2;
    if (end.round !== round && !isFirst && !hangs) return false;
    round++;
    failures++;
    confirms = false;
    return true;
  };
  /** `mayCopy`: the server may have the events of the failed batch, so a probe is as small as possible. */
  const openCircuit = (mayCopy: boolean) => {
    if (probe !== undefined) {
      probe = mayCopy ? 1 : Math.max(1, probe >> 1);
      return;
    }
    probe = probeEvents;
    if (mayCopy && (isRestored || rate.isOverloaded())) rate.reduceForOverload();
  };
  const backOff = (end: BatchEnd, opens: boolean, mayCopy: boolean) => {
    if (!mayCopy && ++refusals >= openAfter) startsGently = true;
    suspension = { state: 'backing_off', code: end.code };
    if (opens || probe !== undefined || failures >= openAfter) openCircuit(mayCopy);
  };
  const pause = (end: BatchEnd, code: string) => {
    if (!countFailure(end, false)) return;
    suspension = { state: 'paused', code };
    startsGently = true;
    openCircuit(false);
    waitUntil(end.nowMs + jitter(fixDelay, failures));
  };
  const pauseUnknown = ({ code, nowMs }: BatchEnd) => {
    suspension = { state: 'paused', code };
    probe = 1;
    unknownUntilMs = nowMs + longest(unknownDelay, ++unknownPauses);
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
  const mustKeepRejected = () => isBurst() || (pauseOnRejections && !isProven());

  /** No event was delivered or rejected, and some are not blocked. */
  const recordUnsettled = (end: VerdictsEnd) => {
    const isUnknown = end.unknown === end.size - end.blocked;
    const mayCopy = isUnknown || end.timedOut;
    if (!countFailure(end, mayCopy)) return;
    if (unknownReports === 0) {
      unknownEvent = end.single;
      unknownSinceMs = end.nowMs;
    } else if (unknownEvent !== end.single) unknownEvent = undefined;
    if (!end.timedOut) unknownReports = isUnknown ? unknownReports + 1 : 0;
    const isLasting = end.nowMs - unknownSinceMs >= minUnknownMs;
    if (unknownReports >= maxUnknownReports && isLasting) return pauseUnknown(end);
    backOff(end, mayCopy, mayCopy);
    if (probe === undefined) return;
    const untilMs = end.nowMs + jitter(retry, failures);
    if (end.isResend && !mayCopy) resendsNotBeforeMs = Math.max(resendsNotBeforeMs, untilMs);
    else waitUntil(untilMs);
  };

  function recordVerdicts(end: VerdictsEnd): boolean {
    applyFlowControl(end);
    const evaluated = end.size - end.blocked;
    // If all events are blocked, the destination is up, but it may still reject events.
    if (evaluated === 0) {
      if (!isBurst()) recordSuccess(end);
      return false;
    }
    if (end.settled === 0) {
      recordUnsettled(end);
      return false;
    }
    recordRejected(evaluated, end.rejected);
    if (end.rejected !== undefined && (isBurst() || (end.delivered === 0 && mustKeepRejected()))) {
      pause(end, end.rejected.code);
      return true;
    }
    recordSuccess(end);
    confirms = true;
    if (!end.slowDown) rate.speedUp();
    return false;
  }

  function recordBatchResult(end: BatchResultEnd): boolean {
    applyFlowControl(end);
    if (end.batchResult === 'misconfigured') pause(end, end.code);
    if (end.batchResult === 'unavailable' && countFailure(end, false)) {
      backOff(end, end.timedOut, false);
      waitUntil(end.nowMs + jitter(retry, failures));
    }
    if (end.batchResult !== 'tooLarge') return false;
    rate.shrinkBatches();
    if (end.size > 1) return false;
    recordRejected(1, { code: end.code, events: 1 });
    if (!mustKeepRejected()) return false;
    pause(end, end.code);
    return true;
  }

  function clearWait() {
    notBeforeMs = 0;
    resendsNotBeforeMs = 0;
    unknownUntilMs = 0;
    unknownPauses = 0;
  }

  return {
    /** Why batches are not sent as usual; undefined if they are. */
    suspension: () => suspension,
    /**
     * `probe`: the maximum of events of the only batch that may be in flight; undefined while the circuit is closed. If
     * the result of only one event was unknown, new events do not wait for it: the event may be the cause. `confirms`: the
     * server confirms what it accepts.
     */
    current: () => ({
      probe,
      round,
      confirms,
      notBeforeMs: Math.max(notBeforeMs, resendsNotBeforeMs, unknownUntilMs),
      newNotBeforeMs: unknownEvent === undefined ? Math.max(notBeforeMs, unknownUntilMs) : notBeforeMs,
    }),
    /**
     * Records a batch with a verdict for each event. True: the rejected events are sent again, because of a rejection
     * burst, or because the destination has not taken an event under its present settings.
     */
    recordVerdicts,
    /** Records a result for the whole batch. True as above. One event that is too large alone counts as rejected. */
    recordBatchResult,
    /** Milliseconds before an event is sent again, by its number of attempts. */
    retryDelay: (attempts: number) => jitter(retry, attempts),
    /** Milliseconds before blocked events are sent again, by the number of attempts. */
    blockedDelay: (attempts: number) => jitter(fixDelay, attempts),
    /** Clears the wait for the next batch. The state stays until a batch succeeds. */
    clearWait,
  };
}
