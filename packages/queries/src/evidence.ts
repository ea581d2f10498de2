// What there is to look at: the same of a running connector and of the files of a stopped one.
import type { Assurance, KeptBody, NormalizedEvent, Position, UnmappedField } from '@xiq-siem/core';
import type { Journal } from '@xiq-siem/journal';
import type { BackfilledLookup, DeadLetterReading, ProgressHistoryReading } from '@xiq-siem/state';

export type JournalReading = Pick<
  Journal,
  'extent' | 'bytesFrom' | 'sequenceAt' | 'find' | 'reader' | 'positions' | 'lostSpans' | 'letGoGaps'
>;

export interface KnownDestination {
  readonly name: string;
  readonly type: string;
  readonly assurance: Assurance;
  /** By the routing that is configured now. */
  wants(event: { readonly dataset: string; readonly source: string }): boolean;
}

export interface Evidence {
  readonly snapshot: boolean;
  readonly journal: JournalReading;
  readonly deadLetters: DeadLetterReading;
  readonly progressHistory: ProgressHistoryReading;
  readonly mappingVersion: string | undefined;
  /** Ids of events that a back-fill brought; undefined where nobody looks at them. */
  readonly backfilled?: BackfilledLookup | undefined;
  destinations(): readonly KnownDestination[];
  /** Names that have a position, where no configuration says what they are. */
  readonly unknownDestinations?: readonly string[];
  /** Position of a destination as it is now, or as last saved. */
  position(destination: string): Position | undefined;
  /** By the mapping of today. */
  normalize(body: KeptBody): Iterable<NormalizedEvent>;
  unmapped(body: KeptBody): Iterable<UnmappedField>;
  /** Epoch milliseconds. */
  now(): number;
  /** Lets the pipeline go first; called between pieces of work. */
  yieldNow(): Promise<void>;
}
