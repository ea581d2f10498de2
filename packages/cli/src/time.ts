// Parses the times of command line options.
import { ConnectorError } from '@xiq-siem/core';
import type { CommandOptions } from './arguments.ts';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const isUnit = (text: string | undefined): text is keyof typeof unitMs => text !== undefined && text in unitMs;
const date = /^\d{4}-\d\d-\d\d$/;
const dateTime = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/i;

/** For help texts. */
export const timeHelp = 'TIME: 2026-11-24T08:00:00Z, 2026-11-24, or an age (30m, 24h, 7d); default: UTC';

const latestMs = Date.UTC(10_000, 0);

/**
 * ISO 8601 in UTC, from a time, a date (its start) or an age before `nowMs`. `option` is named in the error.
 * @throws ConnectorError `usage` for anything else.
 */
export function parseTime(option: string, text: string, nowMs: number): string {
  const ms = epochOf(text.trim(), nowMs);
  // Outside this range (and NaN) ISO 8601 has no four-digit year.
  if (ms === undefined || !(ms >= 0 && ms < latestMs)) {
    throw new ConnectorError('usage', `${option} ${JSON.stringify(text)} is not a valid time. ${timeHelp}`);
  }
  return new Date(ms).toISOString();
}

function epochOf(text: string, nowMs: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (amount !== undefined && isUnit(unit)) return nowMs - Number(amount) * unitMs[unit];
  if (text === 'now') return nowMs;
  const [, day, clock, offset = 'Z'] = dateTime.exec(date.test(text) ? `${text}T00:00` : text) ?? [];
  if (day === undefined || clock === undefined) return undefined;
  // Date reads 31 February as 3 March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  return Date.parse(`${day}T${clock}${offset.toUpperCase()}`);
}

export interface Span {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * `--from` and `--to` as the API expects them.
 * @throws ConnectorError `usage` for an invalid time or an empty span.
 */
export function parseSpan({ from, to }: Span, nowMs: number): Span {
  const timeOf = (option: string, text?: string) => (text === undefined ? undefined : parseTime(option, text, nowMs));
  const span = { from: timeOf('--from', from), to: timeOf('--to', to) };
  if (span.from !== undefined && span.to !== undefined && span.from >= span.to) {
    throw new ConnectorError('usage', `--from ${span.from} is not before --to ${span.to}`);
  }
  return span;
}

/** `--from` and `--to` of commands that scan the journal. */
export const spanOptions = {
  from: { type: 'string', value: 'TIME', help: 'received at or after TIME (default: everything stored)' },
  to: { type: 'string', value: 'TIME', help: 'received before TIME (default: now)' },
} as const satisfies CommandOptions;
