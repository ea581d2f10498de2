// The set of current segments, oldest first, and how far they are synced. The writer updates it; readers wait for changes.
import { recordsStart, type SegmentHeader } from './segment-format.ts';

export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  /** Offsets of some records, ascending: a reader can start there instead of at the first record. */
  readonly landmarks: { readonly sequence: number; readonly offset: number }[];
  /** Synced bytes, which may be read. */
  bytes: number;
  /** Epoch milliseconds of its last append. */
  lastAppendMs: number;
  removed: boolean;
  /** The next newer segment. */
  following: Segment | undefined;
}

/** Most bytes that a reader skips. A journal of 10 GiB has about 40,000 landmarks. */
const landmarkEveryBytes = 256 * 1024;

export type SegmentSet = ReturnType<typeof segmentSet>;

export function newSegment(path: string, header: SegmentHeader, bytes: number, lastAppendMs: number): Segment {
  return { path, header, landmarks: [], bytes, lastAppendMs, removed: false, following: undefined };
}

/** Adds a landmark at an intact record, if it is far enough from the last one. */
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

  /** Notifies all waiting readers. */
  function wake(): void {
    version += 1;
    for (const resume of waiting) resume();
    waiting.clear();
  }

  /** Bytes from a sequence to the tail: exact for whole segments, by the share of records for a part of one. */
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

  function addSegment(segment: Segment): void {
    const newest = segments.at(-1);
    if (newest !== undefined) newest.following = segment;
    segments.push(segment);
    bytes += segment.bytes;
    wake();
  }

  /** Hides the oldest segment from new reads. Its file may then be removed. */
  function removeOldest(): void {
    const oldest = segments.shift();
    if (oldest === undefined) return;
    oldest.removed = true;
    bytes -= oldest.bytes;
    keptFrom = Math.max(keptFrom, segments[0]?.header.firstSequence ?? nextSequence);
    wake();
  }

  /** `more` bytes of the newest segment are synced, up to the sequence before `next`. */
  function advance(more: number, next: number, nowMs: number): void {
    const newest = segments.at(-1);
    if (newest === undefined) return;
    noteLandmark(newest, nextSequence, newest.bytes);
    newest.bytes += more;
    newest.lastAppendMs = nowMs;
    bytes += more;
    nextSequence = next;
    wake();
  }

  /** Resolves when `version()` is no longer `seen`, or the signal fires. */
  async function waitForChange(seen: number, signal: AbortSignal): Promise<void> {
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
  }

  return {
    segments: segments as readonly Segment[],
    /** The first sequence of the oldest segment; `nextSequence()` if there is none. */
    firstSequence: () => segments[0]?.header.firstSequence ?? nextSequence,
    /** The sequence that the next synced record gets. */
    nextSequence: () => nextSequence,
    /** Sequences below it were removed by the journal. */
    keptFrom: () => keptFrom,
    bytes: () => bytes,
    bytesFrom,
    /** Increases with every change that a reader may wait for. */
    version: () => version,
    add: addSegment,
    removeOldest,
    /** Another process removed the bodies below a sequence: they are not missing. */
    raiseKeptFrom(sequence: number): void {
      keptFrom = Math.max(keptFrom, sequence);
    },
    advance,
    /** The segment that has a sequence, if that sequence exists. */
    find: (sequence: number) => segments.findLast((segment) => segment.header.firstSequence <= sequence),
    /** The sequence before which all records belong to the segment, or are lost. */
    endOf: (segment: Segment) => segment.following?.header.firstSequence ?? nextSequence,
    waitForChange,
    wake,
  };
}
