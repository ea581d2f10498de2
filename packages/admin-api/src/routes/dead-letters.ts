// `dlq`: what will not be delivered, and why.
import { z } from 'zod';
import { change, read } from '../route.ts';
import { count, name, nothing, queryCount, snapshot, time } from './common.ts';

/** Every condition that is set has to hold; times are those of the last attempt. */
const filterShape = {
  destination: name.optional(),
  code: z.string().min(1).max(128).optional(),
  dataset: z.string().min(1).max(128).optional(),
  eventId: z.string().min(1).max(128).optional(),
  from: time.optional(),
  to: time.optional(),
} as const;
/** Those that a filter fits, or those of these numbers. */
export const chosenShape = {
  ...filterShape,
  numbers: z.array(count).min(1).max(1000).optional().describe('Only these numbers.'),
} as const;

const deadLetter = z.strictObject({
  number: count.describe('Names it to `show`, `retry` and `drop`.'),
  destination: name,
  code: z.string(),
  message: z.string().optional().describe("The destination's own."),
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
      after: queryCount.optional(),
      limit: queryCount.pipe(z.number().min(1).max(1000)).optional().describe('100 where not given.'),
    }),
    response: z.strictObject({
      snapshot,
      entries: z.array(deadLetter),
      next: count.optional().describe('`after` of the next page.'),
      matched: count.describe('All that the filter fits, on whatever page.'),
      open: count.describe('All that there are, whatever the filter.'),
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
          dataset: z.string(),
          events: count,
          oldest: time,
          newest: time,
        }),
      ),
      counts: z.array(z.strictObject({ destination: name, open: count, delivered: count, dropped: count })),
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
    summary: 'Give up dead letters for good',
    input: z.strictObject({ ...chosenShape, dryRun: z.boolean().default(false) }),
    response: z.strictObject({ events: count.describe('Matching; with dryRun none of them is dropped.') }),
  }),
};
