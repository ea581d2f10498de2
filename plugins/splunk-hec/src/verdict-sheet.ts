// The verdicts of one batch as they come in, and the report that they make.
import type { Batch, DeliveryReport, Verdict } from '@xiq-siem/core';
import type { Envelope } from './envelope.ts';
import type { HecFault } from './hec-answer.ts';
import type { HecCode } from './hec-codes.ts';

/** Why the rest of a batch was not sent. */
export interface Stop {
  readonly word: 'tooLarge' | 'unavailable' | 'misconfigured';
  readonly fault: HecFault;
  readonly slowDown?: true;
}

export interface VerdictSheet {
  set(envelopes: readonly Envelope[], verdict: Verdict<HecCode>): void;
  /** Asks that less is sent at once. */
  slowDown(): void;
  /** Those without a verdict get that of `stop`; where nothing was taken, it is the word for the whole batch. */
  report(stop: Stop | undefined): DeliveryReport<HecCode>;
}

export function createVerdictSheet({ items }: Batch): VerdictSheet {
  const verdicts = new Map<number, Verdict<HecCode>>();
  let isSlow = false;
  let isTouched = false;

  return {
    set(envelopes, verdict) {
      for (const { item } of envelopes) verdicts.set(item.index, verdict);
      if (envelopes.length > 0 && verdict.verdict !== 'held') isTouched = true;
    },
    slowDown() {
      isSlow = true;
    },
    report(stop) {
      const slow = isSlow || stop?.slowDown === true || stop?.word === 'tooLarge';
      const waitMs = stop?.fault.waitMs;
      const pace = { ...(slow ? ({ slowDown: true } as const) : {}), ...(waitMs === undefined ? {} : { waitMs }) };
      if (stop !== undefined && !isTouched) {
        const { code, message } = stop.fault;
        return { batch: stop.word, code, message, ...pace };
      }
      const given = items.map(({ index }) => ({ index, ...(verdicts.get(index) ?? untried(stop)) }));
      return { items: given, ...pace };
    },
  };
}

function untried(stop: Stop | undefined): Verdict<HecCode> {
  if (stop === undefined) throw new Error('an event of the batch was neither sent nor given a verdict');
  const { code, message } = stop.fault;
  return { verdict: stop.word === 'misconfigured' ? 'held' : 'retry', code, message };
}
