// A health event: one thing that the connector reports about itself, as the journal keeps it.
import type { AdminChange } from '@xiq-siem/admin-api';
import { escapeControls } from '@xiq-siem/core';
import { z } from 'zod';
import { type Content, contentSchema, maxTextLength } from './content.ts';
import { type HealthAction, isReadable, type ReadableAction } from './event-table.ts';

/** A changed form gets another version; readers keep the old one beside it, for what is in journals. */
const version = 1;

/** What an audit event shows of the input of a call. */
const maxPairs = 16;
const maxPairLength = 160;
const maxListed = 10;

const currentEvent = contentSchema
  .extend({ version: z.literal(version), action: z.custom<ReadableAction>(isReadable, 'an action that is known') })
  .readonly();

/** Older releases stored `facts` with `sum.` keys, and `words`. */
const olderEvent = z
  .looseObject({ facts: z.record(z.string(), z.unknown()), words: z.string().optional() })
  .transform(({ facts, words: message, ...rest }) => {
    const attributes = Object.entries(facts).map(([key, value]) => [currentKey(key), value]);
    return { ...rest, message, attributes: Object.fromEntries(attributes) };
  });

const currentKey = (key: string): string =>
  key
    .replace(/^sum\./, 'counters.')
    .replace(/^counters\.difference$/, 'counters.unaccounted')
    .replace(/^counters\.holds$/, 'counters.reconciled');

export const healthEventSchema = z.preprocess((value) => olderEvent.safeParse(value).data ?? value, currentEvent);

export type HealthEvent = z.output<typeof healthEventSchema>;

export type Details = Partial<Omit<Content, 'at' | 'subject'>>;

/** Texts are cut to what the schema takes; undefined details and facts are left out when it is kept. */
export function newHealthEvent(
  action: HealthAction,
  subject: string,
  atMs: number,
  { outcome, reason, message, attributes = {} }: Details = {},
): HealthEvent {
  return {
    version,
    action,
    at: new Date(atMs).toISOString(),
    subject: fitting(subject) ?? '-',
    outcome,
    reason: fitting(reason),
    message: fitting(message),
    attributes,
  };
}

function fitting(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  return value.length <= maxTextLength ? value.toWellFormed() : `${value.slice(0, maxTextLength - 1).toWellFormed()}…`;
}

/** The marked event of `doctor`; kept whatever `healthEvents.enabled` says, since an operator asked for it. */
export const doctorProbe = (nowMs: number): HealthEvent => newHealthEvent('doctor-probe', 'doctor', nowMs);

/** The audit event of one changing admin call: names and numbers of what was asked, never a document. */
export function adminCall({ call, outcome, code, input }: AdminChange, atMs: number): HealthEvent {
  // An object's members one level down are `key.member=value`, and what lies deeper is `…`.
  const pairs = Object.entries(input)
    .flatMap(([key, value]): (readonly [string, unknown])[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([member, inner]) => [`${key}.${member}`, inner])
        : [[key, value]],
    )
    .filter(([, value]) => value !== undefined && value !== null)
    .slice(0, maxPairs)
    .map(([key, value]) => shortened(`${key}=${shown(value)}`));
  const attributes = { 'admin.call': call, 'admin.input': pairs.length > 0 ? pairs : undefined };
  return newHealthEvent('admin-call', call, atMs, { outcome, reason: code, attributes });
}

function shown(value: unknown): string {
  if (!Array.isArray(value)) return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '…';
  const more = value.length > maxListed ? [`and ${value.length - maxListed} more`] : [];
  return [...value.slice(0, maxListed).map((item) => (Array.isArray(item) ? '…' : shown(item))), ...more].join(',');
}

const shortened = (pair: string): string =>
  escapeControls(pair.length <= maxPairLength ? pair : `${pair.slice(0, maxPairLength - 1)}…`).toWellFormed();
