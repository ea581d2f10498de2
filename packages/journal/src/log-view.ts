// Reads a log without changing it: of an open journal, or of a snapshot.
import {
  type BodyLogExtent,
  type BodyReader,
  ConnectorError,
  type JournalEntry,
  type ReadableBodyLog,
} from '@xiq-siem/core';
import { findBody } from './find-body.ts';
import { type LogSource, logReader } from './log-reader.ts';
import { type LossTracker, spanOf } from './loss-tracker.ts';
import { decodeMetadata } from './metadata.ts';
import { receiptOf } from './receipt.ts';
import { sequenceAt } from './sequence-at.ts';

interface LogViewSource extends LogSource {
  readonly losses: LossTracker;
  readonly isClosed: () => boolean;
}

export function logView(source: LogViewSource): Omit<ReadableBodyLog, 'positions' | 'retentionGaps'> {
  const { set, losses } = source;

  function extentOfLog(): BodyLogExtent {
    const [firstSequence, nextSequence] = [set.firstSequence(), set.nextSequence()];
    const bodies = nextSequence - firstSequence;
    return { firstSequence, nextSequence, bodies, bytes: set.bytes(), hasRemoved: firstSequence > 1 };
  }
  return {
    extent: extentOfLog,
    countBodies: (from, to = Number.POSITIVE_INFINITY) => Math.max(0, Math.min(to + 1, set.nextSequence()) - from),
    bytesFrom: set.bytesFrom,
    sequenceAt: (atMs, signal) => sequenceAt(atMs, signal, source),
    // A search reads one body. It may see only a part of a lost span, so it reports none.
    find: (receipt) =>
      findBody(receipt, set, (from) => bodyReader(source, from, Number.POSITIVE_INFINITY, () => undefined)),
    reader: (from, to = Number.POSITIVE_INFINITY) => bodyReader(source, from, to, losses.report),
    lostSpans: losses.spans,
  };
}

/** Reads bodies and lost spans in bounded batches. Ends after `toSequence`; Infinity for never. */
function bodyReader(
  source: LogViewSource,
  fromSequence: number,
  toSequence: number,
  report: LossTracker['report'],
): BodyReader {
  const { set, isClosed } = source;
  const reader = logReader(source, fromSequence);
  /** The sequence after the last returned entry. */
  let next = fromSequence;
  /** An entry that did not fit into the last batch. */
  let pending: JournalEntry | undefined;

  async function nextEntry(): Promise<JournalEntry | undefined> {
    const entry = await reader.next();
    if (entry === undefined) return undefined;
    if (entry.kind === 'lost') {
      const { span, damage } = entry;
      // An evicted span was reported at its eviction. Settled bodies that were removed are no loss.
      if (span.reason !== 'evicted') report(span, damage);
      // The whole span is reported; the part up to `toSequence` is returned.
      return { kind: 'lost', span: spanOf({ ...span, toSequence: Math.min(span.toSequence, toSequence) }) };
    }
    const { header, path } = entry.segment;
    const { sequence, offset, payload: bytes } = entry.record;
    const metadata = decodeMetadata(entry.record.metadata);
    if (metadata === undefined) {
      const where = `${path}:${offset}: metadata`;
      const reason = 'damaged';
      const span = spanOf({ fromSequence: sequence, toSequence: sequence, bytes: bytes.length, reason, where });
      report(span, 'payload');
      return { kind: 'lost', span };
    }
    return { kind: 'body', body: { sequence, receipt: receiptOf(header.segmentId, sequence), metadata, bytes } };
  }

  async function readEntries(
    { maxBodies, maxBytes }: Parameters<BodyReader['read']>[0],
    signal: AbortSignal,
  ): Promise<readonly JournalEntry[]> {
    const entries: JournalEntry[] = [];
    let bytes = 0;
    while (entries.length < maxBodies && bytes < maxBytes && next <= toSequence) {
      if (isClosed()) throw new ConnectorError('journal_closed', 'the journal is closed and cannot be read');
      if (signal.aborted) break;
      const version = set.version();
      let entry: JournalEntry | undefined;
      try {
        entry = pending ?? (await nextEntry());
        pending = undefined;
      } catch (error) {
        // The entries that were read are returned; the next call gets the same error.
        if (entries.length > 0) break;
        throw error;
      }
      if (entry === undefined) {
        if (entries.length > 0) break;
        await set.waitForChange(version, signal);
        continue;
      }
      const size = entry.kind === 'body' ? entry.body.bytes.length : 0;
      if (entries.length > 0 && bytes + size > maxBytes) {
        pending = entry;
        break;
      }
      bytes += size;
      entries.push(entry);
      next = (entry.kind === 'body' ? entry.body.sequence : entry.span.toSequence) + 1;
    }
    return entries;
  }
  return { read: readEntries, close: reader.close };
}
