// What the engine is given for each destination, and what it needs of the rest of the connector.
import type {
  BodyReader,
  Destination,
  DestinationDefinition,
  KeptBody,
  Logger,
  Meter,
  NormalizedEvent,
  PositionFile,
} from '@xiq-siem/core';
import type { Clock, Wakeup } from './clock.ts';
import type { DeadLetterStore } from './dead-letter-queue.ts';
import type { DeliveryOptions } from './options.ts';
import type { Redact } from './words.ts';

export interface DeliveryDestination {
  /** Name in the configuration. */
  readonly name: string;
  readonly destination: Destination;
  readonly definition: Pick<DestinationDefinition, 'type' | 'assurance' | 'codes' | 'maxInFlight'>;
  readonly options: DeliveryOptions;
  readonly position: PositionFile;
}

/** What the engine needs of the rest of the connector. */
export interface DeliveryServices {
  readonly openReader: (fromSequence: number) => BodyReader;
  /** The events of a body. Should it throw, the rest of the body counts as one damaged event. */
  readonly normalize: (body: KeptBody) => Iterable<NormalizedEvent>;
  readonly deadLetters: DeadLetterStore;
  readonly redact: Redact;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * Events that a destination takes in one turn of the event loop. Few let what else the process does go first: what is
   * received faster than it can be delivered then waits in the journal, not at the sender.
   */
  readonly eventsPerTurn: number;
  readonly log: Logger;
  readonly meter: Meter;
}

/** What the parts of one delivery stream share. */
export interface StreamServices extends Pick<DeliveryServices, 'clock' | 'log'> {
  /** Of the destination. */
  readonly name: string;
  /** Notified when there is something to do for the stream. */
  readonly wakeup: Pick<Wakeup, 'notify'>;
}
