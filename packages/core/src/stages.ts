// The types between the log and delivery: entries, readers and positions.
import type { StoredBody } from './body.ts';

/** Bodies that were stored and cannot be read any more. */
export interface LostSpan {
  readonly fromSequence: number;
  /** Inclusive. */
  readonly toSequence: number;
  /** Number of bodies, at least 1; undefined if unknown. The sequences alone do not tell it. */
  readonly bodies: number | undefined;
  /** Bytes on disk; 0 if unknown. */
  readonly bytes: number;
  /**
   * `damaged`: a checksum failed. `missing`: the data is absent. `evicted`: the journal removed the bodies, because it was
   * full, or because they were settled.
   */
  readonly reason: 'damaged' | 'missing' | 'evicted';
  /** For an operator: file and offset, if known. */
  readonly where: string;
}

export type JournalEntry =
  | { readonly kind: 'body'; readonly body: StoredBody }
  | { readonly kind: 'lost'; readonly span: LostSpan };

export interface ReadLimits {
  readonly maxBodies: number;
  /** Bytes of bodies at which a read stops. A larger body is returned alone. */
  readonly maxBytes: number;
}

/** Reads durable bodies in the order of their sequence, none twice. */
export interface BodyReader {
  /**
   * Returns at least one entry, and waits at the tail for one. Returns an empty array only after `signal` has fired, or
   * at the end of a reader with a last sequence.
   */
  read(limits: ReadLimits, signal: AbortSignal): Promise<readonly JournalEntry[]>;
  close(): Promise<void>;
}

/**
 * Numbers of events of one destination: normalized = delivered + deadLettered + filtered + damaged + in flight. A stored
 * position counts settled events only, so nothing of it is in flight. Settled: delivered, dead-lettered, filtered, or
 * lost (counted as `damaged`); nothing more is done with the event.
 */
export interface PositionCounters {
  readonly normalized: number;
  /** Includes `degraded` and `duplicate`. */
  readonly delivered: number;
  readonly degraded: number;
  readonly duplicate: number;
  readonly deadLettered: number;
  readonly filtered: number;
  /** Lost bodies. Each counts as one event, because its events cannot be counted. */
  readonly damaged: number;
}

/** Settled events at or after the sequence of a position: whole bodies, or some elements of one body. */
export type SettledBody =
  | {
      readonly sequence: number;
      /** Inclusive, greater than `sequence`: all bodies of the range are settled. Undefined: one body. */
      readonly toSequence?: number | undefined;
      readonly elements: 'all';
    }
  | {
      readonly sequence: number;
      readonly toSequence?: undefined;
      /** Ascending ranges of element numbers, both ends inclusive. */
      readonly elements: readonly (readonly [from: number, to: number])[];
    };

/** How far a destination has settled the log. */
export interface Position {
  /** Every body before it is settled. */
  readonly sequence: number;
  /** Ascending, no body twice. `countSettledRanges` of it is at most `maxSettledRanges`. */
  readonly settled: readonly SettledBody[];
  readonly counters: PositionCounters;
}

/** A position at `sequence` with nothing settled after it. */
export function initialPosition(sequence: number): Position {
  const counters = {
    normalized: 0,
    delivered: 0,
    degraded: 0,
    duplicate: 0,
    deadLettered: 0,
    filtered: 0,
    damaged: 0,
  };
  return { sequence, settled: [], counters };
}

/** Bounds `Position.settled`, because a position is stored in a slot of fixed size. */
export const maxSettledRanges = 2048;

/** Counts towards `maxSettledRanges`: 1 for each range of elements and each single body, 2 for each range of bodies. */
export function countSettledRanges(settled: readonly SettledBody[]): number {
  return settled.reduce(
    (sum, { elements, toSequence }) =>
      sum + (elements === 'all' ? (toSequence === undefined ? 1 : 2) : elements.length),
    0,
  );
}

/** The position of one destination on disk. */
export interface DurablePosition {
  /** The last saved position, or the one found when it was opened. */
  readonly position: Position;
  /** Resolves when the position is durable. Position and counters are stored atomically. Rejects with `position_failed`. */
  save(position: Position): Promise<void>;
  close(): Promise<void>;
}
