// The route of the completeness proof.
import { z } from 'zod';
import { watch } from '../route.ts';
import { assurance, count, name, progress, snapshot, time } from './common.ts';
import { xiqSpan } from './jobs.ts';

/** `message`: the problem, the action and the user, for the operator. */
const event = z.strictObject({ id: z.string(), time, message: z.string().optional() });

const cell = z.strictObject({
  messageType: z.string(),
  hour: time.describe('Start of the hour.'),
  state: z.enum(['complete', 'missing', 'surplus', 'unprovable']),
  reason: z.string().optional().describe('Why it is unprovable, or a possible cause of the difference.'),
  xiq: count.nullable().describe('Events in the log of ExtremeCloud IQ; null if there is no log.'),
  kept: count.describe('All events that the journal has, whether or not they are in the log.'),
  destinations: z.array(
    z.strictObject({ name, assurance, confirmed: count, deadLettered: count, filtered: count, waiting: count }),
  ),
  missing: z.array(event).describe('Logged events that were not received or not delivered; the first 100.'),
  missingCount: count,
  surplus: z.array(event).describe('Stored events that are not in the log of ExtremeCloud IQ; the first 100.'),
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
    note: z.string().optional().describe('A warning, such as a clock difference.'),
  }),
]);
export type CompletenessLine = z.infer<typeof completenessLine>;

export const completenessRoutes = {
  completeness: watch('/api/v1/completeness', {
    summary: 'Compare the logs of ExtremeCloud IQ with the journal and the destinations, by message type and hour',
    input: xiqSpan,
    response: completenessLine,
    snapshot: true,
  }),
};
