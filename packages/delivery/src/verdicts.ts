// What a report says, whatever a plugin put into it.
import type { Verdict } from '@xiq-siem/core';

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

interface Pace {
  readonly slowDown: boolean;
  /** Milliseconds; 0 if none was asked for. */
  readonly waitMs: number;
  readonly faults: ReadonlyMap<PluginFault, number>;
}

/** A report that can be relied on. */
export type CheckedReport =
  | (Pace & { readonly kind: 'items'; readonly verdicts: readonly Verdict[] })
  | (Pace & {
      readonly kind: 'batch';
      readonly word: 'tooLarge' | 'unavailable' | 'misconfigured';
      readonly code: string;
      readonly message: string | undefined;
    });

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
  const words = message === undefined ? {} : { message };
  const verdicts = Array.from({ length: size }, (): Verdict => ({ verdict: 'unknown', code: noVerdict, ...words }));
  return { kind: 'items', verdicts, slowDown: false, waitMs: 0, faults: new Map([[fault, 1]]) };
}

export interface VerdictSummary {
  readonly size: number;
  readonly delivered: number;
  readonly held: number;
  /** Events that came to rest: delivered or rejected. */
  readonly settled: number;
  /** The code that most rejected events share. */
  readonly rejected: { readonly code: string; readonly events: number } | undefined;
  /** Of the last event that was not delivered, if any was not; of a held one only if there is no other. */
  readonly code: string;
  readonly message: string | undefined;
}

export function summarize(verdicts: readonly Verdict[]): VerdictSummary {
  const rejections = new Map<string, number>();
  let rejected: VerdictSummary['rejected'];
  let last: { readonly code: string; readonly message?: string } | undefined;
  let lastHeld: typeof last;
  let delivered = 0;
  let held = 0;
  let settled = 0;
  for (const verdict of verdicts) {
    if (verdict.verdict === 'delivered') delivered++;
    else if (verdict.verdict === 'held') {
      held++;
      lastHeld = verdict;
    } else last = verdict;
    if (verdict.verdict === 'delivered' || verdict.verdict === 'rejected') settled++;
    if (verdict.verdict !== 'rejected') continue;
    const events = (rejections.get(verdict.code) ?? 0) + 1;
    rejections.set(verdict.code, events);
    if (rejected === undefined || events > rejected.events) rejected = { code: verdict.code, events };
  }
  const { code, message } = last ?? lastHeld ?? { code: 'none' };
  return { size: verdicts.length, delivered, held, settled, rejected, code, message };
}

function check(report: unknown, size: number, codes: ReadonlySet<string>): CheckedReport {
  if (!isRecord(report)) return unreadable(size, 'not_a_report');
  const faults = new Map<PluginFault, number>();
  const note = (fault: PluginFault) => faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const wait = report['waitMs'];
  const waits = typeof wait === 'number' && wait > 0;
  const pace = { slowDown: report['slowDown'] === true, waitMs: waits ? wait : 0, faults };

  const word = report['batch'];
  if (word === 'tooLarge' || word === 'unavailable' || word === 'misconfigured') {
    const code = report['code'];
    const declared = typeof code === 'string' && codes.has(code);
    if (!declared) note('undeclared_code');
    return { kind: 'batch', word, code: declared ? code : undeclaredCode, message: textOf(report['message']), ...pace };
  }
  const items = report['items'];
  if (!Array.isArray(items)) return unreadable(size, 'not_a_report');

  const given: ('double' | Verdict | undefined)[] = new Array(size).fill(undefined);
  for (const item of items) {
    const index: unknown = isRecord(item) ? item['index'] : undefined;
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= size) {
      note('index_out_of_range');
      continue;
    }
    if (given[index] !== undefined) {
      note('double_verdict');
      given[index] = 'double';
    } else given[index] = readVerdict(item, codes, note);
  }
  const verdicts = given.map((verdict): Verdict => {
    if (verdict === undefined) note('missing_verdict');
    return verdict === undefined || verdict === 'double' ? { verdict: 'unknown', code: noVerdict } : verdict;
  });
  return { kind: 'items', verdicts, ...pace };
}

/** Undefined for a verdict that is none, which counts as missing. */
function readVerdict(
  item: unknown,
  codes: ReadonlySet<string>,
  note: (fault: PluginFault) => void,
): Verdict | undefined {
  if (!isRecord(item)) return undefined;
  const { verdict, code, message } = item;
  const words = textOf(message);
  if (verdict === 'delivered') {
    const degraded = item['degraded'];
    const known = typeof degraded === 'string' && codes.has(degraded);
    if (degraded !== undefined && !known) note('undeclared_code');
    return {
      verdict,
      ...(item['duplicate'] === true ? { duplicate: true } : {}),
      ...(degraded === undefined ? {} : { degraded: known ? degraded : undeclaredCode }),
    };
  }
  if (verdict !== 'retry' && verdict !== 'rejected' && verdict !== 'held' && verdict !== 'unknown') return undefined;
  const more = words === undefined ? {} : { message: words };
  if (typeof code === 'string' && codes.has(code)) return { verdict, code, ...more };
  note('undeclared_code');
  // To hold it is the gentlest there is, so that word is taken; nothing else is believed.
  return verdict === 'held' ? { verdict, code: undeclaredCode, ...more } : { verdict: 'unknown', code: undeclaredCode };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
