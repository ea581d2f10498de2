// A signal: one thing that we say about ourselves, as the journal keeps it.
import { z } from 'zod';
import { factsSchema, maxTextLength, type SignalFacts, text } from './facts.ts';

/** Every signal there is: `event.action`. */
export const signalActions = [
  'heartbeat',
  'destination-down',
  'destination-misconfigured',
  'destination-recovered',
  'destination-degraded',
  'dead-letters-growing',
  'journal-filling',
  'gap-opened',
  'bodies-lost',
  'source-silent',
  'source-heard',
  'subscription-missing',
  'subscription-disabled',
  'subscription-changed',
  'subscription-mended',
  'public-url-wrong',
  'xiq-api-failing',
  'completeness-missing',
  'credentials-refused',
  'unknown-message-types',
  'pipeline-errors',
  'admin-call',
  'signals-left-out',
  'doctor-probe',
] as const;

export type SignalAction = (typeof signalActions)[number];

/** A changed form gets another version; readers keep the old one beside it, for what is in journals. */
export const signalVersion = 1;

export const signalSchema = z
  .strictObject({
    version: z.literal(signalVersion),
    action: z.enum(signalActions),
    /** When it was so: ISO 8601, UTC. */
    at: z.iso.datetime({ precision: 3 }),
    /** What it is about: a destination, a source, a gap, a call. */
    subject: text,
    outcome: z.enum(['success', 'failure']).optional(),
    /** A code: why. */
    reason: text.optional(),
    /** The other side's own words, cleared of secrets. */
    words: text.optional(),
    facts: factsSchema,
  })
  .readonly();

export type Signal = z.output<typeof signalSchema>;

export interface SignalParts {
  readonly outcome?: 'success' | 'failure' | undefined;
  readonly reason?: string | undefined;
  readonly words?: string | undefined;
  readonly facts?: SignalFacts | undefined;
}

/** Builds one. Texts are cut to what the schema takes. */
export function newSignal(action: SignalAction, subject: string, atMs: number, parts: SignalParts = {}): Signal {
  const { outcome, reason, words, facts = {} } = parts;
  return {
    version: signalVersion,
    action,
    at: new Date(atMs).toISOString(),
    subject: fitting(subject),
    ...(outcome !== undefined && { outcome }),
    ...(reason !== undefined && reason !== '' && { reason: fitting(reason) }),
    ...(words !== undefined && words !== '' && { words: fitting(words) }),
    facts,
  };
}

/** Not empty, whole characters, and no longer than a text may be. */
export function fitting(value: string): string {
  if (value === '') return '-';
  return value.length <= maxTextLength ? value.toWellFormed() : `${value.slice(0, maxTextLength - 1).toWellFormed()}…`;
}
