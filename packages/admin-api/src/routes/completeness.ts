// `completeness`: what ExtremeCloud IQ logged, what we kept, and what each destination confirmed.
import { z } from 'zod';
import { watch } from '../route.ts';
import { assurance, count, name, progress, snapshot, time } from './common.ts';
import { xiqSpan } from './jobs.ts';

/** `words`: what it was about, in short, for a person to know it by. */
const event = z.strictObject({ id: z.string(), time, message: z.string().optional() });

const cell = z.strictObject({
  messageType: z.string(),
  hour: time.describe('Its beginning.'),
  state: z.enum(['complete', 'missing', 'surplus', 'unprovable']),
  reason: z.string().optional().describe('Why it is unprovable, or what the difference may come from.'),
  xiq: count.nullable().describe('Events that ExtremeCloud IQ has; null where it cannot be asked.'),
  kept: count,
  destinations: z.array(
    z.strictObject({ name, assurance, confirmed: count, deadLettered: count, filtered: count, waiting: count }),
  ),
  missing: z.array(event).describe('At ExtremeCloud IQ, and not here; of many the first ones.'),
  missingCount: count,
  surplus: z.array(event).describe('Here, and not in the log of ExtremeCloud IQ.'),
  surplusCount: count,
});
export type CompletenessCell = z.infer<typeof cell>;

const completenessLine = z.discriminatedUnion('kind', [
  progress,
  z.strictObject({ kind: z.literal('fetching'), messageType: z.string(), fetched: count }),
  z.strictObject({ kind: z.literal('cell'), cell }),
  z.strictObject({
    kind: z.literal('end'),
    snapshot,
    verdict: z.enum(['complete', 'missing_or_surplus', 'unprovable']),
    cells: z.strictObject({ complete: count, missing: count, surplus: count, unprovable: count }),
    note: z.string().optional().describe('What else is to be known: that clocks differ.'),
  }),
]);
export type CompletenessLine = z.infer<typeof completenessLine>;

export const completenessRoutes = {
  completeness: watch('/api/v1/completeness', {
    summary: 'Per message type and hour: what ExtremeCloud IQ has, what was kept, what each destination confirmed',
    input: xiqSpan,
    response: completenessLine,
    snapshot: true,
  }),
};
