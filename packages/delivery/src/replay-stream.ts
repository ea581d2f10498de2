// A job's own way to a destination that runs: a delivery stream beside its main one, which ends.
import type { BodyReader, DurablePosition, LogAttributes, Logger, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { type DeliveryStream, startDeliveryStream } from './delivery-stream.ts';
import type { DeliveryMeter } from './metrics.ts';
import type { Routing } from './options.ts';
import type { SendSlots } from './send-slots.ts';
import type { DeadLetterStore, DeliveryDestination, DeliveryServices } from './services.ts';
import { createSharedBodies } from './shared-bodies.ts';

export interface ReplayStreamOptions {
  /** For the log. */
  readonly id: string;
  /** Name of a destination that runs. */
  readonly destination: string;
  /**
   * A reader with an end: an empty array while the signal has not fired means that there is no more.
   */
  readonly openReader: (fromSequence: number) => BodyReader;
  readonly normalize: (body: StoredBody) => Iterable<NormalizedEvent>;
  /** The job's own, as are its dead letters. Neither is closed. */
  readonly position: DurablePosition;
  readonly deadLetters: DeadLetterStore;
  /** Instead of the destination's own `where`. */
  readonly where: Routing;
  /** Called when an event counts as delivered, before a position that holds it is saved. A throw ends the run as failed. */
  readonly onDelivered?: (event: { readonly sequence: number; readonly element: number }) => void;
  /** False: what is rejected becomes a dead letter, however much of it there is. */
  readonly pauseOnRejections: boolean;
}

/**
 * Its `ended`: `done` when the reader ended, every event that it gave is settled, and the position saved. `stopped`: by
 * somebody, or with its destination; the same run can be started again. `failed`: by an internal error, which the log
 * names. `stop` leaves the destination open.
 */
export type ReplayStream = Omit<DeliveryStream, 'resume'>;

/**
 * It sends one batch at a time, so that live traffic goes first, and never gives up. What it counts has `run: true`
 * beside the destination's name.
 */
export function startReplayStream(
  run: ReplayStreamOptions,
  spec: DeliveryDestination,
  services: DeliveryServices,
  slots: SendSlots,
): DeliveryStream {
  const { id, openReader, normalize, deadLetters, position, where, onDelivered, pauseOnRejections } = run;
  const { giveUpAfterHours: _, ...options } = spec.options;
  const logAt = (level: keyof Logger) => (event: string, attributes?: LogAttributes) =>
    services.log[level](event, { ...attributes, job: id });
  const log: Logger = { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
  // One value for all runs: there is no bound on how many a year has.
  const meter: DeliveryMeter = {
    add: (name, value, attributes) => services.meter.add(name, value, { ...attributes, job: 'true' }),
  };
  const bodies = createSharedBodies({ normalize, maxBytes: () => 0, log });
  return startDeliveryStream(
    { ...spec, position, options: { ...options, where } },
    { ...services, openReader, normalize, deadLetters, log, meter },
    { bodies, slots, maxInFlight: 1, readsToEnd: true, pauseOnRejections, onDelivered },
  );
}
