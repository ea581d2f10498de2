// Validates the report of a plugin, and summarizes its verdicts.
import type { codeOfSignal } from '@xiq-siem/core';

/** A breach of the plugin contract: a bug of the plugin. */
export type PluginFault =
  | 'exception'
  | 'call_stuck'
  | 'invalid_report'
  | 'missing_verdict'
  | 'duplicate_verdict'
  | 'index_out_of_range'
  | 'undeclared_code';

/** Code of an event without a valid verdict. Its verdict is `unknown`. */
export const noVerdict = 'no_verdict';
/** Replaces a code that the plugin did not declare. */
export const undeclaredCode = 'undeclared_code';

export type CheckedVerdict =
  | { readonly verdict: 'delivered'; readonly duplicate?: true | undefined; readonly degraded?: string | undefined }
  | {
      readonly verdict: 'retry' | 'rejected' | 'blocked' | 'unknown';
      readonly code: string;
      readonly message?: string | undefined;
    };

/** A validated report. */
export type CheckedReport = Unlimited & {
  /** The attempt, or the plugin's own request, ended by its time limit. */
  readonly timedOut: boolean;
};

type Unlimited = {
  readonly slowDown: boolean;
  /** Milliseconds; 0 if the report has none. */
  readonly waitMs: number;
  readonly faults: ReadonlyMap<PluginFault, number>;
} & (
  | { readonly kind: 'items'; readonly verdicts: readonly CheckedVerdict[] }
  | {
      readonly kind: 'batch';
      readonly batchResult: 'tooLarge' | 'unavailable' | 'misconfigured';
      readonly code: string;
      readonly message: string | undefined;
    }
);

/** The code that plugins share for the end of a time limit. */
const timedOutCode: ReturnType<typeof codeOfSignal> = 'timed_out';

/**
 * Gives each of `size` events its verdict from the report if that is valid, else `unknown`. Never throws. `timedOut`: the
 * attempt ended by its time limit.
 */
export function checkReport(
  report: unknown,
  size: number,
  codes: ReadonlySet<string>,
  timedOut: boolean,
): CheckedReport {
  try {
    const checked = parseReport(report, size, codes);
    return { ...checked, timedOut: timedOut || endedByTimeLimit(checked) };
  } catch {
    return invalidReport(size, 'invalid_report', timedOut);
  }
}

/** A plugin's own time limit of a request may be shorter than that of the attempt. */
function endedByTimeLimit(report: Unlimited): boolean {
  if (report.kind === 'batch') return report.code === timedOutCode;
  const sent = report.verdicts.filter(({ verdict }) => verdict !== 'blocked');
  return sent.length > 0 && sent.every((one) => one.verdict === 'unknown' && one.code === timedOutCode);
}

/** The replacement of a missing or invalid report: each verdict is `unknown`. */
export function invalidReport(size: number, fault: PluginFault, timedOut: boolean, message?: string): CheckedReport {
  return { ...unknownReport(size, fault, message), timedOut };
}

function unknownReport(size: number, fault: PluginFault, message?: string): Unlimited {
  const verdict: CheckedVerdict = { verdict: 'unknown', code: noVerdict, message };
  const verdicts = new Array<CheckedVerdict>(size).fill(verdict);
  return { kind: 'items', verdicts, slowDown: false, waitMs: 0, faults: new Map([[fault, 1]]) };
}

export interface VerdictSummary {
  readonly size: number;
  readonly delivered: number;
  readonly blocked: number;
  readonly unknown: number;
  /** Events delivered or rejected. */
  readonly settled: number;
  /** The most frequent code of rejected events, with the message of the last one. */
  readonly rejected:
    | { readonly code: string; readonly message?: string | undefined; readonly events: number }
    | undefined;
  /** Code of the last undelivered event. A blocked event counts only if there is no other. */
  readonly code: string;
  readonly message: string | undefined;
}

export function summarize(verdicts: readonly CheckedVerdict[]): VerdictSummary {
  const rejections = new Map<string, number>();
  let rejected: VerdictSummary['rejected'];
  let last: { readonly code: string; readonly message?: string | undefined } | undefined;
  let lastBlocked: typeof last;
  let delivered = 0;
  let blocked = 0;
  let unknown = 0;
  let settled = 0;
  for (const verdict of verdicts) {
    if (verdict.verdict === 'delivered') delivered++;
    else if (verdict.verdict === 'blocked') {
      blocked++;
      lastBlocked = verdict;
    } else last = verdict;
    if (verdict.verdict === 'unknown') unknown++;
    if (verdict.verdict === 'delivered' || verdict.verdict === 'rejected') settled++;
    if (verdict.verdict !== 'rejected') continue;
    const events = (rejections.get(verdict.code) ?? 0) + 1;
    rejections.set(verdict.code, events);
    if (rejected === undefined || events > rejected.events) {
      rejected = { code: verdict.code, message: verdict.message, events };
    }
  }
  const { code, message } = last ?? lastBlocked ?? { code: 'none' };
  return { size: verdicts.length, delivered, blocked, unknown, settled, rejected, code, message };
}

function parseReport(report: unknown, size: number, codes: ReadonlySet<string>): Unlimited {
  if (!isRecord(report)) return unknownReport(size, 'invalid_report');
  const faults = new Map<PluginFault, number>();
  const record = (fault: PluginFault) => faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const declared = (code: unknown): string | undefined => {
    if (typeof code === 'string' && codes.has(code)) return code;
    record('undeclared_code');
    return undefined;
  };
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const { waitMs: wait, batch: batchResult, items } = report;
  const waitMs = typeof wait === 'number' && wait > 0 ? wait : 0;
  const rest = { slowDown: report['slowDown'] === true, waitMs, faults };

  if (batchResult === 'tooLarge' || batchResult === 'unavailable' || batchResult === 'misconfigured') {
    const code = declared(report['code']) ?? undeclaredCode;
    return { kind: 'batch', batchResult, code, message: textOf(report['message']), ...rest };
  }
  if (!Array.isArray(items)) return unknownReport(size, 'invalid_report');

  /** Returns undefined for an invalid verdict. */
  const readVerdict = (item: unknown): CheckedVerdict | undefined => {
    if (!isRecord(item)) return undefined;
    const { verdict, duplicate, degraded, message } = item;
    if (verdict === 'delivered') {
      const kind = degraded === undefined ? undefined : (declared(degraded) ?? undeclaredCode);
      return { verdict, duplicate: duplicate === true ? true : undefined, degraded: kind };
    }
    if (verdict !== 'retry' && verdict !== 'rejected' && verdict !== 'blocked' && verdict !== 'unknown') {
      return undefined;
    }
    const code = declared(item['code']);
    // Blocked loses nothing, so it stays valid without a declared code.
    if (code === undefined && verdict !== 'blocked') return { verdict: 'unknown', code: undeclaredCode };
    return { verdict, code: code ?? undeclaredCode, message: textOf(message) };
  };
  const given: ('double' | CheckedVerdict | undefined)[] = new Array(size).fill(undefined);
  for (const item of items) {
    const index: unknown = isRecord(item) ? item['index'] : undefined;
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= size) {
      record('index_out_of_range');
      continue;
    }
    if (given[index] !== undefined) {
      record('duplicate_verdict');
      given[index] = 'double';
    } else given[index] = readVerdict(item);
  }
  const verdicts = given.map((verdict): CheckedVerdict => {
    if (verdict === undefined) record('missing_verdict');
    return verdict === undefined || verdict === 'double' ? { verdict: 'unknown', code: noVerdict } : verdict;
  });
  return { kind: 'items', verdicts, ...rest };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
