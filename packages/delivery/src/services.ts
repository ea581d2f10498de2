// The inputs of the delivery engine: destinations, and services of the rest of the connector.
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
  readonly definition: Pick<DestinationDefinition, 'type' | 'assurance' | 'codes' | 'degraded' | 'maxInFlight'>;
  readonly options: DeliveryOptions;
  readonly position: DurablePosition;
  readonly settings: {
    /** The destination has taken an event under its present settings, in this process or an earlier one. */
    readonly proven: boolean;
    /** Called once when it takes the first one. */
    onProven(): void;
  };
}

/** An event that will not be delivered, or that is parked, as it is stored in the dead-letter queue. */
export interface DeadLetter {
  /** Name of the destination. */
  readonly destination: string;
  readonly sequence: number;
  readonly element: number;
  readonly id: string;
  readonly dataset: string;
  /** A code of the destination, `retry_exhausted` or `retry_timeout`. */
  readonly code: string;
  /** Parked: blocked, or retried while other events were delivered. It is retried from the queue automatically. */
  readonly parked?: true;
  /** Sanitized message of the destination: one line, at most 2 KiB, without secrets. */
  readonly message?: string;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstAttemptMs: number;
  /** Epoch milliseconds. */
  readonly lastAttemptMs: number;
  /** The document as JSON. */
  readonly json: string;
  readonly receipt: string;
}

export interface DeadLetterStore {
  /** True: nothing is appended, and destinations with new dead letters wait. */
  readonly full: boolean;
  /** Resolves when the entry is durable. After a rejection the engine tries again. After a crash it may append an event twice. */
  append(entry: DeadLetter): Promise<void>;
}

export interface ParkedEvent extends DeadLetter {
  /** Identifies the entry in the queue. */
  readonly number: number;
  readonly parked?: true;
}

/** The parked events of the dead-letter queue. `append` of the queue adds them. */
export interface ParkedEvents {
  /** False: nothing is parked, and events that cannot be delivered stay in their stream. */
  readonly hasParkingCapacity: boolean;
  /** The parked events of a destination with numbers above `after`, ascending; `next` is the last number, if there is one. */
  readParked(
    destination: string,
    after: number,
    limits: { readonly maxEvents: number; readonly maxBytes: number },
  ): Promise<{ readonly entries: readonly ParkedEvent[]; readonly next: number | undefined }>;
  resolve(numbers: readonly number[], how: 'delivered', by: string): Promise<void>;
  /** The event becomes a dead letter with a new number. */
  replace(number: number, deadLetter: DeadLetter): Promise<void>;
  /** The events stay parked, with a new code, message and attempt. */
  keepParked(entries: readonly ParkedEvent[]): Promise<void>;
  /**
   * The events of bodies from `sequence` on that a delivery stream stored (dead letters and parked events). After a crash,
   * the position may not have them.
   */
  storedFrom(
    destination: string,
    sequence: number,
  ): Promise<readonly { readonly sequence: number; readonly element: number }[]>;
}

/** Services of the rest of the connector. */
export interface DeliveryServices {
  readonly openReader: (fromSequence: number) => BodyReader;
  /** The events of a body. If it throws, the rest of the body counts as one damaged event. */
  readonly normalize: (body: StoredBody) => Iterable<NormalizedEvent>;
  readonly deadLetters: DeadLetterStore;
  /** Undefined for a replay stream: it parks nothing. */
  readonly parked?: ParkedEvents | undefined;
  /** Whether the journal has used half of its limit: then events that cannot be delivered are parked at once. */
  readonly isJournalHalfUsed: () => boolean;
  readonly redact: Redact;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * Maximum of events that a destination reads in one turn of the event loop. A low number gives priority to receiving:
   * requests then wait in the journal instead of at the sender.
   */
  readonly eventsPerTurn: number;
  readonly log: Logger;
  readonly meter: DeliveryMeter;
}

/** Services of the parts of one delivery stream. */
export interface StreamServices extends Pick<DeliveryServices, 'clock' | 'log'> {
  /** Name of the destination. */
  readonly name: string;
  /** Notify it when the stream has something to do. */
  readonly wakeup: Pick<Wakeup, 'notify'>;
}
