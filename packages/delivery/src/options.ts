// The delivery options of a destination of any type.
import { z } from 'zod';

const names = z.array(z.string().min(1)).min(1).optional();
const values = z
  .record(z.string().min(1), z.array(z.union([z.string(), z.number(), z.boolean()]).transform(String)).min(1))
  .optional();
const retryMs = z.int().min(1).max(3_600_000);

const routing = z
  .strictObject({
    datasets: names.describe('Send only events of these data sets (`event.dataset`).'),
    exceptDatasets: names.describe('Do not send events of these data sets.'),
    sources: names.describe('Send only events of these sources (names in the configuration).'),
    fields: values.describe(
      'Send only events that have one of the values in each of these fields, such as `event.outcome: [ failure ]`. Texts are compared exactly.',
    ),
    exceptFields: values.describe('Do not send events that have one of the values in one of these fields.'),
  })
  .prefault({});

/** The configuration keys of the delivery engine. Each has a default. */
export const deliveryOptionsShape = {
  batch: z
    .strictObject({
      maxEvents: z.int().min(1).max(10_000).default(500).describe('Maximum number of events in a batch.'),
      maxBytes: z
        .int()
        .min(1024)
        .max(67_108_864)
        .default(4_194_304)
        .describe('Maximum bytes of JSON in a batch. A larger event is sent alone.'),
      maxAgeMs: z
        .int()
        .min(0)
        .max(60_000)
        .default(200)
        .describe('Maximum time in milliseconds that an event waits for a full batch.'),
    })
    .prefault({}),
  maxInFlight: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe(
      'Maximum number of batches in flight. Some types allow fewer. At most 2,048 events are in flight, or more if the server confirms them later.',
    ),
  timeoutMs: z.int().min(100).max(3_600_000).default(60_000).describe('Time limit of one attempt in milliseconds.'),
  retry: z
    .strictObject({
      initialMs: retryMs
        .default(500)
        .describe('Maximum delay in milliseconds before the second attempt. The delay is random.'),
      maxMs: retryMs
        .default(60_000)
        .describe('Limit of the maximum delay in milliseconds, which doubles with each attempt.'),
    })
    .refine((retry) => retry.initialMs <= retry.maxMs, 'initialMs must not be above maxMs')
    .prefault({}),
  giveUpAfterHours: z
    .number()
    .positive()
    .max(87_600)
    .optional()
    .describe(
      'An event becomes a dead letter this many hours after it was received, if for that long the destination accepted no event or every attempt of this event failed. The time starts again at each start, and at the end of each pause. Default: no time limit.',
    ),
  where: routing.describe('Which events to send. The others count as filtered.'),
  startAt: z
    .enum(['earliest', 'now'])
    .optional()
    .describe(
      'Where a new destination starts in the journal. Default: earliest for the destinations of the first start, now for those added later.',
    ),
  whenFull: z
    .enum(['evict', 'hold'])
    .default('evict')
    .describe(
      'What a full journal does with bodies that this destination has not settled. evict: it removes them and records a retention gap. hold: it keeps them, and senders get 503.',
    ),
};

export const deliveryOptions = z.strictObject(deliveryOptionsShape);

export type DeliveryOptions = z.output<typeof deliveryOptions>;
export type Routing = DeliveryOptions['where'];
