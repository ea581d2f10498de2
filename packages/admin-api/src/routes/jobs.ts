// Routes for jobs (`dlq retry`, `replay`, `backfill`), and for the preview of a replay or a back-fill.
import { z } from 'zod';
import { change, read, watch } from '../route.ts';
import { count, name, nothing, progress, queryCount, queryList, queryWhere, snapshot, time, where } from './common.ts';
import { chosenShape } from './dead-letters.ts';

export const retryRequest = z.strictObject({
  ...chosenShape,
  renormalize: z.boolean().default(false).describe('Normalize the stored body again with the current mapping.'),
});

export const replayRequest = z.strictObject({
  from: time,
  to: time,
  destinations: z.array(name).min(1).max(64).optional().describe('Default: all.'),
  where: where.optional(),
});
export const backfillRequest = z.strictObject({
  source: name.optional().describe('Default: the only source with an api.'),
  from: time,
  to: time,
  messageTypes: z.array(z.string().min(1).max(64)).min(1).max(16).optional().describe('Default: all types with a log.'),
  forceDuplicates: z
    .boolean()
    .default(false)
    .describe('Also for times that the journal no longer stores, where duplicates cannot be detected.'),
});
export type BackfillRequest = z.infer<typeof backfillRequest>;
export type RetryRequest = z.infer<typeof retryRequest>;

const stream = z.strictObject({
  destination: name,
  state: z.enum(['running', 'backing_off', 'paused', 'stopping', 'stopped', 'done']),
  reason: z.string().optional(),
  message: z.string().optional(),
  done: count.describe('Processed bodies (replay) or dead letters (retry).'),
  total: count,
  delivered: count,
  duplicate: count.describe('Part of delivered: the destination already had them.'),
  deadLettered: count.describe('Rejected (again).'),
  filtered: count,
  damaged: count,
});

/** Progress of a back-fill, by message type. */
const fetched = z.strictObject({
  messageType: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'stopped', 'failed']),
  message: z.string().optional().describe('Why it waits or failed.'),
  done: z.number().min(0).max(1).describe('Processed share of the span.'),
  fetched: count.describe('Events in the log of ExtremeCloud IQ.'),
  known: count.describe('Of these, events that were received before.'),
  kept: count.describe('Of these, events that this job stored.'),
});
export type JobFetch = z.infer<typeof fetched>;

export const jobSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['retry', 'replay', 'backfill']),
  state: z
    .enum(['running', 'interrupted', 'cancelled', 'done', 'failed'])
    .describe('`interrupted`: the connector stopped; the same command resumes the job.'),
  // The schema without defaults is first: the others also accept a span and add their defaults.
  request: z.union([replayRequest, backfillRequest, retryRequest]),
  created: time,
  ended: time.optional(),
  resumed: z.boolean().optional().describe('True if the job was started before.'),
  streams: z.array(stream),
  types: z.array(fetched).optional().describe('Only of a back-fill.'),
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
    before: z.string().describe('Version of the active mapping.'),
    after: z.string().describe('Version of the mapping file.'),
    bodies: count,
    events: count,
    changed: count,
    idsChanged: count.describe('Expected: 0.'),
    fields: z.array(z.strictObject({ path: z.string(), events: count })),
  }),
]);
export type PreviewLine = z.infer<typeof previewLine>;

/** What a back-fill would store. */
const backfillLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('type'),
    messageType: z.string(),
    fetched: count,
    known: count,
    missing: count.describe('Events that a back-fill would store.'),
  }),
  z.strictObject({ kind: z.literal('fetching'), messageType: z.string(), fetched: count }),
  progress,
  z.strictObject({
    kind: z.literal('end'),
    snapshot,
    missing: count,
    note: z.string().optional().describe('A remark, for example that clocks differ.'),
  }),
]);
export type BackfillLine = z.infer<typeof backfillLine>;

const jobId = z.strictObject({ id: z.string().min(1).max(64) });
/** The span and types of a back-fill or of a completeness check, as query parameters. */
export const xiqSpan = z.strictObject({ source: name.optional(), from: time, to: time, messageTypes: queryList });

export const jobRoutes = {
  retry: change('/api/v1/jobs/retry', {
    summary: 'Send dead letters again: starts or resumes a job',
    input: retryRequest,
    response: jobSchema,
  }),
  replay: change('/api/v1/jobs/replay', {
    summary: 'Send the events of a span again with the current mapping: starts or resumes a job',
    input: replayRequest,
    response: jobSchema,
  }),
  backfill: change('/api/v1/jobs/backfill', {
    summary: 'Fetch missing events of a span from the logs of ExtremeCloud IQ: starts or resumes a job',
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
    summary: 'What the mapping file would change in the events of a span',
    input: z.strictObject({
      from: time,
      to: time,
      ...queryWhere,
      examples: queryCount.pipe(z.number().max(1000)).optional().describe('Changes to show; default: 20.'),
    }),
    response: previewLine,
    snapshot: true,
  }),
  jobs: read('/api/v1/jobs', {
    summary: 'List jobs',
    input: nothing,
    response: z.strictObject({ snapshot, jobs: z.array(jobSchema) }),
    snapshot: true,
  }),
  watchJob: watch('/api/v1/jobs/{id}/progress', {
    summary: 'Progress of a job until it ends',
    input: jobId,
    response: jobSchema,
  }),
  cancelJob: change('/api/v1/jobs/{id}/cancel', {
    summary: 'Cancel a job',
    input: jobId,
    response: jobSchema,
  }),
};
