// When a destination may be sent to, and how much: backoff, circuit breaker, pause. A state machine without a clock.
import type { DeliveryOptions } from './options.ts';
import { createPace } from './pace.ts';
import type { VerdictSummary } from './verdicts.ts';

export interface PolicyOptions {
  readonly batch: DeliveryOptions['batch'];
  readonly retry: DeliveryOptions['retry'];
  readonly maxInFlight: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** False: a storm of rejections is let through to the dead letters. */
  readonly pauseOnRejections?: boolean;
}

export interface Limits {
  readonly inFlight: number;
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Epoch milliseconds before which nothing is sent. */
  readonly notBeforeMs: number;
  /** One small batch at a time, to find out whether the destination is back. */
  readonly probing: boolean;
  /** Nothing new is sent, only what was sent before. */
  readonly againOnly?: boolean;
}

/** Why a destination is not sent to as usual. */
export interface Hold {
  readonly state: 'backing_off' | 'paused';
  readonly code: string;
}

/** How a batch ended. `round` is that of its start, so that batches under way together fail as one. */
export interface BatchEnd {
  readonly round: number;
  readonly nowMs: number;
  readonly slowDown: boolean;
  readonly waitMs: number;
}

export type ItemsEnd = BatchEnd & Pick<VerdictSummary, 'size' | 'held' | 'settled' | 'rejected' | 'code'>;

export type RefusedEnd = BatchEnd &
  Pick<VerdictSummary, 'size' | 'code'> & { readonly word: 'tooLarge' | 'unavailable' | 'misconfigured' };

/** `holdRejected`: too many were rejected in a row for one reason; keep them, a person has to mend something. */
export type Advice = 'asSaid' | 'holdRejected';

export interface Policy {
  limits(): Limits;
  round(): number;
  items(end: ItemsEnd): Advice;
  /** An event that is too large alone counts as rejected. */
  refused(end: RefusedEnd): Advice;
  /** Milliseconds before an event is sent again that has been sent so often. */
  retryDelay(attempts: number): number;
  /** Milliseconds before what a person has to mend is tried again, when it has been tried so often. */
  mendDelay(attempts: number): number;
  hold(): Hold | undefined;
  /** Somebody says that it is mended: nothing is waited for any longer. The state stays until something passes. */
  resume(): void;
}

const breakerAfter = 5;
const probeEvents = 8;
const stormBatches = 3;
/** On a quiet stream a few bad events are three batches: they are no storm. */
const stormEvents = 10;
const mend = { initialMs: 5_000, maxMs: 60_000 };
const maxWaitMs = 3_600_000;

export function createPolicy(options: PolicyOptions): Policy {
  const { batch, retry, maxInFlight, random, pauseOnRejections = true } = options;
  const pace = createPace(maxInFlight);
  let round = 0;
  let failures = 0;
  let notBeforeMs = 0;
  let hold: Hold | undefined;
  let storm: { readonly code: string; batches: number; events: number } | undefined;

  const jitter = ({ initialMs, maxMs }: DeliveryOptions['retry'], attempts: number) =>
    random() * Math.min(maxMs, initialMs * 2 ** Math.min(attempts - 1, 40));
  const waitUntil = (ms: number) => {
    notBeforeMs = Math.max(notBeforeMs, ms);
  };
  const obey = ({ nowMs, slowDown, waitMs }: BatchEnd) => {
    if (slowDown) pace.slowDown();
    if (waitMs > 0) waitUntil(nowMs + Math.min(waitMs, maxWaitMs));
  };
  const isProbing = () => failures >= breakerAfter || hold?.state === 'paused';
  const passed = () => {
    if (isProbing()) pace.startGently();
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
  const rages = () =>
    pauseOnRejections && storm !== undefined && storm.batches >= stormBatches && storm.events >= stormEvents;
  const noteRejected = (judged: number, rejected: VerdictSummary['rejected']) => {
    if (rejected === undefined || rejected.events * 2 <= judged) {
      storm = undefined;
      return;
    }
    const before = storm?.code === rejected.code ? storm : { batches: 0, events: 0 };
    storm = { code: rejected.code, batches: before.batches + 1, events: before.events + rejected.events };
  };

  return {
    round: () => round,
    hold: () => hold,
    retryDelay: (attempts) => jitter(retry, attempts),
    mendDelay: (attempts) => jitter(mend, attempts),
    limits() {
      const probing = isProbing();
      const share = pace.share();
      const whole = Math.max(1, Math.floor(batch.maxEvents * share));
      return {
        inFlight: probing ? 1 : pace.inFlight(),
        maxEvents: probing ? Math.min(whole, Math.max(1, probeEvents >> Math.max(0, failures - breakerAfter))) : whole,
        maxBytes: Math.max(1, Math.floor(batch.maxBytes * share)),
        notBeforeMs,
        probing,
      };
    },
    items(end) {
      obey(end);
      const judged = end.size - end.held;
      // A batch of which all is held shows that the destination answers, but not that it rejects no longer.
      if (judged === 0) {
        if (!rages()) passed();
        return 'asSaid';
      }
      // Nor does one of which nothing came to rest.
      if (end.settled > 0) noteRejected(judged, end.rejected);
      if (end.settled > 0 && rages()) {
        failed(end, 'paused', end.rejected?.code ?? end.code, mend);
        return 'holdRejected';
      }
      if (end.settled === 0) failed(end, 'backing_off', end.code, failures + 1 >= breakerAfter ? retry : undefined);
      else {
        passed();
        if (!end.slowDown) pace.wentWell();
      }
      return 'asSaid';
    },
    refused(end) {
      obey(end);
      if (end.word === 'misconfigured') failed(end, 'paused', end.code, mend);
      if (end.word === 'unavailable') failed(end, 'backing_off', end.code, retry);
      if (end.word !== 'tooLarge') return 'asSaid';
      pace.sendLessAtOnce();
      if (end.size > 1) return 'asSaid';
      noteRejected(1, { code: end.code, events: 1 });
      if (!rages()) return 'asSaid';
      failed(end, 'paused', end.code, mend);
      return 'holdRejected';
    },
    resume() {
      notBeforeMs = 0;
    },
  };
}
