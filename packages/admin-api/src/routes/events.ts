// Routes for received events: new documents, and fields that the mapping does not know.
import { z } from 'zod';
import { watch } from '../route.ts';
import { count, progress, queryWhere, snapshot, spanShape } from './common.ts';

const tailLine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('document'), source: z.string(), document: z.record(z.string(), z.unknown()) }),
  z.strictObject({ kind: z.literal('skipped'), bodies: count.describe('Skipped: they arrived too fast.') }),
  z.strictObject({ kind: z.literal('waiting'), snapshot: snapshot.describe('Sent while there are no documents.') }),
]);
export type TailLine = z.infer<typeof tailLine>;

const fieldType = z.enum(['string', 'number', 'boolean', 'null', 'object', 'array']);

const unmappedLine = z.discriminatedUnion('kind', [
  progress,
  z.strictObject({
    kind: z.literal('end'),
    snapshot,
    types: z.array(
      z.strictObject({
        messageType: z.string(),
        bodies: count.describe('Bodies with such a field.'),
        fields: z.array(z.strictObject({ path: z.string(), type: fieldType, count })),
        omitted: count.describe('Fields beyond the limit.'),
      }),
    ),
    authentication: z
      .array(z.strictObject({ source: z.string(), form: z.string(), count }))
      .describe('How senders authenticated since the connector started; empty in a snapshot.'),
  }),
]);
export type UnmappedLine = z.infer<typeof unmappedLine>;

export const eventRoutes = {
  tail: watch('/api/v1/tail', {
    summary: 'Documents as they are created',
    input: z.strictObject(queryWhere),
    response: tailLine,
  }),
  unmapped: watch('/api/v1/unmapped', {
    formerPath: '/api/v1/shapes',
    summary: 'Fields that the mapping does not know: paths, types and counts, no values',
    input: z.strictObject(spanShape),
    response: unmappedLine,
    snapshot: true,
  }),
};
