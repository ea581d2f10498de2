// What the engine is given for each destination, and what it needs of the rest of the connector.
import type {
  BodyReader,
  Destination,
  DestinationDefinition,
  DurablePosition,
  Logger,
  NormalizedEvent,
  StoredBody,
} from '@xiq-siem/core';
import type { Clock, Wakeup } from './clock.ts';
import type { DeliveryMeter } from './metrics.ts';
import type { DeliveryOptions } from './options.ts';
import type { Redact } from './sanitize-text.ts';

export interface DeliveryDestination {
  /** Name in the configuration. */
  readonly name: string;
  readonly destination: Destination;
  readonly definition: Pick<DestinationDefinition, 'type' | 'assurance' | 'codes' | 'maxInFlight'>;
  readonly options: DeliveryOptions;
  readonly position: DurablePosition;
}

/** An event that will not be delivered, and what is stored of it. */
export interface DeadLetter {
  /** Name of the destination. */
  readonly destination: string;
  readonly sequence: number;
  readonly element: number;
  readonly id: string;
  readonly dataset: string;
  /** A code that the destination declares, or `retry_exhausted`, or `retry_timeout`. */
  readonly code: string;
  /** The destination's own words: one line, at most 2 KiB, without secrets. */
  readonly message?: string;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstAttemptMs: number;
  /** Epoch milliseconds. */
  readonly lastAttemptMs: number;
  /** The document as it would be sent. */
  readonly json: string;
  readonly receipt: string;
}

export interface DeadLetterStore {
  /** While true nothing is appended, and the destinations that need it wait. */
  readonly full: boolean;
  /** Resolves when the entry is on disk; a rejection is tried again. The same event may come again after a crash. */
  append(entry: DeadLetter): Promise<void>;
}

/** What the engine needs of the rest of the connector. */
export interface DeliveryServices {
  readonly openReader: (fromSequence: number) => BodyReader;
  /** The events of a body. Should it throw, the rest of the body counts as one damaged event. */
  readonly normalize: (body: StoredBody) => Iterable<NormalizedEvent>;
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
  readonly meter: DeliveryMeter;
}

/** What the parts of one delivery stream share. */
export interface StreamServices extends Pick<DeliveryServices, 'clock' | 'log'> {
  /** Of the destination. */
  readonly name: string;
  /** Notified when there is something to do for the stream. */
  readonly wakeup: Pick<Wakeup, 'notify'>;
}
