// Jobs: `dlq retry` and `replay`, with a durable position.
import { z } from 'zod';
import { count, name, time, where } from './common.ts';
import { deadLetterFilterShape } from './dead-letters.ts';

const numbers = z.array(count).min(1).max(1000).optional().describe('Only these numbers.');

export const retryRequest = z.strictObject({
  ...deadLetterFilterShape,
  numbers,
  renormalize: z.boolean().default(false).describe('Start from the raw body, by the mapping of today.'),
});
export const dropRequest = z.strictObject({ ...deadLetterFilterShape, numbers, dryRun: z.boolean().default(false) });

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
export type ReplayRequest = z.infer<typeof replayRequest>;

const lane = z.strictObject({
  destination: name,
  state: z.enum(['running', 'backing_off', 'paused', 'stopping', 'stopped', 'done']),
  reason: z.string().optional(),
  words: z.string().optional(),
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
  words: z.string().optional().describe('What it waits for, or why it failed.'),
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
  lanes: z.array(lane),
  types: z.array(fetched).optional().describe('Of a back-fill.'),
});
export type Job = z.infer<typeof jobSchema>;
export type JobLane = z.infer<typeof lane>;

export const jobs = z.strictObject({ snapshot: z.boolean(), jobs: z.array(jobSchema) });
