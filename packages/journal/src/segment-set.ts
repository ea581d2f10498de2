// The segments there are now, oldest first, and how far they are synced: what the writer publishes and readers follow.
import { recordsStart, type SegmentHeader } from './segment-format.ts';

export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  /** Where some of its records begin, so that a reader in the midst of it need not begin at its head. Ascending. */
  readonly landmarks: { readonly sequence: number; readonly offset: number }[];
  /** Bytes that may be read: synced ones. */
  bytes: number;
  /** Epoch milliseconds of its last append. */
  lastAppendMs: number;
  removed: boolean;
  /** The next newer segment. */
  following: Segment | undefined;
}

/** What is read in vain at most; of a journal of 10 GiB some 40,000 are kept. */
const landmarkEveryBytes = 256 * 1024;

export type SegmentSet = ReturnType<typeof segmentSet>;

export function newSegment(path: string, header: SegmentHeader, bytes: number, lastAppendMs: number): Segment {
  return { path, header, landmarks: [], bytes, lastAppendMs, removed: false, following: undefined };
}

/** Notes where a whole record begins, if that is far enough behind the last landmark. */
export function noteLandmark({ landmarks }: Segment, sequence: number, offset: number): void {
  const last = landmarks.at(-1) ?? { sequence: 0, offset: recordsStart };
  if (offset - last.offset >= landmarkEveryBytes && sequence > last.sequence) landmarks.push({ sequence, offset });
}

export function segmentSet(found: readonly Segment[], first: { nextSequence: number; keptFrom: number }) {
  const segments = [...found];
  for (const [index, segment] of segments.entries()) segment.following = segments[index + 1];
  let { nextSequence, keptFrom } = first;
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let version = 0;
  const waiting = new Set<() => void>();

  /** Wakes all who wait. */
  function wake(): void {
    version += 1;
    for (const resume of waiting) resume();
    waiting.clear();
  }

  return {
    segments: segments as readonly Segment[],
    /** The first sequence of the oldest segment; `nextSequence()` where there is none. */
    firstSequence: () => segments[0]?.header.firstSequence ?? nextSequence,
    /** The sequence that the next synced record gets. */
    nextSequence: () => nextSequence,
    /** Sequences below it were removed by us. */
    keptFrom: () => keptFrom,
    bytes: () => bytes,
    /** Bytes from a sequence to the tail: exact for whole segments, by its share of the records for a part of one. */
    bytesFrom(sequence: number): number {
      if (sequence >= nextSequence) return 0;
      let sum = 0;
      for (const segment of segments) {
        const first = segment.header.firstSequence;
        const next = segment.following?.header.firstSequence ?? nextSequence;
        if (first >= sequence) sum += segment.bytes;
        else if (next > sequence) sum += ((segment.bytes - recordsStart) * (next - sequence)) / (next - first);
      }
      return Math.round(sum);
    },
    /** Rises with every change that a waiting reader might be waiting for. */
    version: () => version,
    add(segment: Segment): void {
      const newest = segments.at(-1);
      if (newest !== undefined) newest.following = segment;
      segments.push(segment);
      bytes += segment.bytes;
      wake();
    },
    /** Takes the oldest out of sight of new reads; its file may go then. */
    removeOldest(): void {
      const oldest = segments.shift();
      if (oldest === undefined) return;
      oldest.removed = true;
      bytes -= oldest.bytes;
      keptFrom = Math.max(keptFrom, segments[0]?.header.firstSequence ?? nextSequence);
      wake();
    },
    /** Another process has removed what is below a sequence: it is not lost. */
    raiseKeptFrom(sequence: number): void {
      keptFrom = Math.max(keptFrom, sequence);
    },
    /** `more` bytes of the newest are synced, up to but not including the sequence `next`. */
    advance(more: number, next: number, nowMs: number): void {
      const newest = segments.at(-1);
      if (newest === undefined) return;
      noteLandmark(newest, nextSequence, newest.bytes);
      newest.bytes += more;
      newest.lastAppendMs = nowMs;
      bytes += more;
      nextSequence = next;
      wake();
    },
    /** The segment that holds a sequence, if it is there at all. */
    find: (sequence: number) => segments.findLast((segment) => segment.header.firstSequence <= sequence),
    /** The sequence up to which records belong to a segment, or are lost. */
    endOf: (segment: Segment) => segment.following?.header.firstSequence ?? nextSequence,
    /** Resolves when `version()` is no longer `seen`, or the signal fires. */
    async changed(seen: number, signal: AbortSignal): Promise<void> {
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
