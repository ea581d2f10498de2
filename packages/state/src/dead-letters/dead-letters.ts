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
export interface IndexedDeadLetter {
  readonly number: number;
  readonly destination: string;
  readonly code: string;
  readonly dataset: string;
  /** Of its body, in the journal of bodies. */
  readonly sequence: number;
  readonly element: number;
  readonly lastAttemptMs: number;
}

/** What is known of an entry that is open no more. */
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
  /** The destination's own words, of an open entry. */
  readonly message?: string;
  /** None of an open entry. */
  readonly resolved?: ResolvedDeadLetter['resolved'];
}

export interface UndeliveredEvent {
  readonly destination: string;
  readonly sequence: number;
  readonly element: number;
}

export interface DeadLetterCounts {
  readonly open: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Of all these, those that only a job rejected: a destination's position does not count them. */
  readonly fromRuns: number;
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
  counts(): ReadonlyMap<string, DeadLetterCounts>;
  /** Records that were met in the log and are none of ours, or not whole. Lost spans are the journal's to report. */
  unreadable(): number;
  groups(): readonly DeadLetterGroup[];
  /** Ascending numbers above `after`; at most 1,000 at once. */
  list(filter: DeadLetterFilter, page: { readonly after?: number; readonly limit: number }): Promise<DeadLetterPage>;
  /** None where it is not open, or cannot be read any more. */
  get(number: number): Promise<StoredDeadLetter | undefined>;
  /**
   * The entries of a body, or of one event of it: the open ones, then what became of others, newest first. The latter is
   * known for as long as the journal holds their body, and bounded.
   */
  find(sequence: number, element?: number): Promise<readonly FoundDeadLetter[]>;
  /**
   * Of bodies from a sequence on: where the events stand that are not delivered, open or dropped. One pass over the index,
   * for who asks of many.
   */
  undelivered(fromSequence: number): Iterable<UndeliveredEvent>;
  /** Ascending numbers of what matches now: the bound of a job, since what comes later is not among them. */
  matching(filter: DeadLetterFilter): readonly number[];
  /**
   * The entries of ascending numbers, in that order, in batches of at most 100 entries or about 1 MiB. Those that were
   * resolved meanwhile, or cannot be read any more, are left out. Ends early once `signal` fires.
   */
  read(numbers: Iterable<number>, signal: AbortSignal): AsyncIterable<readonly StoredDeadLetter[]>;
  close(): Promise<void>;
}

export interface DeadLetters extends DeadLetterReading, DeadLetterStore {
  /** `run`: of a job, whose events no position counts. */
  append(letter: DeadLetter, from?: 'run'): Promise<void>;
  /** `used` of the disk, resolved entries that still lie there included; at `max` it is full. */
  bytes(): { readonly used: number; readonly max: number };
  /**
   * Resolves when it is on disk; numbers that are not open are passed over. `by` is a job's id or `operator`.
   * Possible when full.
   */
  resolve(numbers: Iterable<number>, how: Resolution, by: string): Promise<void>;
  /** Rejected again: a new entry, with a new number, in the place of that one. Does nothing where that is not open. */
  replace(number: number, letter: DeadLetter): Promise<void>;
  /** Frees what resolved entries take. Happens by itself when they take much; here for tests and a person in need. */
  compact(): Promise<void>;
}
