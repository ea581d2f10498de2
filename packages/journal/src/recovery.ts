// Opening: finds the segments, makes out where the log ends, and never refuses because of damage.
import { join } from 'node:path';
import type { Logger } from '@xiq-siem/core';
import { errorText, type Files } from './files.ts';
import { type Head, newLogId } from './head-file.ts';
import type { LostLedger } from './lost-ledger.ts';
import type { Quarantine } from './quarantine.ts';
import { readWhatCanBeRead, recordCursor } from './record-cursor.ts';
import {
  decodeSegmentHeader,
  parseSegmentFileName,
  recordHeaderBytes,
  recordsStart,
  type SegmentHeader,
} from './segment-format.ts';
import { type Segment, type SegmentSet, segmentSet } from './segment-set.ts';

export interface RecoveryOptions {
  readonly files: Files;
  readonly directory: string;
  readonly head: Head | undefined;
  readonly quarantine: Quarantine;
  readonly ledger: LostLedger;
  readonly log: Logger;
}

export interface RecoveredLog {
  readonly set: SegmentSet;
  readonly logId: string;
  readonly nextOrdinal: number;
}

interface FoundFile {
  readonly path: string;
  readonly ordinal: number;
  /** By its header, or else by its name. */
  readonly firstSequence: number;
  readonly header: SegmentHeader | undefined;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Scans the newest segment only; older ones are looked at when they are read. */
export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog> {
  const { files, directory, head, quarantine, ledger, log } = options;
  const found = await findFiles(files, directory, log);
  const logId = head?.logId ?? found.findLast(({ header }) => header !== undefined)?.header?.logId ?? newLogId();
  const nextOrdinal = (found.at(-1)?.ordinal ?? 0) + 1;

  const segments: Segment[] = [];
  /** Sequences below it are on disk, or said to be lost. */
  let nextSequence = 1;
  for (const [index, file] of found.entries()) {
    const { path, header, size, firstSequence, modifiedMs } = file;
    const newest = index === found.length - 1;
    nextSequence = Math.max(nextSequence, firstSequence);
    if (newest && size <= recordsStart) {
      // Its records would have been written after its header was synced: there are none.
      await files.remove(path);
      await files.syncDirectory(directory);
    } else if (header === undefined) {
      const next = found[index + 1]?.firstSequence ?? endOfUnreadable(file, head);
      const where = `${await quarantine.move(path, size)}: both headers`;
      reportLost(firstSequence, next, 'damaged', size, where, 'header');
      nextSequence = Math.max(nextSequence, next);
    } else if (header.logId !== logId) {
      log.error('journal.foreign_segment', { path });
      await quarantine.move(path, size);
    } else {
      segments.push({ path, header, bytes: size, lastAppendMs: modifiedMs, removed: false, following: undefined });
    }
  }

  const last = segments.at(-1);
  if (last !== undefined && last.path === lastNotEmpty(found)?.path) {
    nextSequence = Math.max(nextSequence, await scanNewest(last));
  }
  if (head !== undefined && head.nextSequence > nextSequence) {
    const where = `${last?.path ?? directory}: its end is not there`;
    reportLost(nextSequence, head.nextSequence, 'missing', 0, where, 'gap');
    nextSequence = head.nextSequence;
  }
  return { set: segmentSet(segments, { nextSequence, keptFrom: head?.keptFrom ?? 1 }), logId, nextOrdinal };

  function reportLost(
    fromSequence: number,
    next: number,
    reason: 'damaged' | 'missing',
    bytes: number,
    where: string,
    kind: 'header' | 'payload' | 'gap',
  ): void {
    if (next > fromSequence) ledger.report({ fromSequence, toSequence: next - 1, bytes, reason, where }, kind);
  }

  /** The sequence after the segment's last whole record. What follows that record is cut off. */
  async function scanNewest(segment: Segment): Promise<number> {
    const { path, header, bytes: size } = segment;
    const file = await files.open(path, 'read');
    const cursor = recordCursor(file, header);
    let expected = header.firstSequence;
    let end = recordsStart;
    let damage: { what: 'header' | 'payload'; offset: number; bytes: number } | undefined;
    try {
      for (let one = await cursor.next(size); one.kind !== 'end'; one = await cursor.next(size)) {
        if (one.kind === 'damage') {
          damage = { what: one.what, offset: one.offset, bytes: one.end - one.offset };
          continue;
        }
        // A group that was being written at a power cut may be torn in its middle, too.
        const unmarked = expected >= (head?.nextSequence ?? 1);
        const doubt = unmarked ? ' (newer than the last head mark: perhaps never acknowledged)' : '';
        const where = `${path}:${damage?.offset ?? one.offset}${doubt}`;
        const reason = damage === undefined ? 'missing' : 'damaged';
        reportLost(expected, one.sequence, reason, damage?.bytes ?? 0, where, damage?.what ?? 'gap');
        damage = undefined;
        expected = Math.max(expected, one.sequence + 1);
        end = one.offset + recordHeaderBytes + one.metadata.length + one.payload.length;
      }
    } finally {
      await file.close();
    }
    segment.bytes = end;
    if (end < size) {
      await quarantine.cutTail(path, end, size);
      const known = head?.nextSequence ?? 0;
      reportLost(expected, known, 'damaged', size - end, `${path}:${end}`, damage?.what ?? 'payload');
      expected = Math.max(expected, known);
    } else {
      await syncWhatIsSeen(path);
    }
    return expected;
  }

  /** Whole records may be in the kernel's memory only, if our process died before its sync: readers see synced ones. */
  async function syncWhatIsSeen(path: string): Promise<void> {
    const file = await files.open(path, 'update');
    try {
      await file.datasync();
    } catch (error) {
      log.error('journal.sync_failed', { path, why: errorText(error) });
    } finally {
      await file.close();
    }
  }
}

async function findFiles(files: Files, directory: string, log: Logger): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const name of await files.list(directory)) {
    const named = parseSegmentFileName(name);
    if (named === undefined) {
      if (name.endsWith('.segment')) log.warn('journal.unknown_file', { name });
      continue;
    }
    const path = join(directory, name);
    const file = await files.open(path, 'read');
    try {
      const block = Buffer.alloc(recordsStart);
      await readWhatCanBeRead(file, block, 0);
      const header = decodeSegmentHeader(block);
      found.push({ path, ...named, ...(await file.status()), header });
    } finally {
      await file.close();
    }
  }
  return found.sort((a, b) => a.ordinal - b.ordinal);
}

/** The sequence after the last that a newest file without a header may hold: known after a clean close, else a bound. */
function endOfUnreadable(file: FoundFile, head: Head | undefined): number {
  if (head !== undefined && head.closedOrdinal >= file.ordinal) return head.nextSequence;
  const atMost = file.firstSequence + Math.floor((file.size - recordsStart) / (recordHeaderBytes + 1));
  return Math.max(head?.nextSequence ?? 0, atMost);
}

function lastNotEmpty(found: readonly FoundFile[]): FoundFile | undefined {
  const last = found.at(-1);
  return last !== undefined && last.size <= recordsStart ? found.at(-2) : last;
}
