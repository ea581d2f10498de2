// The seams between the stages: what the log gives, and delivery takes, when the app joins them.
import type { StoredBody } from './body.ts';

/** Bodies that were kept once and cannot be read any more. */
export interface LostSpan {
  readonly fromSequence: number;
  /** Inclusive. */
  readonly toSequence: number;
  /** How many they were: sequences may be left out. Undefined where nobody knows; at least one. */
  readonly bodies: number | undefined;
  /** Stored bytes, where known. */
  readonly bytes: number;
  /** `damaged`: a check of its content failed. `missing`: it is not there. `letGo`: evicted. */
  readonly reason: 'damaged' | 'missing' | 'evicted';
  /** For a person: file and offset, where there are such. */
  readonly where: string;
}

export type JournalEntry =
  | { readonly kind: 'body'; readonly body: StoredBody }
  | { readonly kind: 'lost'; readonly span: LostSpan };

export interface ReadLimits {
  readonly maxBodies: number;
  /** Bytes of bodies at which a read stops; one body larger than that is given alone. */
  readonly maxBytes: number;
}

/** Gives acknowledged bodies only, in the order of their sequence, none twice. */
export interface BodyReader {
  /**
   * At least one entry; waits for one at the tail. An empty array only after `signal` has fired, or at the end of a
   * reader that has an end.
   */
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

/** What is settled at or after a position: bodies wholly, or elements of one body. */
export type SettledBody =
  | {
      readonly sequence: number;
      /** Inclusive, above `sequence`: every body from there to here is wholly settled. Without it there is one. */
      readonly toSequence?: number | undefined;
      readonly elements: 'all';
    }
  | {
      readonly sequence: number;
      readonly toSequence?: undefined;
      /** Ranges of element numbers, both ends inclusive, ascending. */
      readonly elements: readonly (readonly [from: number, to: number])[];
    };

/** How far a destination has come. */
export interface Position {
  /** Every body before it is wholly settled. */
  readonly sequence: number;
  /** Ascending, no body twice; `settledRangesIn` gives at most `maxSettledRanges`. Bodies with none between them may be a run. */
  readonly settled: readonly SettledBody[];
  readonly counters: PositionCounters;
}

/** Nothing done yet, from `sequence` on. */
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

/** A bound on `Position.settled`, so that a position always fits its slot. */
export const maxSettledRanges = 2048;

/** What `settled` takes of that bound: one for each range of elements and each single body, two for a run of bodies. */
export function countSettledRanges(settled: readonly SettledBody[]): number {
  return settled.reduce(
    (sum, { elements, toSequence }) =>
      sum + (elements === 'all' ? (toSequence === undefined ? 1 : 2) : elements.length),
    0,
  );
}

/** The durable position of one destination. */
export interface DurablePosition {
  /** As last saved, or as found at opening. */
  readonly position: Position;
  /** Resolves when it is durable: position and counters together or not at all. Rejects with `position_failed`. */
  save(position: Position): Promise<void>;
  close(): Promise<void>;
}
