// The read model: the same of a running connector and of the files of a stopped one.
import type { Assurance, NormalizedEvent, Position, ReadableLog, StoredBody, UnmappedField } from '@xiq-siem/core';
import type { BackfilledLookup, DeadLetterReading, NotedIncident, ProgressHistoryReading } from '@xiq-siem/state';

export interface KnownDestination {
  readonly name: string;
  readonly type: string;
  readonly assurance: Assurance;
  /** By the routing that is configured now. */
  wants(event: { readonly dataset: string; readonly source: string }): boolean;
}

export interface ReadModel {
  readonly snapshot: boolean;
  readonly journal: ReadableLog;
  readonly deadLetters: DeadLetterReading;
  readonly progressHistory: ProgressHistoryReading;
  /** What went wrong with the state file, and nobody has acknowledged. */
  incidents(): Promise<readonly NotedIncident[]>;
  readonly mappingVersion: string | undefined;
  /** Ids of events that a back-fill brought; undefined where nobody needs them. */
  readonly backfilled?: BackfilledLookup | undefined;
  destinations(): readonly KnownDestination[];
  /** Names that have a position, where no configuration says what they are. */
  readonly unknownDestinations?: readonly string[];
  /** Position of a destination as it is now, or as last saved. */
  position(destination: string): Position | undefined;
  /** By the current mapping. */
  normalize(body: StoredBody): Iterable<NormalizedEvent>;
  unmapped(body: StoredBody): Iterable<UnmappedField>;
  /** Epoch milliseconds. */
  now(): number;
  /** Lets the pipeline go first; called between pieces of work. */
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

/** Bodies up to the tail that are not wholly settled. */
export function unsettledBodies(
  { sequence, settled }: Pick<Position, 'sequence' | 'settled'>,
  journal: ReadableLog,
): number {
  return settled.reduce((sum, one) => {
    if (one.elements !== 'all') return sum;
    return sum - journal.countBodies(Math.max(one.sequence, sequence), one.toSequence ?? one.sequence);
  }, journal.countBodies(sequence));
}

/** ISO 8601, of epoch milliseconds. */
export function timeOf(ms: number): string;
export function timeOf(ms: number | undefined): string | undefined;
export function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
