// The segments there are now, oldest first, and how far they are synced: what the writer publishes and readers follow.
import type { Landmarks } from './landmarks.ts';
import { recordsStart, type SegmentHeader } from './segment-format.ts';

export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  /** Of records that were found whole. */
  readonly landmarks: Landmarks;
  /** Bytes that may be read: synced ones. */
  bytes: number;
  /** Epoch milliseconds of its last append. */
  lastAppendMs: number;
  removed: boolean;
  /** The next newer segment. */
  following: Segment | undefined;
}

export interface SegmentLimit {
  /** Offset up to which records may be read. */
  readonly end: number;
  /** Sequences below it belong to this segment, or are lost. */
  readonly nextSequence: number;
  readonly following: Segment | undefined;
}

export interface SegmentSet {
  readonly segments: readonly Segment[];
  /** The first sequence of the oldest segment; `nextSequence()` where there is none. */
  firstSequence(): number;
  /** The sequence that the next synced record gets. */
  nextSequence(): number;
  /** Sequences below it were removed by us. */
  keptFrom(): number;
  bytes(): number;
  /** Bytes from a sequence to the tail: exact for whole segments, by its share of the records for a part of one. */
  bytesFrom(sequence: number): number;
  /** Rises with every change that a waiting reader might be waiting for. */
  version(): number;
  add(segment: Segment): void;
  /** Takes the oldest out of sight of new reads; its file may go then. */
  removeOldest(): void;
  /** Another process has removed what is below a sequence: it is not lost. */
  raiseKeptFrom(sequence: number): void;
  /** `bytes` more of the newest are synced, up to but not including `nextSequence`. */
  advance(bytes: number, nextSequence: number, nowMs: number): void;
  /** The segment that holds a sequence, if it is there at all. */
  find(sequence: number): Segment | undefined;
  limit(segment: Segment): SegmentLimit;
  /** Resolves when `version()` is no longer `seen`, or the signal fires. */
  changed(seen: number, signal: AbortSignal): Promise<void>;
  /** Wakes all who wait. */
  wake(): void;
}

export function segmentSet(found: readonly Segment[], first: { nextSequence: number; keptFrom: number }): SegmentSet {
  const segments = [...found];
  for (const [index, segment] of segments.entries()) segment.following = segments[index + 1];
  let { nextSequence, keptFrom } = first;
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let version = 0;
  const waiting = new Set<() => void>();

  function wake(): void {
    version += 1;
    for (const resume of waiting) resume();
    waiting.clear();
  }

  function bytesFrom(sequence: number): number {
    if (sequence >= nextSequence) return 0;
    let sum = 0;
    for (const segment of segments) {
      const first = segment.header.firstSequence;
      const next = segment.following?.header.firstSequence ?? nextSequence;
      if (first >= sequence) sum += segment.bytes;
      else if (next > sequence) sum += ((segment.bytes - recordsStart) * (next - sequence)) / (next - first);
    }
    return Math.round(sum);
  }

  return {
    segments,
    firstSequence: () => segments[0]?.header.firstSequence ?? nextSequence,
    nextSequence: () => nextSequence,
    keptFrom: () => keptFrom,
    bytes: () => bytes,
    bytesFrom,
    version: () => version,
    add(segment) {
      const newest = segments.at(-1);
      if (newest !== undefined) newest.following = segment;
      segments.push(segment);
      bytes += segment.bytes;
      wake();
    },
    removeOldest() {
      const oldest = segments.shift();
      if (oldest === undefined) return;
      oldest.removed = true;
      bytes -= oldest.bytes;
      keptFrom = Math.max(keptFrom, segments[0]?.header.firstSequence ?? nextSequence);
      wake();
    },
    raiseKeptFrom(sequence) {
      keptFrom = Math.max(keptFrom, sequence);
    },
    advance(more, next, nowMs) {
      const newest = segments.at(-1);
      if (newest === undefined) return;
      newest.landmarks.note(nextSequence, newest.bytes);
      newest.bytes += more;
      newest.lastAppendMs = nowMs;
      bytes += more;
      nextSequence = next;
      wake();
    },
    find: (sequence) => segments.findLast((segment) => segment.header.firstSequence <= sequence),
    limit(segment) {
      const { bytes: end, following } = segment;
      return { end, nextSequence: following?.header.firstSequence ?? nextSequence, following };
    },
    async changed(seen, signal) {
      if (seen !== version || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          waiting.delete(resume);
          signal.removeEventListener('abort', resume);
          resolve();
        };
        waiting.add(resume);
        signal.addEventListener('abort', resume);
      });
    },
    wake,
  };
}
