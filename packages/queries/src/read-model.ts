// The read model of all queries: the same for a running connector and for the files of a stopped one.
import type { RoutingFaults } from '@xiq-siem/config';
import type { Assurance, NormalizedEvent, Position, ReadableBodyLog, StoredBody, UnmappedField } from '@xiq-siem/core';
import type { BackfillLookup, DeadLetterReading, ProgressHistoryReading, StoredIncident } from '@xiq-siem/state';

export interface KnownDestination {
  readonly name: string;
  readonly type: string;
  readonly assurance: Assurance;
  /** By the current routing. */
  wants(event: Pick<NormalizedEvent, 'dataset' | 'document'> & { readonly source: string }): boolean;
}

export interface ReadModel {
  readonly snapshot: boolean;
  readonly journal: ReadableBodyLog;
  readonly deadLetters: DeadLetterReading;
  readonly progressHistory: ProgressHistoryReading;
  /** Incidents of the state file that are not acknowledged. */
  incidents(): Promise<readonly StoredIncident[]>;
  readonly mappingVersion: string | undefined;
  /** Decides on late webhooks of back-filled events; undefined where the caller does not need it. */
  readonly pairing?: BackfillLookup | undefined;
  destinations(): readonly KnownDestination[];
  /** Names of the configured sources. */
  readonly sources: readonly string[];
  /** Undefined where no configuration is available. */
  readonly routing: RoutingFaults | undefined;
  /** Names of positions, where no configuration is available. */
  readonly unknownDestinations?: readonly string[];
  /** When parked events of a destination are sent again; undefined if the connector is stopped. Epoch milliseconds. */
  parkedRetryMs?(destination: string): number | undefined;
  /** Current position of a destination, or the last saved one. */
  position(destination: string): Position | undefined;
  /** By the current mapping. */
  normalize(body: StoredBody): Iterable<NormalizedEvent>;
  unmapped(body: StoredBody): Iterable<UnmappedField>;
  /** Epoch milliseconds. */
  now(): number;
  /** Yields to the pipeline; called between pieces of work. */
  yieldNow(): Promise<void>;
}

/** Whether an element is settled at the destination of this position. */
export function isSettled({ sequence, settled }: Position, ofSequence: number, element: number): boolean {
  if (ofSequence < sequence) return true;
  return settled.some((one) => {
    if (one.elements === 'all') return ofSequence >= one.sequence && ofSequence <= (one.toSequence ?? one.sequence);
    return one.sequence === ofSequence && one.elements.some(([from, to]) => element >= from && element <= to);
  });
}

/** ISO 8601 from epoch milliseconds. */
export function timeOf(ms: number): string;
export function timeOf(ms: number | undefined): string | undefined;
export function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
