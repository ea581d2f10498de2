// Reads a log from a sequence on, over all its segments: whole records in order, and each lost span once.
import { type Files, type OpenFile, systemCode } from './files.ts';
import type { DamageKind, FoundSpan } from './loss-tracker.ts';
import { type FoundRecord, type RecordCursor, recordCursor } from './record-cursor.ts';
import { noteLandmark, type Segment, type SegmentSet } from './segment-set.ts';

export type LogEntry =
  | { readonly kind: 'record'; readonly record: FoundRecord; readonly segment: Segment }
  | { readonly kind: 'lost'; readonly span: FoundSpan; readonly damage: DamageKind | undefined };

/** What a log is read from. */
export interface LogSource {
  readonly files: Files;
  readonly set: SegmentSet;
  /** Called when a segment's file is not there: it may find out that it was removed, and tell the set. */
  readonly vanished?: (() => Promise<void>) | undefined;
}

export type LogReader = ReturnType<typeof logReader>;

interface OpenSegment {
  readonly segment: Segment;
  /** Neither of them where the file is gone. */
  readonly file?: OpenFile;
  readonly cursor?: RecordCursor;
}

export function logReader({ files, set, vanished }: LogSource, fromSequence: number) {
  let expected = fromSequence;
  let current: OpenSegment | undefined;
  let damage: { readonly what: 'header' | 'payload'; readonly where: string; readonly bytes: number } | undefined;
  let blocked: FoundRecord | undefined;

  /** A span from `expected` to before `next`. */
  function lost(next: number, where: string, isRemoved = false): LogEntry {
    const span: FoundSpan = {
      fromSequence: expected,
      toSequence: next - 1,
      bytes: damage?.bytes ?? 0,
      reason: isRemoved ? 'evicted' : damage === undefined ? 'missing' : 'damaged',
      where: damage?.where ?? where,
    };
    const kind = isRemoved ? undefined : (damage?.what ?? 'gap');
    expected = next;
    damage = undefined;
    return { kind: 'lost', span, damage: kind };
  }

  async function leave(): Promise<void> {
    const file = current?.file;
    current = undefined;
    blocked = undefined;
    damage = undefined;
    await file?.close();
  }

  /** The next record before `end` that is `expected` or later, or undefined where the segment holds no more of them. */
  async function record({ segment, cursor }: OpenSegment, end: number, next: number): Promise<FoundRecord | undefined> {
    if (blocked !== undefined) return blocked;
    for (;;) {
      const found = await cursor?.next(end);
      if (found === undefined || found.kind === 'end') return undefined;
      if (found.kind === 'damage') {
        const where = damage?.where ?? `${segment.path}:${found.offset}`;
        damage = { what: found.what, where, bytes: (damage?.bytes ?? 0) + found.end - found.offset };
        continue;
      }
      // Past the limit stand records of a group that failed: refused then, and their sequences given to others.
      if (found.sequence >= next) return undefined;
      noteLandmark(segment, found.sequence, found.offset);
      if (found.sequence >= expected) return found;
      damage = undefined;
    }
  }

  return {
    /** The next entry, or undefined at the tail. */
    async next(): Promise<LogEntry | undefined> {
      for (;;) {
        if (current === undefined || current.segment.removed) {
          await leave();
          const segment = set.find(expected);
          if (segment === undefined) {
            const next = set.firstSequence();
            if (expected >= next) return undefined;
            const keptFrom = set.keptFrom();
            if (expected >= keptFrom) return lost(next, 'no segment holds it');
            return lost(Math.min(next, keptFrom), 'removed from the journal', true);
          }
          current = await enter(segment);
          continue;
        }
        const { segment } = current;
        // Both at once: the writer moves them on while we read.
        const [end, next] = [segment.bytes, set.endOf(segment)];
        if (expected >= next) {
          if (segment.following === undefined) return undefined;
          await leave();
          current = await enter(segment.following);
          continue;
        }
        const found = await record(current, end, next);
        if (found === undefined) return lost(next, `${segment.path}: not in it`);
        if (found.sequence > expected) {
          blocked = found;
          return lost(found.sequence, `${segment.path}:${found.offset}: a jump of the sequence`);
        }
        blocked = undefined;
        damage = undefined;
        expected = found.sequence + 1;
        return { kind: 'record', record: found, segment };
      }
    },
    close: leave,
  };

  /** A segment whose file cannot be opened is lost whole; one that was removed meanwhile is found gone by the loop. */
  async function enter(segment: Segment): Promise<OpenSegment | undefined> {
    try {
      const file = await files.open(segment.path, 'read');
      // Its header was read when the journal was opened: damage to it since then costs nothing.
      const landmark = segment.landmarks.findLast(({ sequence }) => sequence <= expected);
      return { segment, file, cursor: recordCursor(file, segment.header, landmark?.offset) };
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') await vanished?.();
      if (segment.removed) return undefined;
      // Too many open files and the like pass: nothing is lost by them.
      if (code !== 'ENOENT' && code !== 'EIO') throw error;
      if (code === 'EIO') damage = { what: 'header', where: `${segment.path}: EIO`, bytes: segment.bytes };
      return { segment };
    }
  }
}
