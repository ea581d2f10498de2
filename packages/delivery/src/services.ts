// What the engine is given for each destination, what it needs of the rest of the connector, and what it tells.
import type {
  Assurance,
  BodyReader,
  Destination,
  DestinationDefinition,
  KeptBody,
  Logger,
  Meter,
  NormalizedEvent,
  PositionCounters,
  PositionFile,
} from '@xiq-siem/core';
import type { Clock } from './clock.ts';
import type { DeadLetterStore } from './dead-letter.ts';
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

/** An attempt that failed, or events that were rejected. */
export interface LastFailure {
  /** The destination's, or one of ours: `no_verdict`, `undeclared_code`, `lane_failed`. */
  readonly code: string;
  /** The destination's own words, fit to be shown. */
  readonly words: string | undefined;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface DestinationStatus {
  readonly name: string;
  readonly type: string;
  readonly assurance: Assurance;
  readonly state: 'running' | 'backing_off' | 'paused' | 'stopping' | 'stopped';
  /**
   * Why it backs off or pauses: a code of the destination's, or `dead_letters_full`, `dead_letters_failed`. That of
   * `held` where as much is held as may be: then nothing new is sent until some of it passes.
   */
  readonly reason?: string;
  /** Since when `state` is what it is; epoch milliseconds. */
  readonly sinceMs: number;
  /** Epoch milliseconds before which nothing is sent; undefined where nothing is waited for, or nobody knows how long. */
  readonly waitUntilMs: number | undefined;
  /** Events of which a person has to mend something first, while the others pass; code and words of the last one. */
  readonly held: { readonly events: number; readonly code: string; readonly words: string | undefined } | undefined;
  /** The destination's own words with its last failure, fit to be shown; undefined once it took a whole batch. */
  readonly lastWords: string | undefined;
  /** Since the start of the lane; it stays when all is well again. */
  readonly lastFailure: LastFailure | undefined;
  /** The first body that is not wholly settled. */
  readonly sequence: number;
  /** As in the position, but that `normalized` includes the open events. */
  readonly counters: PositionCounters;
  /** Events taken and not yet settled. */
  readonly open: number;
  /**
   * The sum, of three books that know nothing of each other: `taken` = `settledSince` + `inHand`. A difference is a bug
   * of ours: an event forgotten (above) or settled twice (below).
   */
  /** Events that this lane was given by its reader since it began, before routing. */
  readonly taken: number;
  /** Events that its position counts as delivered, dead letters or filtered beyond what it counted at the beginning. */
  readonly settledSince: number;
  /** Events that are in fact there: they wait, are under way, or are on their way to the dead letters. */
  readonly inHand: number;
  /** Of those in hand, events that wait to be sent again. */
  readonly waitingAgain: number;
  /** Batches under way. */
  readonly underWay: number;
  /** Events delivered after an attempt of which nobody knows how it ended; since the start of the process. */
  readonly possibleDuplicates: number;
  /** Breaches of the plugin contract, since the start of the process. */
  readonly pluginFaults: number;
  /** Epoch milliseconds; undefined before the first delivery since the start of the process. */
  readonly lastDeliveredMs: number | undefined;
}
