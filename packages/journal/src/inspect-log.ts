// Inspects the segments on disk and finds the end of the log. Writes nothing, and accepts damaged files.
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

/** The head: which sequences were synced. It is outside the segments, so that a cut at the end of a record is detected. */
const headSchema = z.object({
  /** The id of the log: segments with another id are foreign. */
  logId: z.string().regex(/^[0-9a-f]{32}$/),
  /** Sequences below it were removed by the journal. */
  keptFrom: z.int().min(1),
  /** Sequences below it were synced. */
  nextSequence: z.int().min(1),
  /** Written at close: no segment up to this ordinal has records at or above `nextSequence`. 0 while open. */
  closedOrdinal: z.int().min(0),
  /** The age guard's confirmed time. Older versions did not store it. */
  confirmedMs: z.number().optional(),
  /** Bodies of the retention gaps that are not acknowledged: the file `gaps` has no fewer. Older versions did not store it. */
  gapBodies: z.int().min(0).optional(),
});

export type Head = Readonly<z.infer<typeof headSchema>>;

export const headFormat: SlotFormat<Head> = { schema: headSchema, slotBytes: 4096 };

export interface InspectOptions {
  readonly files: Files;
  readonly directory: string;
  readonly head: Head | undefined;
  readonly log: Logger;
  /** What positions and the state file tell: bodies below `nextSequence` were stored, those below `settledBelow` settled. */
  readonly known: { readonly nextSequence: number; readonly settledBelow: number };
}

/** A file that is not in the set, or is not known to be synced. */
type Finding =
  /** `empty`: the newest file, without records. `unreadable`: no valid header. `foreign`: of another log. */
  | { readonly kind: 'empty' | 'unreadable' | 'foreign'; readonly path: string; readonly bytes: number }
  /** Of the newest segment: no intact record starts between `offset` and `end`. */
  | { readonly kind: 'torn'; readonly path: string; readonly offset: number; readonly end: number }
  /** The newest segment has intact records to its end. They may be only in the page cache. */
  | { readonly kind: 'whole'; readonly path: string };

interface FoundFile {
  readonly path: string;
  readonly ordinal: number;
  /** From its header, else from its name. */
  readonly firstSequence: number;
  readonly header: SegmentHeader | undefined;
  readonly size: number;
  readonly modifiedMs: number;
}

interface FoundLost extends Omit<FoundSpan, 'where'> {
  readonly path: string;
  /** Location in the file, as a suffix of the path. */
  readonly at: string;
  readonly kind: DamageKind;
}

/** Scans the newest segment only; older ones are checked when they are read. */
export async function inspectLog({ files, directory, head, log, known }: InspectOptions) {
  const found = await findSegmentFiles(files, directory, log);
  const lastHeader = found.findLast(({ header }) => header !== undefined)?.header;
  const logId = head?.logId ?? lastHeader?.logId ?? randomBytes(16).toString('hex');
  const nextOrdinal = (found.at(-1)?.ordinal ?? 0) + 1;
  const findings: Finding[] = [];
  const lost: FoundLost[] = [];

  const segments: Segment[] = [];
  /** Sequences below it were removed by the journal, are on disk, or are reported as lost. */
  let nextSequence = head?.keptFrom ?? 1;
  for (const [index, file] of found.entries()) {
    const { path, header, size, firstSequence, modifiedMs } = file;
    const newest = index === found.length - 1;
    nextSequence = Math.max(nextSequence, firstSequence);
    if (newest && size <= recordsStart) {
      // Records are written after the header is synced: there are none.
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
    const at = ': its end is missing';
    addLost(nextSequence, head.nextSequence, { reason: 'missing', bytes: 0, path, at, kind: 'gap' });
    nextSequence = head.nextSequence;
  }
  const endsAt = nextSequence;
  const isRemoved = segments.length === 0 && head === undefined;
  let keptFrom = head?.keptFrom ?? 1;
  if (known.nextSequence > endsAt) {
    // No sequence is used twice: positions and dead letters would be taken for those of other bodies.
    const from = Math.max(endsAt, Math.min(known.settledBelow, known.nextSequence));
    const path = last?.path ?? directory;
    const at = ': positions are beyond its end';
    addLost(from, known.nextSequence, { reason: 'missing', bytes: 0, path, at, kind: 'gap' });
    nextSequence = known.nextSequence;
    if (isRemoved) keptFrom = from;
  }
  const set = segmentSet(segments, { nextSequence, keptFrom });
  return { set, logId, nextOrdinal, findings, lost, endsAt, isRemoved };

  function addLost(from: number, next: number, what: Omit<FoundLost, 'fromSequence' | 'toSequence'>): void {
    if (next > from) lost.push({ fromSequence: from, toSequence: next - 1, ...what });
  }

  /** Returns the sequence after the last intact record of a segment, and ends the segment there. */
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
        // A power cut may damage the group that was being written in its middle too.
        const isAfterHead = expected >= (head?.nextSequence ?? 1);
        const note = isAfterHead ? ' (newer than the last saved head: perhaps never acknowledged)' : '';
        const at = `:${damage?.offset ?? one.offset}${note}`;
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

/** The end of a newest file without a header: exact after a clean close, else an upper bound. */
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
      // A running connector may remove the file after it was listed.
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
