// The interfaces of the dead-letter queue: for delivery, for commands and for jobs.
import type { DeadLetter, DeadLetterStore, ParkedEvents } from '@xiq-siem/delivery';

/** An entry matches if it meets all conditions that are set. */
export interface DeadLetterFilter {
  readonly destination?: string | undefined;
  readonly code?: string | undefined;
  /** True: parked events only. False: dead letters only. */
  readonly parked?: boolean | undefined;
  readonly dataset?: string | undefined;
  /** Of the last attempt, epoch milliseconds, inclusive. */
  readonly fromMs?: number | undefined;
  /** Of the last attempt, epoch milliseconds, inclusive. */
  readonly toMs?: number | undefined;
  /** Event ids. */
  readonly ids?: readonly string[] | undefined;
  readonly numbers?: readonly number[] | undefined;
}

/** An entry with its document. `sequence` and `element` locate its event in the journal. */
export interface StoredDeadLetter extends DeadLetter {
  /** Identifies the entry until it is resolved. An event that is rejected (again) gets a new, higher number. */
  readonly number: number;
}

/** An entry without its document. */
export type ListedDeadLetter = Omit<StoredDeadLetter, 'json'>;

export type Resolution = 'delivered' | 'dropped';

/** The indexed fields of an entry. */
export type IndexedDeadLetter = Pick<
  StoredDeadLetter,
  'number' | 'destination' | 'code' | 'dataset' | 'sequence' | 'element' | 'lastAttemptMs'
>;

/** An entry that is no longer open. */
export interface ResolvedDeadLetter extends Omit<IndexedDeadLetter, 'dataset'> {
  readonly resolved: {
    readonly how: Resolution;
    /** Epoch milliseconds. */
    readonly atMs: number;
    /** A job's id, or `operator`. */
    readonly by: string;
  };
}

/** An open or resolved entry of an event. */
export interface FoundDeadLetter extends Omit<ResolvedDeadLetter, 'resolved'> {
  /** Error message of the destination; of open entries only. */
  readonly message?: string | undefined;
  readonly parked?: true;
  /** Undefined for an open entry. */
  readonly resolved?: ResolvedDeadLetter['resolved'];
}

export type UndeliveredEvent = Pick<StoredDeadLetter, 'destination' | 'sequence' | 'element' | 'parked'>;

export interface DeadLetterCounts {
  /** Dead letters, without parked events. */
  readonly open: number;
  readonly parked: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Lost with a damaged or missing state file, and acknowledged. */
  readonly lost: number;
  /** Part of the above: rejected by jobs only, and not counted by the position of the destination. */
  readonly fromJobs: number;
}

export interface DeadLetterGroup {
  readonly destination: string;
  readonly code: string;
  readonly parked?: true;
  readonly dataset: string;
  readonly count: number;
  /** Last attempts, epoch milliseconds. */
  readonly oldestMs: number;
  readonly newestMs: number;
}

export interface DeadLetterPage {
  readonly entries: readonly ListedDeadLetter[];
  /** `after` of the next page; absent on the last page. */
  readonly next?: number;
  /** Number of matching entries on all pages. */
  readonly matched: number;
}

/**
 * Reads of a running or a stopped connector. All but `find` return open entries only: dead letters, and parked events with
 * `parked`.
 */
export interface DeadLetterReading {
  /** By destination. An event that was stored twice because of a crash counts once. */
  counts(): Promise<ReadonlyMap<string, DeadLetterCounts>>;
  groups(): Promise<readonly DeadLetterGroup[]>;
  /** Ascending numbers above `after`; at most 1,000 at once. */
  list(filter: DeadLetterFilter, page: { after?: number | undefined; limit: number }): Promise<DeadLetterPage>;
  /** Undefined if the entry is not open or is damaged. */
  get(number: number): Promise<StoredDeadLetter | undefined>;
  /**
   * The entries of a body, or of one event of it: open ones, then resolved ones, newest first. Resolved entries are stored
   * as long as the journal has their body, up to a limit.
   */
  find(sequence: number, element?: number): Promise<readonly FoundDeadLetter[]>;
  /**
   * Undelivered events (open, parked or dropped) of bodies from a sequence on, in batches.
   */
  undelivered(fromSequence: number): AsyncIterable<readonly UndeliveredEvent[]>;
  /** The last number and the count of entries that match now, up to a number. Later entries have higher numbers. */
  extent(
    filter: DeadLetterFilter,
    lastNumber?: number,
  ): Promise<{ readonly lastNumber: number; readonly matching: number }>;
  /**
   * Matching entries up to a number, ascending, in batches of at most 100 entries or about 1 MiB. Entries that were
   * resolved meanwhile or are damaged are skipped. Ends early once `signal` fires.
   */
  read(filter: DeadLetterFilter, lastNumber: number, signal: AbortSignal): AsyncIterable<readonly StoredDeadLetter[]>;
  /** The events of the last `limit` entries of a destination. */
  newest(destination: string, limit: number): Promise<readonly Pick<StoredDeadLetter, 'sequence' | 'element'>[]>;
  /** The parked event of a destination that was sent last. */
  newestParked(destination: string): Promise<ListedDeadLetter | undefined>;
}

export interface DeadLetters extends DeadLetterReading, DeadLetterStore, ParkedEvents {
  /**
   * `job`: rejected by a job, and not counted by a position. Parked events may use half of the queue, so that dead letters
   * always have capacity.
   */
  append(deadLetter: DeadLetter, from?: 'job'): Promise<void>;
  /** `used`: approximate bytes of open entries. At `max` the queue is full. */
  bytes(): { readonly used: number; readonly max: number };
  /**
   * Resolves when it is on disk. Numbers that are not open are skipped. `by` is a job's id or `operator`. Works when full.
   */
  resolve(numbers: readonly number[], how: Resolution, by: string): Promise<void>;
  /** Drops matching entries up to a number, as `operator`, in several transactions. */
  drop(filter: DeadLetterFilter, lastNumber: number): Promise<void>;
  /** Counts entries of a destination as lost, after an operator acknowledged the loss. */
  writeOff(destination: string, entries: number): Promise<void>;
  /**
   * Replaces an entry that was rejected (again) by a dead letter with a new number. Does nothing if the entry is not open.
   */
  replace(number: number, deadLetter: DeadLetter): Promise<void>;
}
