// The journal's reader for destinations: bodies and lost spans, in bounded portions.
import { type BodyReader, ConnectorError, type JournalEntry, type LostSpan } from '@xiq-siem/core';
import type { LogReader } from './log-reader.ts';
import type { DamageKind } from './lost-ledger.ts';
import { decodeMetadata } from './metadata.ts';
import { receiptsOf } from './receipt.ts';
import type { SegmentSet } from './segment-set.ts';

export interface BodyReaderOptions {
  readonly reader: LogReader;
  readonly set: SegmentSet;
  readonly fromSequence: number;
  /** Inclusive: where the reader ends. Infinity for never. */
  readonly toSequence: number;
  readonly isClosed: () => boolean;
  readonly lost: (span: LostSpan, damage: DamageKind | undefined) => void;
}

export function bodyReader(options: BodyReaderOptions): BodyReader {
  const { reader, set, toSequence, isClosed, lost } = options;
  /** The sequence after what was given. */
  let next = options.fromSequence;
  let held: JournalEntry | undefined;
  let receipts: { readonly segmentId: string; readonly of: (sequence: number) => string } | undefined;

  async function nextEntry(): Promise<JournalEntry | undefined> {
    const entry = held ?? (await readEntry());
    held = undefined;
    return entry;
  }

  async function readEntry(): Promise<JournalEntry | undefined> {
    const entry = await reader.next();
    if (entry === undefined) return undefined;
    if (entry.kind === 'lost') {
      lost(entry.span, entry.damage);
      // Said whole, given as far as was asked for.
      return { kind: 'lost', span: { ...entry.span, toSequence: Math.min(entry.span.toSequence, toSequence) } };
    }
    const { record, segment } = entry;
    const { sequence, offset, payload: bytes } = record;
    const metadata = decodeMetadata(record.metadata);
    if (metadata === undefined) {
      const where = `${segment.path}:${offset}: metadata`;
      const span: LostSpan = {
        fromSequence: sequence,
        toSequence: sequence,
        bytes: bytes.length,
        reason: 'damaged',
        where,
      };
      lost(span, 'payload');
      return { kind: 'lost', span };
    }
    const { segmentId } = segment.header;
    if (receipts?.segmentId !== segmentId) receipts = { segmentId, of: receiptsOf(segmentId) };
    return { kind: 'body', body: { sequence, receipt: receipts.of(sequence), metadata, bytes } };
  }

  return {
    async read({ maxBodies, maxBytes }, signal) {
      const entries: JournalEntry[] = [];
      let bytes = 0;
      while (entries.length < maxBodies && bytes < maxBytes && next <= toSequence) {
        if (isClosed())
          throw new ConnectorError('journal_closed', 'the journal is closed: nothing can be read from it');
        if (signal.aborted) break;
        const version = set.version();
        let entry: JournalEntry | undefined;
        try {
          entry = await nextEntry();
        } catch (error) {
          // What was read is not lost by it: the next call meets the same error.
          if (entries.length > 0) break;
          throw error;
        }
        if (entry === undefined) {
          if (entries.length > 0) break;
          await set.changed(version, signal);
          continue;
        }
        const size = entry.kind === 'body' ? entry.body.bytes.length : 0;
        if (entries.length > 0 && bytes + size > maxBytes) {
          held = entry;
          break;
        }
        bytes += size;
        entries.push(entry);
        next = (entry.kind === 'body' ? entry.body.sequence : entry.span.toSequence) + 1;
      }
      return entries;
    },
    close: () => reader.close(),
  };
}
