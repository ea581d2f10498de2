// Reads a log from a sequence on, over all its segments: whole records in order, and each lost span once.
import type { LostSpan } from '@xiq-siem/core';
import { type Files, type OpenFile, systemCode } from './files.ts';
import type { DamageKind } from './lost-ledger.ts';
import { type FoundRecord, type RecordCursor, recordCursor } from './record-cursor.ts';
import type { Segment, SegmentLimit, SegmentSet } from './segment-set.ts';

export type LogEntry =
  | { readonly kind: 'record'; readonly record: FoundRecord; readonly segment: Segment }
  | { readonly kind: 'lost'; readonly span: LostSpan; readonly damage: DamageKind | undefined };

export interface LogReader {
  /** The next entry, or undefined at the tail. */
  next(): Promise<LogEntry | undefined>;
  close(): Promise<void>;
}

interface OpenSegment {
  readonly segment: Segment;
  /** None where it is gone. */
  readonly file: OpenFile | undefined;
  /** None where the file is gone. */
  readonly cursor: RecordCursor | undefined;
}

interface Damage {
  readonly what: 'header' | 'payload';
  readonly where: string;
  readonly bytes: number;
}

/** `vanished` is called when a segment's file is not there: it may find out that it was removed, and tell the set. */
export function logReader(
  files: Files,
  set: SegmentSet,
  fromSequence: number,
  vanished?: () => Promise<void>,
): LogReader {
  let expected = fromSequence;
  let current: OpenSegment | undefined;
  let damage: Damage | undefined;
  let held: FoundRecord | undefined;

  /** A span from `expected` to before `next`. */
  function lost(next: number, where: string): LogEntry {
    const span: LostSpan = {
      fromSequence: expected,
      toSequence: next - 1,
      bytes: damage?.bytes ?? 0,
      reason: damage === undefined ? 'missing' : 'damaged',
      where: damage?.where ?? where,
    };
    const kind = damage?.what ?? 'gap';
    expected = next;
    damage = undefined;
    return { kind: 'lost', span, damage: kind };
  }

  /** Something before the oldest segment is asked for. */
  function beforeOldest(next: number): LogEntry {
    const to = set.keptFrom() > expected ? Math.min(next, set.keptFrom()) : next;
    const letGo = set.keptFrom() > expected;
    const where = letGo ? 'removed from the journal' : 'no segment holds it';
    const span: LostSpan = {
      fromSequence: expected,
      toSequence: to - 1,
      bytes: 0,
      reason: letGo ? 'letGo' : 'missing',
      where,
    };
    expected = to;
    return { kind: 'lost', span, damage: letGo ? undefined : 'gap' };
  }

  async function leave(): Promise<void> {
    const file = current?.file;
    current = undefined;
    held = undefined;
    damage = undefined;
    await file?.close();
  }

  /** The next record of the open segment that is `expected` or later, or undefined where it holds no more of them. */
  async function record(open: OpenSegment, limit: SegmentLimit): Promise<FoundRecord | undefined> {
    if (held !== undefined) return held;
    for (;;) {
      const found = await open.cursor?.next(limit.end);
      if (found === undefined || found.kind === 'end') return undefined;
      if (found.kind === 'damage') {
        const { what, offset, end } = found;
        damage = {
          what,
          where: damage?.where ?? `${open.segment.path}:${offset}`,
          bytes: (damage?.bytes ?? 0) + end - offset,
        };
      } else {
        // Past the limit stand records of a group that failed: refused then, and their sequences given to others.
        if (found.sequence >= limit.nextSequence) return undefined;
        open.segment.landmarks.note(found.sequence, found.offset);
        if (found.sequence >= expected) return found;
        damage = undefined;
      }
    }
  }

  return {
    async next() {
      for (;;) {
        if (current === undefined || current.segment.removed) {
          await leave();
          const segment = set.find(expected);
          if (segment === undefined) {
            const next = set.firstSequence();
            return expected < next ? beforeOldest(next) : undefined;
          }
          current = await enter(segment);
          continue;
        }
        const { segment } = current;
        const limit = set.limit(segment);
        if (expected >= limit.nextSequence) {
          if (limit.following === undefined) return undefined;
          await leave();
          current = await enter(limit.following);
          continue;
        }
        const found = await record(current, limit);
        if (found === undefined) return lost(limit.nextSequence, `${segment.path}: not in it`);
        if (found.sequence > expected) {
          held = found;
          return lost(found.sequence, `${segment.path}:${found.offset}: a jump of the sequence`);
        }
        held = undefined;
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
      const landmark = segment.landmarks.before(expected);
      return { segment, file, cursor: recordCursor(file, segment.header, landmark?.offset) };
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') await vanished?.();
      if (segment.removed) return undefined;
      // Too many open files and the like pass: nothing is lost by them.
      if (code !== 'ENOENT' && code !== 'EIO') throw error;
      if (code === 'EIO') damage = { what: 'header', where: `${segment.path}: EIO`, bytes: segment.bytes };
      return { segment, file: undefined, cursor: undefined };
    }
  }
}
