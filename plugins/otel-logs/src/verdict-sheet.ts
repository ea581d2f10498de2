// The verdicts of one batch as they come in, and the report that they make.
import type { DeliveryReport, Verdict } from '@xiq-siem/core';
import type { Entry } from './log-record.ts';
import type { Fault, OtelCode } from './outcome.ts';

/** Why the rest of a batch was not sent: the contract's word, and the fault. */
export interface Stop extends Fault {
  readonly word: 'tooLarge' | 'unavailable' | 'misconfigured';
}

export interface VerdictSheet {
  set(group: readonly Entry[], verdict: Verdict<OtelCode>): void;
  /** Events that are delivered so far. */
  delivered(): number;
  /** Those without a verdict get that of `stop`; where there is none at all, it is the word for the whole batch. */
  report(stop: Stop | undefined): DeliveryReport<OtelCode>;
}

export function createVerdictSheet(entries: readonly Entry[]): VerdictSheet {
  const verdicts = new Map<Entry, Verdict<OtelCode>>();
  let delivered = 0;
  return {
    set(group, verdict) {
      for (const entry of group) verdicts.set(entry, verdict);
      if (verdict.verdict === 'delivered') delivered += group.length;
    },
    delivered: () => delivered,
    report(stop) {
      const pace = {
        ...(stop?.slowDown === true ? ({ slowDown: true } as const) : {}),
        ...(stop?.waitMs === undefined ? {} : { waitMs: stop.waitMs }),
      };
      if (stop !== undefined && verdicts.size === 0) {
        return { batch: stop.word, code: stop.code, message: stop.message, ...pace };
      }
      const items = entries.map((entry) => ({
        index: entry.item.index,
        ...(verdicts.get(entry) ?? untried(stop)),
      }));
      return { items, ...pace };
    },
  };
}

function untried(stop: Stop | undefined): Verdict<OtelCode> {
  if (stop === undefined) throw new Error('an event of the batch was neither sent nor given a verdict');
  return { verdict: stop.word === 'misconfigured' ? 'held' : 'retry', code: stop.code, message: stop.message };
}
