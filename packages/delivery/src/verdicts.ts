// What a report says, whatever a plugin put into it.

/** What a plugin got wrong: its own bug, never the destination's. */
export type PluginFault =
  | 'threw'
  | 'hung'
  | 'not_a_report'
  | 'missing_verdict'
  | 'double_verdict'
  | 'index_out_of_range'
  | 'undeclared_code';

/** What holds of an event for which no valid verdict came: nobody knows whether it is there. */
export const noVerdict = 'no_verdict';
/** Stands in for a code that the plugin did not declare. */
export const undeclaredCode = 'undeclared_code';

export type CheckedVerdict =
  | { readonly verdict: 'delivered'; readonly duplicate?: true | undefined; readonly degraded?: string | undefined }
  | {
      readonly verdict: 'retry' | 'rejected' | 'blocked' | 'unknown';
      readonly code: string;
      readonly message?: string | undefined;
    };

/** A report that can be relied on. */
export type CheckedReport = {
  readonly slowDown: boolean;
  /** Milliseconds; 0 if none was asked for. */
  readonly waitMs: number;
  readonly faults: ReadonlyMap<PluginFault, number>;
} & (
  | { readonly kind: 'items'; readonly verdicts: readonly CheckedVerdict[] }
  | {
      readonly kind: 'batch';
      readonly word: 'tooLarge' | 'unavailable' | 'misconfigured';
      readonly code: string;
      readonly message: string | undefined;
    }
);

/** Each of `size` indexes gets a verdict: the one that was given if it is valid, else `unknown`. Never throws. */
export function checkReport(report: unknown, size: number, codes: ReadonlySet<string>): CheckedReport {
  try {
    return check(report, size, codes);
  } catch {
    return unreadable(size, 'not_a_report');
  }
}

/** The report of a call that ended without one; `message` says what came instead. */
export function unreadable(size: number, fault: PluginFault, message?: string): CheckedReport {
  const verdict: CheckedVerdict = { verdict: 'unknown', code: noVerdict, message };
  const verdicts = new Array<CheckedVerdict>(size).fill(verdict);
  return { kind: 'items', verdicts, slowDown: false, waitMs: 0, faults: new Map([[fault, 1]]) };
}

export interface VerdictSummary {
  readonly size: number;
  readonly delivered: number;
  readonly blocked: number;
  /** Events that need no further attempt: delivered or rejected. */
  readonly settled: number;
  /** The code that most rejected events share. */
  readonly rejected: { readonly code: string; readonly events: number } | undefined;
  /** Of the last event that was not delivered, if any was not; of a held one only if there is no other. */
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
  let settled = 0;
  for (const verdict of verdicts) {
    if (verdict.verdict === 'delivered') delivered++;
    else if (verdict.verdict === 'blocked') {
      blocked++;
      lastBlocked = verdict;
    } else last = verdict;
    if (verdict.verdict === 'delivered' || verdict.verdict === 'rejected') settled++;
    if (verdict.verdict !== 'rejected') continue;
    const events = (rejections.get(verdict.code) ?? 0) + 1;
    rejections.set(verdict.code, events);
    if (rejected === undefined || events > rejected.events) rejected = { code: verdict.code, events };
  }
  const { code, message } = last ?? lastBlocked ?? { code: 'none' };
  return { size: verdicts.length, delivered, blocked, settled, rejected, code, message };
}

function check(report: unknown, size: number, codes: ReadonlySet<string>): CheckedReport {
  if (!isRecord(report)) return unreadable(size, 'not_a_report');
  const faults = new Map<PluginFault, number>();
  const note = (fault: PluginFault) => faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const declared = (code: unknown): string | undefined => {
    if (typeof code === 'string' && codes.has(code)) return code;
    note('undeclared_code');
    return undefined;
  };
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const { waitMs: wait, batch: word, items } = report;
  const waitMs = typeof wait === 'number' && wait > 0 ? wait : 0;
  const rest = { slowDown: report['slowDown'] === true, waitMs, faults };

  if (word === 'tooLarge' || word === 'unavailable' || word === 'misconfigured') {
    const code = declared(report['code']) ?? undeclaredCode;
    return { kind: 'batch', word, code, message: textOf(report['message']), ...rest };
  }
  if (!Array.isArray(items)) return unreadable(size, 'not_a_report');

  /** Undefined for an invalid verdict, which counts as missing. */
  const readVerdict = (item: unknown): CheckedVerdict | undefined => {
    if (!isRecord(item)) return undefined;
    const { verdict, duplicate, degraded, message } = item;
    if (verdict === 'delivered') {
      const kind = degraded === undefined ? undefined : (declared(degraded) ?? undeclaredCode);
      return { verdict, duplicate: duplicate === true ? true : undefined, degraded: kind };
    }
    if (verdict !== 'retry' && verdict !== 'rejected' && verdict !== 'blocked' && verdict !== 'unknown')
      return undefined;
    const code = declared(item['code']);
    // To hold it is the gentlest there is, so that word is taken; nothing else is believed.
    if (code === undefined && verdict !== 'blocked') return { verdict: 'unknown', code: undeclaredCode };
    return { verdict, code: code ?? undeclaredCode, message: textOf(message) };
  };
  const given: ('double' | CheckedVerdict | undefined)[] = new Array(size).fill(undefined);
  for (const item of items) {
    const index: unknown = isRecord(item) ? item['index'] : undefined;
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= size) {
      note('index_out_of_range');
      continue;
    }
    if (given[index] !== undefined) {
      note('double_verdict');
      given[index] = 'double';
    } else given[index] = readVerdict(item);
  }
  const verdicts = given.map((verdict): CheckedVerdict => {
    if (verdict === undefined) note('missing_verdict');
    return verdict === undefined || verdict === 'double' ? { verdict: 'unknown', code: noVerdict } : verdict;
  });
  return { kind: 'items', verdicts, ...rest };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
