// Builds the report of a batch that a destination sends in several requests.
import type { Batch, BatchItem, DeliveryReport, Verdict } from './destination.ts';

/** Why a batch, or the rest of a batch, was not sent. */
export type BatchFault<Code extends string = string> = Extract<DeliveryReport<Code>, { readonly batch: string }>;

export interface ReportBuilder<Code extends string> {
  /** Sets the verdict of each entry. It replaces an earlier verdict of the same event. */
  setVerdict(entries: readonly { readonly item: BatchItem }[], verdict: Verdict<Code>): void;
  /** Adds `slowDown` to the report. */
  slowDown(): void;
  /**
   * Returns the report. `fault` says why the remaining events were not sent: they become `blocked` if it is
   * `misconfigured`, else `retry`. If every verdict so far is `blocked`, or there is none, `fault` is the result of the
   * whole batch. Throws if an event has no verdict and there is no fault, which is a bug of the plugin.
   */
  build(fault: BatchFault<Code> | undefined): DeliveryReport<Code>;
}

/** For destinations that send a batch in several requests. */
export function createReportBuilder<Code extends string>({ items }: Batch): ReportBuilder<Code> {
  const verdicts = new Map<number, Verdict<Code>>();
  let isSlow = false;
  let hasServerVerdict = false;

  function buildReport(fault: BatchFault<Code> | undefined): DeliveryReport<Code> {
    const slow = isSlow ? ({ slowDown: true } as const) : {};
    if (fault !== undefined && !hasServerVerdict) return { ...fault, ...slow };
    const { waitMs, slowDown } = fault ?? {};
    return {
      items: items.map(({ index }) => ({ index, ...(verdicts.get(index) ?? unsent(fault)) })),
      ...(waitMs !== undefined && { waitMs }),
      ...((slowDown === true || fault?.batch === 'tooLarge') && { slowDown: true }),
      ...slow,
    };
  }

  return {
    setVerdict(entries, verdict) {
      for (const { item } of entries) verdicts.set(item.index, verdict);
      if (entries.length > 0 && verdict.verdict !== 'blocked') hasServerVerdict = true;
    },
    slowDown() {
      isSlow = true;
    },
    build: buildReport,
  };
}

function unsent<Code extends string>(fault: BatchFault<Code> | undefined): Verdict<Code> {
  if (fault === undefined) throw new Error('an event of the batch has no verdict, and no fault explains why');
  const { batch, code, message } = fault;
  return { verdict: batch === 'misconfigured' ? 'blocked' : 'retry', code, ...(message !== undefined && { message }) };
}
