// A health event: one report of the connector about itself, as the journal stores it.
import type { AdminChange } from '@xiq-siem/admin-api';
import { escapeControls } from '@xiq-siem/core';
import { z } from 'zod';
import { type Content, contentSchema, healthEventVersion, maxTextLength } from './content.ts';
import { type HealthAction, isReadable, type ReadableAction } from './event-table.ts';

/** Limits of an audit event for the input of a call. */
const maxPairs = 16;
const maxPairLength = 160;
const maxListed = 10;

export const healthEventSchema = contentSchema
  .extend({
    version: z.literal(healthEventVersion),
    action: z.custom<ReadableAction>(isReadable, 'a known action'),
  })
  .readonly();

export type HealthEvent = z.output<typeof healthEventSchema>;

export type Details = Partial<Omit<Content, 'at' | 'subject'>>;

/** Cuts texts to the limits of the schema. `undefined` details and attributes are not stored. */
export function newHealthEvent(
  action: HealthAction,
  subject: string,
  atMs: number,
  { outcome, reason, message, attributes = {} }: Details = {},
): HealthEvent {
  return {
    version: healthEventVersion,
    action,
    at: new Date(atMs).toISOString(),
    subject: cut(subject) ?? '-',
    outcome,
    reason: cut(reason),
    message: cut(message),
    attributes,
  };
}

function cut(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  return value.length <= maxTextLength ? value.toWellFormed() : `${value.slice(0, maxTextLength - 1).toWellFormed()}…`;
}

/** The marked event of `doctor`. It ignores `healthEvents.enabled`: an operator asked for it. */
export const doctorProbe = (nowMs: number): HealthEvent => newHealthEvent('doctor-probe', 'doctor', nowMs);

/** The audit event of one admin call that changes something: names and numbers of its input, never a document. */
export function adminCall({ call, outcome, code, input }: AdminChange, atMs: number): HealthEvent {
  // The members of an object are `key.member=value`. A deeper value is `…`.
  const pairs = Object.entries(input)
    .flatMap(([key, value]): (readonly [string, unknown])[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([member, inner]) => [`${key}.${member}`, inner])
        : [[key, value]],
    )
    .filter(([, value]) => value !== undefined && value !== null)
    .slice(0, maxPairs)
    .map(([key, value]) => cutPair(`${key}=${inputText(value)}`));
  const attributes = { 'admin.call': call, 'admin.input': pairs.length > 0 ? pairs : undefined };
  return newHealthEvent('admin-call', call, atMs, { outcome, reason: code, attributes });
}

function inputText(value: unknown): string {
  if (!Array.isArray(value)) return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '…';
  const more = value.length > maxListed ? [`and ${value.length - maxListed} more`] : [];
  return [...value.slice(0, maxListed).map((item) => (Array.isArray(item) ? '…' : inputText(item))), ...more].join(',');
}

const cutPair = (pair: string): string =>
  escapeControls(pair.length <= maxPairLength ? pair : `${pair.slice(0, maxPairLength - 1)}…`).toWellFormed();
