// The journal as others see it: bodies in, receipts out; readers and positions for the destinations.
import type {
  BodyMetadata,
  BodyReader,
  ConnectorError,
  Logger,
  LostSpan,
  Position,
  PositionFile,
} from '@xiq-siem/core';
import type { Files } from './files.ts';
import type { FoundBody } from './find-body.ts';
import type { LetGoGap } from './gaps.ts';
import type { JournalMeter } from './metrics.ts';

export interface JournalOptions {
  /** The open data directory's path. */
  readonly directory: string;
  readonly maxBytes: number;
  readonly minFreeBytes: number;
  readonly retainForMs: number;
  /** A new segment is started when the current one holds this many bytes. */
  readonly segmentBytes: number;
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: JournalMeter;
  /** The file system; Node's own where not given. */
  readonly files?: Files;
  /** How often `maintain` runs by itself, 1000 where not given; 0 for never. */
  readonly maintainEveryMs?: number;
  /** Called once, when it refuses for good (`journal_failed`): by an append, or by its own upkeep where nobody appends. */
  readonly onFailure?: (error: ConnectorError) => void;
}

export interface PositionOptions {
  /** Where a destination without a position begins. */
  readonly startAt: 'earliest' | 'now';
  /** `hold`: bodies that this destination wants are never let go, and a full journal refuses new ones instead. */
  readonly whenFull: 'letGo' | 'hold';
}

export interface JournalExtent {
  /** First sequence that can still be read. */
  readonly firstSequence: number;
  /** The sequence that the next body gets. */
  readonly nextSequence: number;
  readonly bytes: number;
}

export interface Journal {
  /**
   * Resolves with the receipt once body and metadata are synced. Rejects with a ConnectorError (`journal_*`).
   * `bytes` must not change until then.
   */
  append(metadata: BodyMetadata, bytes: Uint8Array): Promise<string>;
  /** Whether `append` would be accepted now. */
  acceptance(): { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };
  extent(): JournalExtent;
  /** The position of a destination, made at its first call. Saving it tells the journal what may go. */
  position(destination: string, options: PositionOptions): Promise<PositionFile>;
  /**
   * Closes the position of a destination that leaves while we run: it is as those of `orphanedPositions`, and may be
   * opened again. Saves of its owner that are on their way are waited for, later ones rejected. Not open: no matter.
   */
  releasePosition(destination: string): Promise<void>;
  /** The last saved position of every destination on disk, open or not. */
  positions(): ReadonlyMap<string, Position>;
  /** Names of positions on disk that are not open: destinations no longer configured. */
  orphanedPositions(): Promise<readonly string[]>;
  /** Ends a destination that is no longer configured: what it wanted holds nothing back any more. */
  forgetPosition(destination: string): Promise<void>;
  /**
   * Many may read at once; each is closed by its owner. With `toSequence` (inclusive) it has an end, after which `read`
   * gives an empty array; a lost span that crosses the end is given up to there.
   */
  reader(fromSequence: number, toSequence?: number): BodyReader;
  /** Bytes on disk from a sequence to the tail: exact for whole segments, estimated within the first. 0 at the tail. */
  bytesFrom(sequence: number): number;
  /**
   * The first sequence of a body received at or after `atMs` (epoch milliseconds), `extent().nextSequence` where there is
   * none. Where the clock stepped back: the first in the segment that a search by time leads to. Reads little more than
   * that segment, a chunk at a time. Rejects with the signal's reason once it fires.
   */
  sequenceAt(atMs: number, signal: AbortSignal): Promise<number>;
  /** What became of a receipt's body; reads at most one segment, a chunk at a time. */
  find(receipt: string): Promise<FoundBody>;
  /** What was found lost or was let go, since opening. */
  lostSpans(): readonly LostSpan[];
  /** What a full journal let go of although a destination wanted it, until it is acknowledged; survives a restart. */
  letGoGaps(): readonly LetGoGap[];
  /** Forgets the gaps of a destination that end at or before a sequence. */
  acknowledgeGaps(destination: string, toSequence: number): Promise<void>;
  /** Applies age, size and free space. Called once a second by itself; here for tests. */
  maintain(): Promise<void>;
  close(): Promise<void>;
}
