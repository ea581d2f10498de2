// What the dead letters offer: to delivery, to the operator's commands and to their jobs.
import type { DeadLetter, DeadLetterStore } from '@xiq-siem/delivery';

/** Every condition that is set has to hold. */
export interface DeadLetterFilter {
  readonly destination?: string | undefined;
  readonly code?: string | undefined;
  readonly dataset?: string | undefined;
  /** Of the last attempt, epoch milliseconds, inclusive. */
  readonly fromMs?: number | undefined;
  /** Of the last attempt, epoch milliseconds, inclusive. */
  readonly toMs?: number | undefined;
  /** Event ids. */
  readonly ids?: readonly string[] | undefined;
  readonly numbers?: readonly number[] | undefined;
}

/** An entry with its document; `sequence` and `element` say where its event stands in the journal of bodies. */
export interface StoredDeadLetter extends DeadLetter {
  /** Names the entry until it is resolved, or rejected again and thereby a new one; a newer one has a higher number. */
  readonly number: number;
}

/** An entry without its document. */
export type ListedDeadLetter = Omit<StoredDeadLetter, 'json'>;

export type Resolution = 'delivered' | 'dropped';

/** What is known of an entry without reading it. */
export type IndexedDeadLetter = Pick<
  StoredDeadLetter,
  'number' | 'destination' | 'code' | 'dataset' | 'sequence' | 'element' | 'lastAttemptMs'
>;

/** What is known of an entry that is no longer open. */
export interface ResolvedDeadLetter extends Omit<IndexedDeadLetter, 'dataset'> {
  readonly resolved: {
    readonly how: Resolution;
    /** Epoch milliseconds. */
    readonly atMs: number;
    /** A job's id, or `operator`. */
    readonly by: string;
  };
}

/** An entry of an event, whether open or not. */
export interface FoundDeadLetter extends Omit<ResolvedDeadLetter, 'resolved'> {
  /** The destination's error message, of an open entry. */
  readonly message?: string | undefined;
  /** Undefined for an open entry. */
  readonly resolved?: ResolvedDeadLetter['resolved'];
}

export type UndeliveredEvent = Pick<StoredDeadLetter, 'destination' | 'sequence' | 'element'>;

export interface DeadLetterCounts {
  readonly open: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Lost with a damaged or missing file, and acknowledged. */
  readonly lost: number;
  /** Of all these, those that only a job rejected: a destination's position does not count them. */
  readonly fromJobs: number;
}

export interface DeadLetterGroup {
  readonly destination: string;
  readonly code: string;
  readonly dataset: string;
  readonly count: number;
  /** Last attempts, epoch milliseconds. */
  readonly oldestMs: number;
  readonly newestMs: number;
}

export interface DeadLetterPage {
  readonly entries: readonly ListedDeadLetter[];
  /** `after` of the next page; none at the end. */
  readonly next?: number;
  /** All that match, on whatever page. */
  readonly matched: number;
}

/** What can be asked of them, on a running connector and on a stopped one. But for `find`, of open entries alone. */
export interface DeadLetterReading {
  /** By destination. An event that a crash made be kept twice is one. */
  counts(): Promise<ReadonlyMap<string, DeadLetterCounts>>;
  groups(): Promise<readonly DeadLetterGroup[]>;
  /** Ascending numbers above `after`; at most 1,000 at once. */
  list(
    filter: DeadLetterFilter,
    page: { readonly after?: number | undefined; readonly limit: number },
  ): Promise<DeadLetterPage>;
  /** Undefined where it is not open, or is damaged. */
  get(number: number): Promise<StoredDeadLetter | undefined>;
  /**
   * The entries of a body, or of one event of it: the open ones, then what became of others, newest first. The latter is
   * known for as long as the journal holds their body, and bounded.
   */
  find(sequence: number, element?: number): Promise<readonly FoundDeadLetter[]>;
  /**
   * The events that are not delivered, open or dropped, of bodies from a sequence on, for a caller that asks about many:
   * some at a time.
   */
  undelivered(fromSequence: number): AsyncIterable<readonly UndeliveredEvent[]>;
  /** The last number and the count of what matches now, up to a number: the bound of a job, as what comes later is above it. */
  extent(
    filter: DeadLetterFilter,
    lastNumber?: number,
  ): Promise<{ readonly lastNumber: number; readonly matching: number }>;
  /**
   * What matches, up to a number, ascending, in batches of at most 100 entries or about 1 MiB. Those that were resolved
   * meanwhile, or are damaged, are left out. Ends early once `signal` fires.
   */
  read(filter: DeadLetterFilter, lastNumber: number, signal: AbortSignal): AsyncIterable<readonly StoredDeadLetter[]>;
  /** Of a destination's last entries, at most `limit`: where their events stand. */
  newest(destination: string, limit: number): Promise<readonly Pick<StoredDeadLetter, 'sequence' | 'element'>[]>;
}

export interface DeadLetters extends DeadLetterReading, DeadLetterStore {
  /** `job`: of a job, whose events no position counts. */
  append(deadLetter: DeadLetter, from?: 'job'): Promise<void>;
  /** `used` of the disk by open entries, about; at `max` it is full. */
  bytes(): { readonly used: number; readonly max: number };
  /**
   * Resolves when it is on disk; numbers that are not open are passed over. `by` is a job's id or `operator`.
   * Possible when full.
   */
  resolve(numbers: readonly number[], how: Resolution, by: string): Promise<void>;
  /** Drops what matches up to a number, by the operator; as many at a time as one transaction bears. */
  drop(filter: DeadLetterFilter, lastNumber: number): Promise<void>;
  /** Counts entries of a destination as lost, whose loss somebody has acknowledged. */
  writeOff(destination: string, entries: number): Promise<void>;
  /** Rejected again: a new entry, with a new number, in the place of that one. Does nothing where that is not open. */
  replace(number: number, deadLetter: DeadLetter): Promise<void>;
}
