// What is told line by line: `tail`, `doctor`, `shapes` and the preview of a replay.
import { z } from 'zod';
import { count, name, progress, snapshot } from './common.ts';

const document = z.record(z.string(), z.unknown());

export const tailLine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('document'), source: z.string(), document }),
  z.strictObject({ kind: z.literal('skipped'), bodies: count.describe('Left out: they came faster than they went.') }),
  z.strictObject({ kind: z.literal('waiting'), snapshot: snapshot.describe('Sent while there is nothing to show.') }),
]);
export type TailLine = z.infer<typeof tailLine>;

export const doctorLine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('kept'), receipt: z.string(), eventId: z.string() }),
  z.strictObject({
    kind: z.literal('destination'),
    name,
    type: z.string(),
    result: z
      .enum(['found', 'delivered', 'filtered', 'not_found', 'dead_lettered', 'stuck', 'failed'])
      .describe('`delivered`: as far as can be known, since that destination cannot be searched.'),
    ok: z.boolean(),
    message: z.string().describe('What happened, and what to do.'),
    seconds: z.number().min(0),
  }),
  z.strictObject({ kind: z.literal('end'), ok: z.boolean() }),
]);
export type DoctorLine = z.infer<typeof doctorLine>;

const fieldType = z.enum(['string', 'number', 'boolean', 'null', 'object', 'array']);

export const shapesLine = z.discriminatedUnion('kind', [
  progress,
  z.strictObject({
    kind: z.literal('end'),
    snapshot,
    types: z.array(
      z.strictObject({
        messageType: z.string(),
        bodies: count.describe('Bodies that have such a field.'),
        fields: z.array(z.strictObject({ path: z.string(), type: fieldType, count })),
        omitted: count.describe('Fields beyond the bound.'),
      }),
    ),
    authentication: z
      .array(z.strictObject({ source: z.string(), form: z.string(), count }))
      .describe('How senders authenticated, since the connector started; empty in a snapshot.'),
  }),
]);
export type ShapesLine = z.infer<typeof shapesLine>;

export const previewLine = z.discriminatedUnion('kind', [
  progress,
  z.strictObject({
    kind: z.literal('change'),
    receipt: z.string(),
    element: count,
    eventId: z.string(),
    dataset: z.string(),
    fields: z.array(z.strictObject({ path: z.string(), before: z.unknown(), after: z.unknown() })),
  }),
  z.strictObject({
    kind: z.literal('end'),
    snapshot,
    before: z.string().describe('Mapping version in effect.'),
    after: z.string().describe('Mapping version of the file as it stands now.'),
    bodies: count,
    events: count,
    changed: count,
    idsChanged: count.describe('Expected: 0.'),
    fields: z.array(z.strictObject({ path: z.string(), events: count })),
  }),
]);
export type PreviewLine = z.infer<typeof previewLine>;

/** What a back-fill would do, without keeping anything. */
export const backfillLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('type'),
    messageType: z.string(),
    fetched: count,
    known: count,
    missing: count.describe('What a back-fill would keep.'),
  }),
  z.strictObject({ kind: z.literal('fetching'), messageType: z.string(), fetched: count }),
  progress,
  z.strictObject({
    kind: z.literal('end'),
    snapshot,
    missing: count,
    note: z.string().optional().describe('What else is to be known: that clocks differ.'),
  }),
]);
export type BackfillLine = z.infer<typeof backfillLine>;
