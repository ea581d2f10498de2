// The verdicts of one batch as a destination finds them out, and the report that they make.
import type { Batch, BatchItem, DeliveryReport, Verdict } from './destination.ts';

/** Why a batch, or the rest of it, was not sent. */
export type BatchFault<Code extends string = string> = Extract<DeliveryReport<Code>, { readonly batch: string }>;

export interface ReportBuilder<Code extends string> {
  /** The same verdict for each of these. A later verdict replaces an earlier one. */
  set(entries: readonly { readonly item: BatchItem }[], verdict: Verdict<Code>): void;
  /** Asks that less is sent at once, whatever else the report says. */
  slowDown(): void;
  /**
   * Each event with its verdict. Those without one are held where the fault is for an operator to fix, else sent again.
   * Where the other side has looked at no event, the fault stands for the whole batch.
   */
  report(fault: BatchFault<Code> | undefined): DeliveryReport<Code>;
}

/** For destinations that send a batch by several requests. Throws, as for any bug, where an event is left without verdict and without fault. */
export function createReportBuilder<Code extends string>({ items }: Batch): ReportBuilder<Code> {
  const verdicts = new Map<number, Verdict<Code>>();
  let isSlow = false;
  let isTouched = false;

  return {
    set(entries, verdict) {
      for (const { item } of entries) verdicts.set(item.index, verdict);
      if (entries.length > 0 && verdict.verdict !== 'blocked') isTouched = true;
    },
    slowDown() {
      isSlow = true;
    },
    report(fault) {
      const slow = isSlow ? ({ slowDown: true } as const) : {};
      if (fault !== undefined && !isTouched) return { ...fault, ...slow };
      const { waitMs, slowDown } = fault ?? {};
      return {
        items: items.map(({ index }) => ({ index, ...(verdicts.get(index) ?? unsent(fault)) })),
        ...(waitMs !== undefined && { waitMs }),
        ...((slowDown === true || fault?.batch === 'tooLarge') && { slowDown: true }),
        ...slow,
      };
    },
  };
}

function unsent<Code extends string>(fault: BatchFault<Code> | undefined): Verdict<Code> {
  if (fault === undefined) throw new Error('an event of the batch was neither sent nor given a verdict');
  const { batch, code, message } = fault;
  return { verdict: batch === 'misconfigured' ? 'blocked' : 'retry', code, ...(message !== undefined && { message }) };
}
