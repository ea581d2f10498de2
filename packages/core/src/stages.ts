// The seams between the stages: what the journal gives, and delivery takes, when the app joins them.
import type { KeptBody } from './body.ts';

/** Bodies that were kept once and cannot be read any more. */
export interface LostSpan {
  readonly fromSequence: number;
  /** Inclusive. */
  readonly toSequence: number;
  /** Bytes on disk, where known. */
  readonly bytes: number;
  /** `damaged`: a CRC failed. `missing`: a sequence or a file is not there. `letGo`: given up when the journal was full. */
  readonly reason: 'damaged' | 'missing' | 'letGo';
  /** File and offset, for a person. */
  readonly where: string;
}

export type JournalEntry =
  | { readonly kind: 'body'; readonly body: KeptBody }
  | { readonly kind: 'lost'; readonly span: LostSpan };

export interface ReadLimits {
  readonly maxBodies: number;
  /** Bytes of bodies at which a read stops; one body larger than that is given alone. */
  readonly maxBytes: number;
}

/** Reads synced records only, in the order of their sequence. */
export interface BodyReader {
  /** At least one entry; waits for one at the tail. An empty array only after `signal` has fired. */
  read(limits: ReadLimits, signal: AbortSignal): Promise<readonly JournalEntry[]>;
  close(): Promise<void>;
}

/**
 * What became of events, in events of the bodies that a destination has read:
 * normalized = delivered + deadLettered + filtered + damaged, but for those in flight.
 */
export interface PositionCounters {
  readonly normalized: number;
  /** `degraded` and `duplicate` are part of it. */
  readonly delivered: number;
  readonly degraded: number;
  readonly duplicate: number;
  readonly deadLettered: number;
  readonly filtered: number;
  /** Bodies that could not be read again: one event each, since none can be counted in them. */
  readonly damaged: number;
}

/** A body after the position of which some elements are settled, or all. */
export interface SettledBody {
  readonly sequence: number;
  /** Ranges of element numbers, both ends inclusive, ascending; or the whole body. */
  readonly elements: 'all' | readonly (readonly [from: number, to: number])[];
}

/** How far a destination has come. */
export interface Position {
  /** The first body that is not wholly settled. */
  readonly sequence: number;
  /** What is settled at or after it, ascending; at most `maxSettledRanges` ranges in all. */
  readonly settled: readonly SettledBody[];
  readonly counters: PositionCounters;
}

/** A bound on `Position.settled`, so that a position always fits its slot. */
export const maxSettledRanges = 2048;

/** The durable position of one destination. */
export interface PositionFile {
  /** As last saved, or as found at opening. */
  readonly position: Position;
  /** Resolves when it is on disk: position and counters together or not at all. */
  save(position: Position): Promise<void>;
  close(): Promise<void>;
}
