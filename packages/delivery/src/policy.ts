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
}

export interface Limits {
  readonly inFlight: number;
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Epoch milliseconds before which nothing is sent. */
  readonly notBeforeMs: number;
  /** One small batch at a time, to find out whether the destination is back. */
  readonly probing: boolean;
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

export type ItemsEnd = BatchEnd & Pick<VerdictSummary, 'size' | 'settled' | 'rejected' | 'code'>;

export interface Policy {
  limits(): Limits;
  round(): number;
  /** `hold`: too many were rejected in a row for one reason; keep them, a person has to mend something. */
  items(end: ItemsEnd): 'asSaid' | 'holdRejected';
  refused(end: BatchEnd & { readonly word: 'tooLarge' | 'unavailable' | 'misconfigured'; readonly code: string }): void;
  /** Milliseconds before an event is sent again that has been sent so often. */
  retryDelay(attempts: number): number;
  hold(): Hold | undefined;
}

const breakerAfter = 5;
const probeEvents = 8;
const stormBatches = 3;
const mend = { initialMs: 5_000, maxMs: 300_000 };
const maxWaitMs = 3_600_000;

export function createPolicy({ batch, retry, maxInFlight, random }: PolicyOptions): Policy {
  const pace = createPace(maxInFlight);
  let round = 0;
  let failures = 0;
  let notBeforeMs = 0;
  let hold: Hold | undefined;
  let storm: { readonly code: string; batches: number } | undefined;

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
  const rages = (end: ItemsEnd): boolean => {
    const { rejected } = end;
    if (rejected === undefined || rejected.events * 2 <= end.size) {
      storm = undefined;
      return false;
    }
    if (storm?.code === rejected.code) storm.batches++;
    else storm = { code: rejected.code, batches: 1 };
    return storm.batches >= stormBatches;
  };

  return {
    round: () => round,
    hold: () => hold,
    retryDelay: (attempts) => jitter(retry, attempts),
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
      if (rages(end)) {
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
      if (end.word === 'tooLarge') pace.sendLessAtOnce();
      else if (end.word === 'misconfigured') failed(end, 'paused', end.code, mend);
      else failed(end, 'backing_off', end.code, retry);
    },
  };
}
