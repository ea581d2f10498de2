// Jobs: `dlq retry`, `replay` and back-fill, with a durable position; and what a replay or a back-fill would do.
import { z } from 'zod';
import { change, read, watch } from '../route.ts';
import { count, name, nothing, progress, queryCount, queryList, queryWhere, snapshot, time, where } from './common.ts';
import { chosenShape } from './dead-letters.ts';

export const retryRequest = z.strictObject({
  ...chosenShape,
  renormalize: z.boolean().default(false).describe('Start from the raw body, by the mapping of today.'),
});

export const replayRequest = z.strictObject({
  from: time,
  to: time,
  destinations: z.array(name).min(1).max(64).optional().describe('Default: all.'),
  where: where.optional(),
});
export const backfillRequest = z.strictObject({
  source: name.optional().describe('Default: the only source that has an api configured.'),
  from: time,
  to: time,
  messageTypes: z.array(z.string().min(1).max(64)).min(1).max(16).optional().describe('Default: all that have a log.'),
  forceDuplicates: z
    .boolean()
    .default(false)
    .describe('Also where what came before cannot be known, since the journal no longer holds it.'),
});
export type BackfillRequest = z.infer<typeof backfillRequest>;
export type RetryRequest = z.infer<typeof retryRequest>;

const stream = z.strictObject({
  destination: name,
  state: z.enum(['running', 'backing_off', 'paused', 'stopping', 'stopped', 'done']),
  reason: z.string().optional(),
  message: z.string().optional(),
  done: count.describe('Bodies (replay) or dead letters (retry) that are through.'),
  total: count,
  delivered: count,
  duplicate: count.describe('Part of delivered: the destination had them already.'),
  deadLettered: count.describe('Rejected (again).'),
  filtered: count,
  damaged: count,
});

/** Of a back-fill, for each message type. */
const fetched = z.strictObject({
  messageType: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'stopped', 'failed']),
  message: z.string().optional().describe('What it waits for, or why it failed.'),
  done: z.number().min(0).max(1).describe('Part of the span that is through.'),
  fetched: count.describe('Events that the log of ExtremeCloud IQ holds.'),
  known: count.describe('Of them, those that had come already.'),
  kept: count.describe('Of them, those that are in the journal by this job.'),
});
export type JobFetch = z.infer<typeof fetched>;

export const jobSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['retry', 'replay', 'backfill']),
  state: z
    .enum(['running', 'interrupted', 'cancelled', 'done', 'failed'])
    .describe('`interrupted`: the connector ended meanwhile; the same command goes on with it.'),
  // The one without defaults first: of a span alone the others would make one of theirs.
  request: z.union([replayRequest, backfillRequest, retryRequest]),
  created: time,
  ended: time.optional(),
  resumed: z.boolean().optional().describe('True where a call found it begun.'),
  streams: z.array(stream),
  types: z.array(fetched).optional().describe('Of a back-fill.'),
});
export type Job = z.infer<typeof jobSchema>;
export type JobStream = z.infer<typeof stream>;

const previewLine = z.discriminatedUnion('kind', [
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
const backfillLine = z.discriminatedUnion('kind', [
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

const jobId = z.strictObject({ id: z.string().min(1).max(64) });
/** What a back-fill, or a proof of completeness, is asked about by a query. */
export const xiqSpan = z.strictObject({ source: name.optional(), from: time, to: time, messageTypes: queryList });

export const jobRoutes = {
  retry: change('/api/v1/jobs/retry', {
    summary: 'Send dead letters again: a job, begun or gone on with',
    input: retryRequest,
    response: jobSchema,
  }),
  replay: change('/api/v1/jobs/replay', {
    summary: 'Send what was received in a span again, by the current mapping: a job, begun or gone on with',
    input: replayRequest,
    response: jobSchema,
  }),
  backfill: change('/api/v1/jobs/backfill', {
    summary: 'Fetch what the logs of ExtremeCloud IQ hold of a span and did not come: a job, begun or gone on with',
    input: backfillRequest,
    response: jobSchema,
  }),
  previewBackfill: watch('/api/v1/backfill/preview', {
    summary: 'What a back-fill would fetch',
    input: xiqSpan,
    response: backfillLine,
    snapshot: true,
  }),
  previewReplay: watch('/api/v1/replay/preview', {
    summary: 'What the mapping file as it stands now would change in what was received in a span',
    input: z.strictObject({
      from: time,
      to: time,
      ...queryWhere,
      examples: queryCount.pipe(z.number().max(1000)).optional().describe('Changes to show; 20 where not given.'),
    }),
    response: previewLine,
    snapshot: true,
  }),
  jobs: read('/api/v1/jobs', {
    summary: 'The jobs there are',
    input: nothing,
    response: z.strictObject({ snapshot, jobs: z.array(jobSchema) }),
    snapshot: true,
  }),
  watchJob: watch('/api/v1/jobs/{id}/progress', {
    summary: 'How a job goes, until it has ended',
    input: jobId,
    response: jobSchema,
  }),
  cancelJob: change('/api/v1/jobs/{id}/cancel', {
    summary: 'End a job where it stands',
    input: jobId,
    response: jobSchema,
  }),
};
