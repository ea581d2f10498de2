// The records of the log in which format 1 held dead letters, as JSON: entries, resolutions and totals.
import { z } from 'zod';

const version = 1;
const number = z.int().min(1);
const count = z.int().min(0);
const element = count.max(0xffff_ffff);

/** A log of before there was more than one kind holds entries without a kind or a version. */
const versioned = z.object({ v: z.literal(version).default(version) });
const entry = z
  .object({
    kind: z.literal('entry').default('entry'),
    /** Where it is not the record's own sequence: it was moved, or stored once more after a crash. */
    number: number.optional(),
    /** The number of an entry that was rejected again, and is replaced by this one. */
    replaces: number.optional(),
    /** Its event came by a job, and no position counts it. */
    from: z.literal('run').optional(),
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
  })
  .transform(({ kind, number, replaces, from, ...deadLetter }) => ({ kind, number, replaces, from, deadLetter }));
/** Holds enough of its events to be understood when their entries are gone. */
const resolution = z.object({
  kind: z.literal('resolution'),
  how: z.enum(['delivered', 'dropped']),
  destination: z.string(),
  code: z.string(),
  /** Number, sequence, element, and time of the last attempt. */
  entries: z.array(z.tuple([number, count, element, z.number()])),
  atMs: z.number(),
  by: z.string(),
  /** The sequence of the resolution that this is a copy of: it resolves nothing again. */
  copyOf: number.optional(),
});
const countsSchema = z.object({
  delivered: count,
  dropped: count,
  /** Entries, open ones too, whose events came by jobs alone. */
  fromRuns: count,
});
/** What was counted before this record, by destination: written before any of that is removed. */
const totals = z.object({ kind: z.literal('totals'), totals: z.record(z.string(), countsSchema) });
const recordSchema = z.union([entry, resolution, totals]);

export type Totals = Readonly<z.infer<typeof countsSchema>>;
export type DeadLetterRecord = z.infer<typeof recordSchema>;

/** Undefined where the bytes are no record of ours. */
export function decodeRecord(bytes: Uint8Array): DeadLetterRecord | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    return versioned.safeParse(value).success ? recordSchema.safeParse(value).data : undefined;
  } catch {
    return undefined;
  }
}
