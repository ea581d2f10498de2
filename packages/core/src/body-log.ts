// The interface of the journal, which stores bodies. It is not the diagnostic log. Every storage engine implements it.
import type { BodyMetadata, StoredBody } from './body.ts';
import type { BodyReader, DurablePosition, LostSpan, Position } from './stages.ts';

/**
 * The journal: a durable log of bodies. A sequence is an integer of 1 or more that increases from body to body. Sequences
 * may skip numbers, so their difference is not a number of bodies. A stored body that cannot be read any more is lost.
 */
export interface BodyLog {
  /**
   * Resolves with the receipt when body and metadata are durable. Do not change `bytes` until then. Rejects with a
   * ConnectorError and does not store the body. Codes: `journal_full` and `disk_full` (until there is capacity),
   * `journal_unwritable` and `journal_overloaded` (until the disk can be written), `journal_failed` (until
   * a restart), `journal_closed`, `journal_record_too_large`.
   */
  append(metadata: BodyMetadata, bytes: Uint8Array): Promise<string>;
  /** Whether `append` would succeed now; if not, the code and message of its error. */
  acceptance(): { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };
  /** The share of its size limit that the log uses, 0 to 1. Cheap. */
  usage(): number;
  extent(): BodyLogExtent;
  /**
   * Number of bodies from one sequence to another, both inclusive, or to the tail. Includes lost bodies, and removed ones
   * if the log knows their number. 0 for an empty span.
   */
  countBodies(fromSequence: number, toSequence?: number): number;
  /** Stored bytes from a sequence to the tail, possibly estimated. 0 at the tail. */
  bytesFrom(sequence: number): number;
  /**
   * Opens a reader of all bodies from `fromSequence` on. With `toSequence` (inclusive), `read` returns an empty array after
   * the last body; without it, the reader waits at the tail. A lost span is reported only for the requested
   * sequences. The caller closes the reader. `read` rejects with `journal_closed` when the log is closed. After any other
   * error, open a new reader at the same sequence.
   */
  reader(fromSequence: number, toSequence?: number): BodyReader;
  /**
   * The sequence of the first body that was received at or after `atMs` (epoch milliseconds), else
   * `extent().nextSequence`. May be wrong if the clock was set back. If the signal fires, rejects with its reason.
   */
  sequenceAt(atMs: number, signal: AbortSignal): Promise<number>;
  /** Finds the body of a receipt. */
  find(receipt: string): Promise<FoundBody>;

  /**
   * Opens the position of a destination, and creates it if there is none. `destination`: at most 64 characters of `a-z`,
   * `0-9` and `-`. Bodies before a saved position may be removed. Rejects if the position is open.
   */
  position(destination: string, options: PositionOptions): Promise<DurablePosition>;
  /**
   * Closes the position of a destination that was removed from the configuration, so that it can be opened again. Waits
   * for running saves, and rejects later ones. Does nothing if the position is not open.
   */
  releasePosition(destination: string): Promise<void>;
  /** The last saved position of every destination, open or not. */
  positions(): ReadonlyMap<string, Position>;
  /** Names of positions that are not open: their destinations are not configured any more. */
  orphanedPositions(): Promise<readonly string[]>;
  /** Deletes the position of a destination that is not configured any more. Rejects if the position is open. */
  forgetPosition(destination: string): Promise<void>;

  /** Spans found lost since opening, and evicted spans that a destination had not settled. */
  lostSpans(): readonly LostSpan[];
  /** Retention gaps that are not acknowledged. They survive a restart. */
  retentionGaps(): readonly RetentionGap[];
  /** Removes the retention gaps of a destination that end at or before a sequence. */
  acknowledgeGaps(destination: string, toSequence: number): Promise<void>;
  /** Ends appends and reads. Bodies that were appended before stay stored. */
  close(): Promise<void>;
}

/** The part of a log that changes nothing. The files of a stopped connector provide it too. */
export type ReadableBodyLog = Pick<
  BodyLog,
  | 'extent'
  | 'countBodies'
  | 'bytesFrom'
  | 'reader'
  | 'sequenceAt'
  | 'find'
  | 'positions'
  | 'lostSpans'
  | 'retentionGaps'
>;

export interface BodyLogExtent {
  /** No body with a lower sequence can be read. */
  readonly firstSequence: number;
  /** Every stored body has a lower sequence; the next one has this or a higher one. */
  readonly nextSequence: number;
  /** `countBodies(firstSequence)`. */
  readonly bodies: number;
  /** Stored bytes. */
  readonly bytes: number;
  /** Whether bodies were removed at any time, settled or not. */
  readonly hasRemoved: boolean;
}

export type FoundBody =
  | { readonly kind: 'body'; readonly body: StoredBody }
  /** The body was stored and cannot be read any more. The span starts at it. */
  | { readonly kind: 'lost'; readonly span: LostSpan }
  /** The body of this sequence was removed, settled or not. The receipt cannot be compared with it any more. */
  | { readonly kind: 'removed'; readonly sequence: number }
  /** The log did not issue the receipt. */
  | { readonly kind: 'unknown' };

export interface PositionOptions {
  /** Where a destination without a stored position starts. */
  readonly startAt: 'earliest' | 'now';
  /** `evict`: a full journal evicts bodies that the destination has not settled. `hold`: it rejects new bodies instead. */
  readonly whenFull: 'evict' | 'hold';
}

/** Bodies that were evicted, or found lost when the log was opened, before this destination had settled them. */
export interface RetentionGap {
  readonly destination: string;
  readonly fromSequence: number;
  /** Inclusive. */
  readonly toSequence: number;
  /** Upper bound: bodies that the destination has in memory are still delivered. */
  readonly bodies: number;
  /** Bytes on disk, partly estimated. */
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly lastAtMs: number;
  /** When the first and the last of them were received, in epoch milliseconds, approximately. Absent if unknown. */
  readonly receivedFromMs?: number | undefined;
  readonly receivedToMs?: number | undefined;
  /** Why they were found lost. Absent: a full journal evicted them. */
  readonly reason?: 'damaged' | 'missing' | undefined;
}
