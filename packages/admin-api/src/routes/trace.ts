// Routes that trace a body or an event.
import { z } from 'zod';
import { read, watch } from '../route.ts';
import { assurance, count, name, progress, snapshot, spanShape, time } from './common.ts';

const verdict = z.strictObject({
  destination: name,
  verdict: z.enum(['delivered', 'dead_lettered', 'parked', 'dropped', 'filtered', 'waiting', 'lost', 'not_known']),
  assurance: assurance.optional().describe('With `delivered`: what it guarantees.'),
  code: z.string().optional(),
  message: z.string().optional(),
  deadLetter: count.optional().describe('Its number, for `dlq show`.'),
  retry: time.optional().describe('With `parked`: when it is sent again.'),
  notBefore: time.optional().describe('It was settled between these two times.'),
  notAfter: time.optional(),
});
export type TraceVerdict = z.infer<typeof verdict>;

const event = z.strictObject({
  element: count,
  id: z.string(),
  dataset: z.string(),
  action: z.string().optional(),
  time,
  kind: z.string().describe('`pipeline_error` if it could not be normalized.'),
  destinations: z.array(verdict),
});
export type TraceEvent = z.infer<typeof event>;

const trace = z.strictObject({
  snapshot,
  receipt: z.string(),
  found: z
    .enum(['kept', 'lost', 'removed', 'unknown'])
    .describe('`removed`: the journal removed it after its retention, or earlier because it was full.'),
  lostTo: z.array(name).optional().describe('With `lost`: destinations that did not have it when it was evicted.'),
  body: z
    .strictObject({
      sequence: count,
      source: z.string(),
      messageType: z.string().optional(),
      origin: z.enum(['webhook', 'rest', 'self']),
      received: time,
      bytes: count,
      remoteAddress: z.string().optional(),
    })
    .optional(),
  mappingVersion: z.string().optional(),
  events: z.array(event),
  omitted: count.describe('Events of the body that are not listed.'),
});
export type Trace = z.infer<typeof trace>;

const traceLine = z.discriminatedUnion('kind', [
  progress,
  z.strictObject({ kind: z.literal('trace'), trace }),
  z.strictObject({ kind: z.literal('end'), snapshot, found: count, bodies: count }),
]);
export type TraceLine = z.infer<typeof traceLine>;

export const traceRoutes = {
  traceReceipt: read('/api/v1/trace/receipt/{receipt}', {
    summary: 'Trace a body by the receipt in its response',
    input: z.strictObject({ receipt: z.string().min(1).max(64) }),
    response: trace,
    snapshot: true,
  }),
  traceEvent: watch('/api/v1/trace/event/{eventId}', {
    summary: 'Trace an event by a scan of a time span',
    input: z.strictObject({ eventId: z.string().min(1).max(128), ...spanShape }),
    response: traceLine,
    snapshot: true,
  }),
};
