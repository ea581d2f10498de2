// `dlq`: what will not be delivered, and why.
import { z } from 'zod';
import { count, name, snapshot, time } from './common.ts';

/** Every condition that is set has to hold; times are those of the last attempt. */
export const deadLetterFilterShape = {
  destination: name.optional(),
  code: z.string().min(1).max(128).optional(),
  dataset: z.string().min(1).max(128).optional(),
  eventId: z.string().min(1).max(128).optional(),
  from: time.optional(),
  to: time.optional(),
} as const;

export const deadLetter = z.strictObject({
  number: count.describe('Names it to `show`, `retry` and `drop`.'),
  destination: name,
  code: z.string(),
  words: z.string().optional().describe("The destination's own."),
  dataset: z.string(),
  eventId: z.string(),
  receipt: z.string(),
  element: count,
  attempts: count,
  firstAttempt: time,
  lastAttempt: time,
});
export type DeadLetterEntry = z.infer<typeof deadLetter>;

export const deadLetterPage = z.strictObject({
  snapshot,
  entries: z.array(deadLetter),
  next: count.optional().describe('`after` of the next page.'),
  matched: count.describe('All that the filter fits, on whatever page.'),
  open: count.describe('All that there are, whatever the filter.'),
});

export const deadLetterGroups = z.strictObject({
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
});

export const deadLetterShown = z.strictObject({
  snapshot,
  entry: deadLetter,
  document: z.record(z.string(), z.unknown()).describe('As it would be sent.'),
});

export const dropped = z.strictObject({ events: count.describe('Matching; with dryRun none of them is dropped.') });
