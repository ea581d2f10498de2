// A replay stream: the delivery stream of a job to a running destination, beside the main one.
import type { BodyReader, DurablePosition, LogAttributes, Logger, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { type DeliveryStream, type DeliveryStreamOptions, startDeliveryStream } from './delivery-stream.ts';
import type { DeliveryMeter } from './metrics.ts';
import type { Routing } from './options.ts';
import type { DeadLetterStore, DeliveryDestination, DeliveryServices } from './services.ts';
import { createSharedBodies } from './shared-bodies.ts';

export interface ReplayStreamOptions {
  /** Id of the job, for the log. */
  readonly id: string;
  /** Name of a running destination. */
  readonly destination: string;
  /** The reader must have an end: an empty array while the signal has not fired. */
  readonly openReader: (fromSequence: number) => BodyReader;
  readonly normalize: (body: StoredBody) => Iterable<NormalizedEvent>;
  /** Position and dead letters of the job. The stream does not close them. */
  readonly position: DurablePosition;
  readonly deadLetters: DeadLetterStore;
  /** Replaces `where` of the destination. */
  readonly where: Routing;
  /** Called when an event is delivered, before the position is saved. If it throws, the stream ends as `failed`. */
  readonly onDelivered?: (event: { readonly sequence: number; readonly element: number }) => void;
  /** False: every rejected event becomes a dead letter, even in a rejection burst or under unproven settings. */
  readonly pauseOnRejections: boolean;
}

/**
 * `ended` resolves with `done` if all events are settled and the position is saved; `stopped` after `stop`, or with its
 * destination, and can then be resumed; `failed` after an internal error, which is logged. `stop` does not close the
 * destination.
 */
export type ReplayStream = Omit<DeliveryStream, 'resume'>;

/** Marks what is not sent by a main stream. One value for all, because the number of values of a label must be bounded. */
export const jobMeter = (meter: DeliveryMeter): DeliveryMeter => ({
  add: (name, value, attributes) => meter.add(name, value, { ...attributes, job: 'true' }),
});

/** Sends one batch at a time, so that live events go first, and without a retry timeout. Its metrics have `job: true`. */
export function startReplayStream(
  replay: ReplayStreamOptions,
  spec: DeliveryDestination,
  services: DeliveryServices,
  shared: Pick<DeliveryStreamOptions, 'slots' | 'proof'>,
): DeliveryStream {
  const { id, openReader, normalize, deadLetters, position, where, onDelivered, pauseOnRejections } = replay;
  const { giveUpAfterHours: _, ...options } = spec.options;
  const logAt = (level: keyof Logger) => (event: string, attributes?: LogAttributes) =>
    services.log[level](event, { ...attributes, job: id });
  const log: Logger = { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
  const meter = jobMeter(services.meter);
  const bodies = createSharedBodies({ normalize, maxBytes: () => 0, log });
  return startDeliveryStream(
    { ...spec, position, options: { ...options, where } },
    { ...services, openReader, normalize, deadLetters, parked: undefined, log, meter },
    { ...shared, bodies, maxInFlight: 1, readsToEnd: true, pauseOnRejections, onDelivered },
  );
}
