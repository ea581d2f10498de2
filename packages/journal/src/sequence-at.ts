// Finds the sequence at a time: a binary search over the first bodies of the segments, then a scan of one segment.
import { type LogReader, type LogSource, logReader } from './log-reader.ts';
import { decodeMetadata } from './metadata.ts';
import type { Segment } from './segment-set.ts';

/**
 * The first sequence of a body received at or after `atMs`; exact if the clock did not step back. Reads one record of a
 * few segments and at most one whole segment, in chunks. Skips unreadable segments. Rejects with the reason of the signal.
 */
export async function sequenceAt(atMs: number, signal: AbortSignal, source: LogSource): Promise<number> {
  const { set } = source;
  const segments = [...set.segments];
  /** This segment starts before `atMs`, or is the first one. */
  let low = 0;
  /** No segment from here on starts before `atMs`, as far as it can be read. */
  let high = segments.length;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const first = await firstFrom(middle, high);
    if (first !== undefined && first.receivedAtMs < atMs) low = first.index;
    else high = middle;
  }
  const start = segments[low]?.header.firstSequence ?? set.nextSequence();
  return withReader(start, async (reader) => {
    for (let found = await nextBody(reader); found !== undefined; found = await nextBody(reader)) {
      if (found.receivedAtMs >= atMs) return found.sequence;
    }
    return set.nextSequence();
  });

  /** The first readable body in the segments from `start` to before `end`. */
  async function firstFrom(start: number, end: number) {
    for (let index = start; index < end; index += 1) {
      const segment = segments[index];
      if (segment === undefined || segment.removed) continue;
      const first = await withReader(segment.header.firstSequence, nextBody);
      if (first?.segment === segment) return { index, receivedAtMs: first.receivedAtMs };
    }
    return undefined;
  }

  async function nextBody(
    reader: LogReader,
  ): Promise<{ segment: Segment; sequence: number; receivedAtMs: number } | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const entry = await reader.next();
      if (entry === undefined) return undefined;
      const metadata = entry.kind === 'record' ? decodeMetadata(entry.record.metadata) : undefined;
      if (entry.kind === 'lost' || metadata === undefined) continue;
      const { segment, record } = entry;
      return { segment, sequence: record.sequence, receivedAtMs: metadata.receivedAtMs };
    }
  }

  async function withReader<T>(from: number, work: (reader: LogReader) => Promise<T>): Promise<T> {
    const reader = logReader(source, from);
    try {
      return await work(reader);
    } finally {
      await reader.close();
    }
  }
}
