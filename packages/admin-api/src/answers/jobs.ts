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

export const jobSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['retry', 'replay']),
  state: z
    .enum(['running', 'interrupted', 'cancelled', 'done', 'failed'])
    .describe('`interrupted`: the connector ended meanwhile; the same command goes on with it.'),
  request: z.union([retryRequest, replayRequest]),
  created: time,
  ended: time.optional(),
  resumed: z.boolean().optional().describe('True where a call found it begun.'),
  lanes: z.array(lane),
});
export type Job = z.infer<typeof jobSchema>;
export type JobLane = z.infer<typeof lane>;

export const jobs = z.strictObject({ snapshot: z.boolean(), jobs: z.array(jobSchema) });
