// Routes of the dead-letter queue.
import { z } from 'zod';
import { change, read } from '../route.ts';
import { count, name, nothing, queryCount, queryFlag, snapshot, time } from './common.ts';

/** Every condition that is set must match; times are those of the last attempt. */
const filterShape = {
  destination: name.optional(),
  code: z.string().min(1).max(128).optional(),
  dataset: z.string().min(1).max(128).optional(),
  eventId: z.string().min(1).max(128).optional(),
  from: time.optional(),
  to: time.optional(),
} as const;
/** Selects by filter, or by number. */
export const chosenShape = {
  ...filterShape,
  parked: z
    .boolean()
    .optional()
    .describe(
      'True: parked events only; false: dead letters only. Default: dead letters only, unless `numbers` or `eventId` select.',
    ),
  numbers: z.array(count).min(1).max(1000).optional().describe('Only these numbers.'),
} as const;

const parked = z.literal(true).optional().describe('A parked event: it is retried automatically.');

const deadLetter = z.strictObject({
  number: count.describe('Identifies it for `show`, `retry` and `drop`.'),
  destination: name,
  code: z.string(),
  message: z.string().optional().describe('Message of the server.'),
  parked,
  dataset: z.string(),
  eventId: z.string(),
  receipt: z.string(),
  element: count,
  attempts: count,
  firstAttempt: time,
  lastAttempt: time,
});
export type DeadLetterEntry = z.infer<typeof deadLetter>;

export const deadLetterRoutes = {
  listDeadLetters: read('/api/v1/dead-letters', {
    summary: 'Dead letters, oldest first, page by page',
    input: z.strictObject({
      ...filterShape,
      parked: queryFlag.optional().describe('True: parked events only; false: dead letters only. Default: both.'),
      after: queryCount.optional(),
      limit: queryCount.pipe(z.number().min(1).max(1000)).optional().describe('Default: 100.'),
    }),
    response: z.strictObject({
      snapshot,
      entries: z.array(deadLetter),
      next: count.optional().describe('`after` of the next page.'),
      matched: count.describe('Matching dead letters on all pages.'),
      open: count.describe('All open dead letters.'),
      parked: count.describe('All parked events.'),
    }),
    snapshot: true,
  }),
  groupDeadLetters: read('/api/v1/dead-letters/groups', {
    summary: 'Dead letters, counted by destination, code and data set',
    input: nothing,
    response: z.strictObject({
      snapshot,
      groups: z.array(
        z.strictObject({
          destination: name,
          code: z.string(),
          parked,
          dataset: z.string(),
          events: count,
          oldest: time,
          newest: time,
        }),
      ),
      counts: z.array(
        z.strictObject({ destination: name, open: count, parked: count, delivered: count, dropped: count }),
      ),
    }),
    snapshot: true,
  }),
  showDeadLetter: read('/api/v1/dead-letters/{number}', {
    summary: 'One dead letter, with its document',
    input: z.strictObject({ number: queryCount }),
    response: z.strictObject({
      snapshot,
      entry: deadLetter,
      document: z.record(z.string(), z.unknown()).describe('As it would be sent.'),
    }),
    snapshot: true,
  }),
  dropDeadLetters: change('/api/v1/dead-letters/drop', {
    summary: 'Discard dead letters permanently',
    input: z.strictObject({ ...chosenShape, dryRun: z.boolean().default(false) }),
    response: z.strictObject({ events: count.describe('Matching dead letters; with dryRun none is dropped.') }),
  }),
};
