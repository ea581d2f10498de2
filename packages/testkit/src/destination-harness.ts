// What the conformance suite needs to know of a destination under test, and of the server that it sends to.
import type { DestinationContext, DestinationDefinition } from '@xiq-siem/core';
import type { RecordingLogger, RecordingMeter } from './recording.ts';

/** Why a rule cannot be tried on this destination. Stands in the test report. */
export interface NotApplicable {
  readonly notApplicable: string;
}

/** Something that the harness can do, or the reason why there is no such thing. */
export type Playable<Able> = Able | NotApplicable;

/** What the server can be told to play. Each fault lasts until the harness is stopped. */
export interface ServerFaults {
  /** Nothing answers any more, as with a server that is switched off; `bringBack` starts it again at the same place. */
  readonly down: Playable<{ play(): Promise<void>; bringBack(): Promise<void> }>;
  /** Our credentials, or our right to write, are refused. */
  readonly refuseCredentials: Playable<{ play(): Promise<void> }>;
  /** Requests are taken and never answered. */
  readonly hang: Playable<{ play(): Promise<void> }>;
  /** Every request is answered by "too busy, come again". */
  readonly busy: Playable<{ play(): Promise<void> }>;
  /** The document of this id, and no other, is refused for good. */
  readonly rejectOne: Playable<{ play(id: string): Promise<void> }>;
  /**
   * What takes the events of this data set, and of no other, is closed until a person mends it: an index, a token.
   * Left out where all events go to one place.
   */
  readonly closeDataset?: Playable<{ play(dataset: string): Promise<void> }>;
}

export interface DestinationHarness {
  /** As it would stand in the configuration, `type` left out. */
  readonly config: unknown;
  readonly context: DestinationContext<string>;
  /** The ids of all documents that are there now; an id that is there twice stands twice. */
  received(): Promise<readonly string[]>;
  /** Requests with events that the server has seen so far. */
  readonly requests: Playable<() => number>;
  /** Connections that are open at the server now. */
  readonly connections: Playable<() => number | Promise<number>>;
  readonly faults: ServerFaults;
  /** Values of the secrets in use: they must not show in anything that the destination says. */
  readonly secrets: readonly string[];
  /** Ends the server and removes what it left. */
  stop(): Promise<void>;
}

export interface DestinationUnderTest {
  readonly definition: DestinationDefinition;
  /** A server of its own for each rule, healthy and empty. `log` and `meter` belong into the context. */
  start(telemetry: { readonly log: RecordingLogger; readonly meter: RecordingMeter }): Promise<DestinationHarness>;
}

/** The same as left out. */
export const oneStream: NotApplicable = { notApplicable: 'all events go to one place' };

export function isNotApplicable(able: object): able is NotApplicable {
  return 'notApplicable' in able;
}
