// The records of the dead letters' log, as JSON: entries, resolutions and totals.
import type { DeadLetter } from '@xiq-siem/delivery';
import { z } from 'zod';
import type { Resolution } from './dead-letters.ts';

export interface Totals {
  readonly delivered: number;
  readonly dropped: number;
  /** Entries, open ones too, whose events came by jobs alone. */
  readonly fromRuns: number;
}

export interface EntryRecord {
  readonly kind: 'entry';
  /** Where it is not the record's own sequence: it was moved, or kept once more after a crash. */
  readonly number?: number | undefined;
  /** The number of an entry that was rejected again, and is gone by this one. */
  readonly replaces?: number | undefined;
  /** Its event came by a job, and no position counts it. */
  readonly from?: 'run' | undefined;
  readonly letter: DeadLetter;
}

/** Tells enough of its events to be understood when their entries are gone. */
export interface ResolutionRecord {
  readonly kind: 'resolution';
  readonly how: Resolution;
  readonly destination: string;
  readonly code: string;
  readonly entries: readonly (readonly [number: number, sequence: number, element: number, lastAttemptMs: number])[];
  readonly atMs: number;
  readonly by: string;
  /** The sequence of the resolution that this is a copy of: it resolves nothing again. */
  readonly copyOf?: number | undefined;
}

/** What was counted before this record, by destination: written before any of that is let go. */
export interface TotalsRecord {
  readonly kind: 'totals';
  readonly totals: Readonly<Record<string, Totals>>;
}

export type DeadLetterRecord = EntryRecord | ResolutionRecord | TotalsRecord;

/** Entries that one resolution holds at most. */
export const maxResolvedAtOnce = 1000;

const version = 1;
const v = z.literal(version);
const number = z.int().min(1);
const count = z.int().min(0);
const element = count.max(0xffff_ffff);

const letterSchema = z.object({
  destination: z.string(),
  sequence: count,
  element,
  id: z.string(),
  dataset: z.string(),
  code: z.string(),
  message: z.string().exactOptional(),
  attempts: count,
  firstAttemptMs: z.number(),
  lastAttemptMs: z.number(),
  json: z.string(),
  receipt: z.string(),
});
// A log of before there was more than one kind holds bare letters.
const kindSchema = z.object({ kind: z.string().default('entry'), v: v.default(version) });
const placeSchema = z.object({
  number: number.optional(),
  replaces: number.optional(),
  from: z.literal('run').optional(),
});
const resolutionSchema = z.object({
  how: z.enum(['delivered', 'dropped']),
  destination: z.string(),
  code: z.string(),
  entries: z.array(z.tuple([number, count, element, z.number()])).max(maxResolvedAtOnce),
  atMs: z.number(),
  by: z.string(),
  copyOf: number.optional(),
});
const totalsSchema = z.object({
  totals: z.record(z.string(), z.object({ delivered: count, dropped: count, fromRuns: count })),
});

export function encodeRecord(record: DeadLetterRecord): Buffer {
  if (record.kind !== 'entry') return Buffer.from(JSON.stringify({ v: version, ...record }));
  const { kind, letter, number, replaces, from } = record;
  // A letter that was read here before has a number of its own: the record's holds, even where it has none.
  return Buffer.from(JSON.stringify({ v: version, ...letter, kind, number, replaces, from }));
}

/** Undefined where the bytes are no record of ours. */
export function decodeRecord(bytes: Uint8Array): DeadLetterRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return undefined;
  }
  const head = kindSchema.safeParse(value).data;
  if (head?.kind === 'entry') {
    const letter = letterSchema.safeParse(value).data;
    const place = placeSchema.safeParse(value).data;
    return letter && place && { kind: 'entry', ...place, letter };
  }
  if (head?.kind === 'resolution') {
    const resolution = resolutionSchema.safeParse(value).data;
    return resolution && { kind: 'resolution', ...resolution };
  }
  if (head?.kind === 'totals') {
    const totals = totalsSchema.safeParse(value).data;
    return totals && { kind: 'totals', ...totals };
  }
  return undefined;
}
