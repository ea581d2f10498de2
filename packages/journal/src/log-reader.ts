// Reads a log from a sequence on: intact records in order, and each lost span once.
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
  /** Called when the file of a segment is missing: it may find that the segment was removed, and update the set. */
  readonly onMissingFile?: (() => Promise<void>) | undefined;
}

export type LogReader = ReturnType<typeof logReader>;

interface OpenSegment {
  readonly segment: Segment;
  /** Undefined, as is `cursor`, if the file is missing. */
  readonly file?: OpenFile;
  readonly cursor?: RecordCursor;
}

export function logReader({ files, set, onMissingFile }: LogSource, fromSequence: number) {
  let expected = fromSequence;
  let current: OpenSegment | undefined;
  let damage: { readonly what: 'header' | 'payload'; readonly where: string; readonly bytes: number } | undefined;
  /** A record that was read and follows a lost span, which is returned first. */
  let pending: FoundRecord | undefined;

  /** A span from `expected` to before `next`. `isRemoved`: the journal removed it, settled or not. */
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

  async function closeSegment(): Promise<void> {
    const file = current?.file;
    current = undefined;
    pending = undefined;
    damage = undefined;
    await file?.close();
  }

  /** The next record before `end` at or after `expected`; undefined if the segment has no more. */
  async function findRecord(
    { segment, cursor }: OpenSegment,
    end: number,
    next: number,
  ): Promise<FoundRecord | undefined> {
    if (pending !== undefined) return pending;
    for (;;) {
      const found = await cursor?.next(end);
      if (found === undefined || found.kind === 'end') return undefined;
      if (found.kind === 'damage') {
        const where = damage?.where ?? `${segment.path}:${found.offset}`;
        damage = { what: found.what, where, bytes: (damage?.bytes ?? 0) + found.end - found.offset };
        continue;
      }
      // Records above the limit are of a group that failed. Their sequences were assigned again.
      if (found.sequence >= next) return undefined;
      noteLandmark(segment, found.sequence, found.offset);
      if (found.sequence >= expected) return found;
      damage = undefined;
    }
  }

  /** The next entry, or undefined at the tail. */
  async function nextEntry(): Promise<LogEntry | undefined> {
    for (;;) {
      if (current === undefined || current.segment.removed) {
        await closeSegment();
        const segment = set.find(expected);
        if (segment === undefined) {
          const next = set.firstSequence();
          if (expected >= next) return undefined;
          const keptFrom = set.keptFrom();
          if (expected >= keptFrom) return lost(next, 'in no segment');
          return lost(Math.min(next, keptFrom), 'removed from the journal', true);
        }
        current = await openSegment(segment);
        continue;
      }
      const { segment } = current;
      // Read together: the writer advances both while this function waits.
      const [end, next] = [segment.bytes, set.endOf(segment)];
      if (expected >= next) {
        if (segment.following === undefined) return undefined;
        await closeSegment();
        current = await openSegment(segment.following);
        continue;
      }
      const found = await findRecord(current, end, next);
      if (found === undefined) return lost(next, `${segment.path}: missing in it`);
      if (found.sequence > expected) {
        pending = found;
        return lost(found.sequence, `${segment.path}:${found.offset}: a jump of the sequence`);
      }
      pending = undefined;
      damage = undefined;
      expected = found.sequence + 1;
      return { kind: 'record', record: found, segment };
    }
  }
  return { next: nextEntry, close: closeSegment };

  /** A segment whose file cannot be opened is lost as a whole. The loop detects one that was removed meanwhile. */
  async function openSegment(segment: Segment): Promise<OpenSegment | undefined> {
    try {
      const file = await files.open(segment.path, 'read');
      // The header was read when the journal was opened, so later damage to it has no effect.
      const landmark = segment.landmarks.findLast(({ sequence }) => sequence <= expected);
      return { segment, file, cursor: recordCursor(file, segment.header, landmark?.offset) };
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') await onMissingFile?.();
      if (segment.removed) return undefined;
      // Other errors, such as too many open files, are transient: nothing is lost.
      if (code !== 'ENOENT' && code !== 'EIO') throw error;
      if (code === 'EIO') damage = { what: 'header', where: `${segment.path}: EIO`, bytes: segment.bytes };
      return { segment };
    }
  }
}
