// The seam of the log: what the rest of the connector may rely on, whatever engine keeps the bodies.
import type { BodyMetadata, StoredBody } from './body.ts';
import type { BodyReader, DurablePosition, LostSpan, Position } from './stages.ts';

/**
 * A durable log of bodies. A sequence is an integer of 1 or more that rises strictly from body to body; what lies between
 * two of them means nothing: an engine may number several bodies of one message, or leave numbers out. A body that was
 * kept and cannot be given any more is reported as lost, and by nothing else.
 */
export interface Log {
  /**
   * Resolves with the receipt once body and metadata survive a crash; `bytes` must not change until then. Rejects with a
   * ConnectorError, and no reader is given the body: `journal_full` until there is capacity, `journal_failed` until a
   * restart, `journal_closed`, `journal_record_too_large`.
   */
  append(metadata: BodyMetadata, bytes: Uint8Array): Promise<string>;
  /** Whether `append` would be accepted now; else the code that it rejects with. */
  acceptance(): { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };
  extent(): LogExtent;
  /**
   * Bodies from one sequence to another, both inclusive, or to the tail: those that a reader of that span gives, or
   * reports as lost; evicted ones as far as the log knows how many they were. 0 where the span ends before it begins.
   */
  countBodies(fromSequence: number, toSequence?: number): number;
  /** Bytes that are stored from a sequence to the tail; may be an estimate. 0 at the tail. */
  bytesFrom(sequence: number): number;
  /**
   * Gives the first body at or after `fromSequence`, and every later one. Many may read at once; each is closed by its
   * owner. With `toSequence` (inclusive) it has an end: after the last body up to there `read` gives an empty array. A
   * lost span that crosses one of the two is given as far as it lies between them. `read` rejects with `journal_closed`
   * once the log is closed; after another failure a reader may be opened where it stood.
   */
  reader(fromSequence: number, toSequence?: number): BodyReader;
  /**
   * The first sequence of a body received at or after `atMs` (epoch milliseconds), `extent().nextSequence` where there is
   * none; exact while the clock did not step back. Rejects with the signal's reason once it fires.
   */
  sequenceAt(atMs: number, signal: AbortSignal): Promise<number>;
  /** What became of a receipt's body. */
  find(receipt: string): Promise<FoundBody>;

  /**
   * The position of a destination (`a-z`, `0-9` and `-`, at most 64), made at its first call. Saving it tells the log what
   * may be evicted. Rejects where it is open already; a save rejects with `position_failed`.
   */
  position(destination: string, options: PositionOptions): Promise<DurablePosition>;
  /**
   * Closes the position of a destination that leaves while we run: it is as those of `orphanedPositions`, and may be
   * opened again. Saves of its owner that are on their way are waited for, later ones rejected. Does nothing where it is
   * not open.
   */
  releasePosition(destination: string): Promise<void>;
  /** The last saved position of every destination, open or not. */
  positions(): ReadonlyMap<string, Position>;
  /** Names of positions that are not open: destinations no longer configured. */
  orphanedPositions(): Promise<readonly string[]>;
  /** Ends a destination that is no longer configured: what it wanted may be evicted. Rejects where its position is open. */
  forgetPosition(destination: string): Promise<void>;

  /** What was found lost or was evicted although somebody wanted it, since opening. */
  lostSpans(): readonly LostSpan[];
  /** What a full log evicted although a destination wanted it, until that is acknowledged; survives a restart. */
  retentionGaps(): readonly RetentionGap[];
  /** Forgets the gaps of a destination that end at or before a sequence. */
  acknowledgeGaps(destination: string, toSequence: number): Promise<void>;
  /** Ends appends and reads; what was appended before is kept. */
  close(): Promise<void>;
}

/** What can be asked of a log without changing it: also of the files of a connector that is stopped. */
export type ReadableLog = Pick<
  Log,
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

export interface LogExtent {
  /** No body below it can be read any more. */
  readonly firstSequence: number;
  /** Every body that is kept has a lower sequence, every later one this or a higher. */
  readonly nextSequence: number;
  /** As `bodiesIn` gives them from `firstSequence` on. */
  readonly bodies: number;
  /** Bytes that are stored. */
  readonly bytes: number;
  /** Whether bodies were ever evicted: what is before the first body is not known then. */
  readonly hasEvicted: boolean;
}

export type FoundBody =
  | { readonly kind: 'body'; readonly body: StoredBody }
  /** It was kept, and cannot be read any more. The span begins at it. */
  | { readonly kind: 'lost'; readonly span: LostSpan }
  /** It was kept once, under this sequence, and evicted. Nobody can tell any more whether the receipt was ours. */
  | { readonly kind: 'removed'; readonly sequence: number }
  /** No receipt of this log. */
  | { readonly kind: 'unknown' };

export interface PositionOptions {
  /** Where a destination without a position begins. */
  readonly startAt: 'earliest' | 'now';
  /** `hold`: bodies that this destination wants are never evicted, and a full log refuses new ones instead. */
  readonly whenFull: 'evict' | 'hold';
}

/** Bodies that one destination wanted and that were evicted. */
export interface RetentionGap {
  readonly destination: string;
  readonly fromSequence: number;
  /** Inclusive. */
  readonly toSequence: number;
  /** At most: those that the destination had in memory already are delivered all the same. */
  readonly bodies: number;
  /** Stored bytes, in part estimated. */
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly lastAtMs: number;
}
