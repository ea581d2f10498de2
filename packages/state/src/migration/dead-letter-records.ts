// Decodes the records of dead letters of format 1: entries, resolutions and totals, as JSON in a log.
import { z } from 'zod';

const version = 1;
const number = z.int().min(1);
const count = z.int().min(0);
const element = count.max(0xffff_ffff);

/** The first logs have entries without a kind and a version. */
const versioned = z.object({ v: z.literal(version).default(version) });
const entry = z
  .object({
    kind: z.literal('entry').default('entry'),
    /** Set if it is not the sequence of the record: the entry was moved, or stored again after a crash. */
    number: number.optional(),
    /** The number of the entry that this one replaces: its event was rejected again. */
    replaces: number.optional(),
    /** `run`: the event was sent by a job, and no position counts it. */
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
/** Contains enough of its events to be read after their entries were removed. */
const resolution = z.object({
  kind: z.literal('resolution'),
  how: z.enum(['delivered', 'dropped']),
  destination: z.string(),
  code: z.string(),
  /** Number, sequence, element, and time of the last attempt. */
  entries: z.array(z.tuple([number, count, element, z.number()])),
  atMs: z.number(),
  by: z.string(),
  /** The sequence of the resolution of which this is a copy. A copy resolves no entries. */
  copyOf: number.optional(),
});
const countsSchema = z.object({
  delivered: count,
  dropped: count,
  /** Entries, including open ones, whose events were sent by jobs only. */
  fromRuns: count,
});
/** Counts by destination up to this record, written before the counted records are removed. */
const totals = z.object({ kind: z.literal('totals'), totals: z.record(z.string(), countsSchema) });
const recordSchema = z.union([entry, resolution, totals]);

export type Totals = Readonly<z.infer<typeof countsSchema>>;
export type DeadLetterRecord = z.infer<typeof recordSchema>;

/** Undefined if the bytes are not such a record. */
export function decodeRecord(bytes: Uint8Array): DeadLetterRecord | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    return versioned.safeParse(value).success ? recordSchema.safeParse(value).data : undefined;
  } catch {
    return undefined;
  }
}
