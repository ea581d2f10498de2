// What an operator may set for every destination, whatever its type.
import { z } from 'zod';

const names = z.array(z.string().min(1)).min(1).optional();
const retryMs = z.int().min(1).max(3_600_000);

const routing = z
  .strictObject({
    datasets: names.describe('Only events of these data sets (`event.dataset`) are sent.'),
    exceptDatasets: names.describe('Events of these data sets are not sent.'),
    sources: names.describe('Only events of these sources (their names in the configuration) are sent.'),
  })
  .prefault({});

/** The keys of the delivery engine; each has a default that serves. */
export const deliveryOptionsShape = {
  batch: z
    .strictObject({
      maxEvents: z.int().min(1).max(10_000).default(500).describe('Events at which a batch is sent.'),
      maxBytes: z
        .int()
        .min(1024)
        .max(67_108_864)
        .default(4_194_304)
        .describe('Bytes of JSON at which a batch is sent; one event larger than that is sent alone.'),
      maxAgeMs: z.int().min(0).max(60_000).default(200).describe('Longest time that an event waits for others.'),
    })
    .prefault({}),
  maxInFlight: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Batches under way at once. A type may allow fewer; 2,048 events are under way at most in all.'),
  timeoutMs: z.int().min(100).max(3_600_000).default(60_000).describe('Time that one attempt may take.'),
  retry: z
    .strictObject({
      initialMs: retryMs.default(500).describe('Upper bound of the random time before the second attempt.'),
      maxMs: retryMs.default(60_000).describe('What that bound grows to, doubling from attempt to attempt.'),
    })
    .refine((retry) => retry.initialMs <= retry.maxMs, 'initialMs must not be above maxMs')
    .prefault({}),
  giveUpAfterHours: z
    .number()
    .positive()
    .max(87_600)
    .optional()
    .describe(
      'Hours after its receipt when an event becomes a dead letter, if for as long the destination took nothing, or not this event. Time that waits for a person, or lies before the last start, does not count. Default: attempts never end.',
    ),
  where: routing.describe('Which events this destination is sent; the others are counted as filtered.'),
  startAt: z
    .enum(['earliest', 'now'])
    .optional()
    .describe('Where a new destination starts. Default: earliest at the first start of all, now if added later.'),
  whenFull: z
    .enum(['evict', 'hold'])
    .default('evict')
    .describe('When the journal is full: its bodies are let go (named, counted), or held (senders get 503).'),
};

export const deliveryOptions = z.strictObject(deliveryOptionsShape);

export type DeliveryOptions = z.output<typeof deliveryOptions>;
export type Routing = DeliveryOptions['where'];

export type EventFilter = (event: { readonly dataset: string; readonly source: string }) => boolean;

/** Which events a destination is sent: every condition that is set has to hold. */
export function createEventFilter({ datasets, exceptDatasets, sources }: Routing): EventFilter {
  const wanted = datasets && new Set(datasets);
  const unwanted = new Set(exceptDatasets);
  const from = sources && new Set(sources);
  return ({ dataset, source }) =>
    (wanted?.has(dataset) ?? true) && !unwanted.has(dataset) && (from?.has(source) ?? true);
}
