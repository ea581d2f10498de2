// Events that will not be delivered: what is kept of them, and the port to where it is kept.

export interface DeadLetter {
  /** Name of the destination. */
  readonly destination: string;
  readonly sequence: number;
  readonly element: number;
  readonly id: string;
  readonly dataset: string;
  /** A code that the destination declares, or `retry_exhausted`, or `gave_up`. */
  readonly code: string;
  /** The destination's own words: one line, at most 2 KiB, without secrets. */
  readonly message?: string;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstAttemptMs: number;
  /** Epoch milliseconds. */
  readonly lastAttemptMs: number;
  /** The document as it would be sent. */
  readonly json: string;
  readonly receipt: string;
}

export interface DeadLetterStore {
  /** While true nothing is appended, and the destinations that need it wait. */
  readonly full: boolean;
  /** Resolves when the entry is on disk; a rejection is tried again. The same event may come again after a crash. */
  append(entry: DeadLetter): Promise<void>;
}
