// The harness of the destination conformance suite: a destination under test and its server.
import type { DestinationContext, DestinationDefinition } from '@xiq-siem/core';
import type { RecordingLogger, RecordingMeter } from './recording.ts';

/** Why a rule does not apply to this destination. The test report shows it. */
export interface NotApplicable {
  readonly notApplicable: string;
}

/** A capability of the harness, or why there is none. */
export type Capability<Able> = Able | NotApplicable;

/** Faults of the server. Each lasts until the harness is stopped. */
export interface ServerFaults {
  /** The server does not respond, as if it were switched off. `recover` starts it again at the same address. */
  readonly down: Capability<{ inject(): Promise<void>; recover(): Promise<void> }>;
  /** The server rejects the credentials, or they lack the permission to write. */
  readonly refuseCredentials: Capability<{ inject(): Promise<void> }>;
  /** The server accepts requests and never responds. */
  readonly hang: Capability<{ inject(): Promise<void> }>;
  /** The server responds to every request that it is overloaded. */
  readonly busy: Capability<{ inject(): Promise<void> }>;
  /** The server permanently rejects the document with this id, and no other. */
  readonly rejectOne: Capability<{ inject(id: string): Promise<void> }>;
  /**
   * The server does not accept events of this data set, and of no other, until an operator fixes something, such as an
   * index or a token. Omit it if a data set cannot be closed alone.
   */
  readonly closeDataset?: Capability<{ inject(dataset: string): Promise<void> }>;
}

export interface DestinationHarness {
  /** The configuration of the destination without `type`. */
  readonly config: unknown;
  readonly context: DestinationContext<string>;
  /** The ids of all documents that the server has. The id of a document that is stored twice is returned twice. */
  received(): Promise<readonly string[]>;
  /** Number of requests with events that the server has received. */
  readonly requests: Capability<() => number>;
  /** Number of open connections of the server. */
  readonly connections: Capability<() => number | Promise<number>>;
  readonly faults: ServerFaults;
  /** Values of the configured secrets. No report, message or log line may contain them. */
  readonly secrets: readonly string[];
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

export interface DestinationUnderTest {
  readonly definition: DestinationDefinition;
  /** Starts a new server without faults and documents for each rule. Pass `log` and `meter` to the context. */
  start(telemetry: { readonly log: RecordingLogger; readonly meter: RecordingMeter }): Promise<DestinationHarness>;
}

/** Replaces an omitted `closeDataset`. */
export const noClosableDatasets: NotApplicable = {
  notApplicable: 'the destination has no data set that can be closed alone',
};

export function isNotApplicable(requireCapability: object): requireCapability is NotApplicable {
  return 'notApplicable' in requireCapability;
}
