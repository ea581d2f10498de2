// Looks at the segments on disk and makes out where the log ends: writes nothing, and never refuses because of damage.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '@xiq-siem/core';
import { z } from 'zod';
import { type Files, systemCode } from './files.ts';
import type { DamageKind, FoundSpan } from './loss-tracker.ts';
import { readZeroFilled, recordCursor } from './record-cursor.ts';
import {
  decodeSegmentHeader,
  parseSegmentFileName,
  recordHeaderBytes,
  recordsStart,
  type SegmentHeader,
} from './segment-format.ts';
import { newSegment, type Segment, segmentSet } from './segment-set.ts';
import type { SlotFormat } from './slot-file.ts';

/** The head mark: which sequences were synced, kept outside the segments so that a cut at a record's border shows. */
const headSchema = z.object({
  /** The journal's id: segments of another one are not ours. */
  logId: z.string().regex(/^[0-9a-f]{32}$/),
  /** Sequences below it were removed by us. */
  keptFrom: z.int().min(1),
  /** Sequences below it were synced. */
  nextSequence: z.int().min(1),
  /** Written at close: up to the segment of this ordinal nothing was synced beyond `nextSequence`. 0 while open. */
  closedOrdinal: z.int().min(0),
});

type Head = Readonly<z.infer<typeof headSchema>>;

export const headFormat: SlotFormat<Head> = { schema: headSchema, slotBytes: 4096 };

export interface InspectOptions {
  readonly files: Files;
  readonly directory: string;
  readonly head: Head | undefined;
  readonly log: Logger;
}

/** What is not in the set, or not known to be synced. */
type Finding =
  /** `empty`: a newest file without records. `unreadable`: no header. `foreign`: of another log. */
  | { readonly kind: 'empty' | 'unreadable' | 'foreign'; readonly path: string; readonly bytes: number }
  /** Of the newest segment: no whole record begins between `offset` and `end`. */
  | { readonly kind: 'torn'; readonly path: string; readonly offset: number; readonly end: number }
  /** The newest segment holds whole records to its end: perhaps in the kernel's memory only. */
  | { readonly kind: 'whole'; readonly path: string };

interface FoundFile {
  readonly path: string;
  readonly ordinal: number;
  /** By its header, or else by its name. */
  readonly firstSequence: number;
  readonly header: SegmentHeader | undefined;
  readonly size: number;
  readonly modifiedMs: number;
}

interface FoundLost extends Omit<FoundSpan, 'where'> {
  readonly path: string;
  /** Where in the file, as it follows the path. */
  readonly at: string;
  readonly kind: DamageKind;
}

/** Scans the newest segment only; older ones are looked at when they are read. */
export async function inspectLog({ files, directory, head, log }: InspectOptions) {
  const found = await findSegmentFiles(files, directory, log);
  const lastHeader = found.findLast(({ header }) => header !== undefined)?.header;
  const logId = head?.logId ?? lastHeader?.logId ?? randomBytes(16).toString('hex');
  const nextOrdinal = (found.at(-1)?.ordinal ?? 0) + 1;
  const findings: Finding[] = [];
  const lost: FoundLost[] = [];

  const segments: Segment[] = [];
  /** Sequences below it were removed by us, are on disk, or said to be lost. */
  let nextSequence = head?.keptFrom ?? 1;
  for (const [index, file] of found.entries()) {
    const { path, header, size, firstSequence, modifiedMs } = file;
    const newest = index === found.length - 1;
    nextSequence = Math.max(nextSequence, firstSequence);
    if (newest && size <= recordsStart) {
      // Its records would have been written after its header was synced: there are none.
      findings.push({ kind: 'empty', path, bytes: size });
    } else if (header === undefined) {
      const next = found[index + 1]?.firstSequence ?? endOfUnreadable(file, head);
      findings.push({ kind: 'unreadable', path, bytes: size });
      addLost(firstSequence, next, { reason: 'damaged', bytes: size, path, at: ': both headers', kind: 'header' });
      nextSequence = Math.max(nextSequence, next);
    } else if (header.logId !== logId) {
      findings.push({ kind: 'foreign', path, bytes: size });
    } else {
      segments.push(newSegment(path, header, size, modifiedMs));
    }
  }

  const last = segments.at(-1);
  if (last !== undefined && last.path === lastNotEmpty(found)?.path) {
    nextSequence = Math.max(nextSequence, await scanNewest(last));
  }
  if (head !== undefined && head.nextSequence > nextSequence) {
    const path = last?.path ?? directory;
    const at = ': its end is not there';
    addLost(nextSequence, head.nextSequence, { reason: 'missing', bytes: 0, path, at, kind: 'gap' });
    nextSequence = head.nextSequence;
  }
  const set = segmentSet(segments, { nextSequence, keptFrom: head?.keptFrom ?? 1 });
  return { set, logId, nextOrdinal, findings, lost };

  function addLost(from: number, next: number, what: Omit<FoundLost, 'fromSequence' | 'toSequence'>): void {
    if (next > from) lost.push({ fromSequence: from, toSequence: next - 1, ...what });
  }

  /** The sequence after the segment's last whole record. What follows that record belongs to it no more. */
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
        const isAfterHead = expected >= (head?.nextSequence ?? 1);
        const doubt = isAfterHead ? ' (newer than the last head mark: perhaps never acknowledged)' : '';
        const at = `:${damage?.offset ?? one.offset}${doubt}`;
        const reason = damage === undefined ? 'missing' : 'damaged';
        addLost(expected, one.sequence, { reason, bytes: damage?.bytes ?? 0, path, at, kind: damage?.what ?? 'gap' });
        damage = undefined;
        expected = Math.max(expected, one.sequence + 1);
        end = one.offset + recordHeaderBytes + one.metadata.length + one.payload.length;
      }
    } finally {
      await file.close();
    }
    segment.bytes = end;
    if (end === size) {
      findings.push({ kind: 'whole', path });
      return expected;
    }
    findings.push({ kind: 'torn', path, offset: end, end: size });
    const known = head?.nextSequence ?? 0;
    const kind = damage?.what ?? 'payload';
    addLost(expected, known, { reason: 'damaged', bytes: size - end, path, at: `:${end}`, kind });
    return Math.max(expected, known);
  }
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

/** The segment files of a directory, oldest first. */
async function findSegmentFiles(files: Files, directory: string, log: Logger): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const name of await files.list(directory)) {
    const named = parseSegmentFileName(name);
    if (named === undefined) {
      if (name.endsWith('.segment')) log.warn('journal.unknown_file', { name });
      continue;
    }
    const path = join(directory, name);
    const file = await files.open(path, 'read').catch((error: unknown) => {
      // Beside a running connector a file may be removed between the list and its opening.
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    if (file === undefined) continue;
    try {
      const block = Buffer.alloc(recordsStart);
      await readZeroFilled(file, block, 0);
      found.push({ path, ...named, ...(await file.status()), header: decodeSegmentHeader(block) });
    } finally {
      await file.close();
    }
  }
  return found.sort((a, b) => a.ordinal - b.ordinal);
}
