// Finds the body of a receipt without an index: selects one segment and reads in it.
import type { BodyReader, FoundBody, LostSpan } from '@xiq-siem/core';
import { parseReceipt } from './receipt.ts';
import type { Segment, SegmentSet } from './segment-set.ts';

/** Reads at most one segment, in chunks. */
export async function findBody(
  receipt: string,
  set: SegmentSet,
  readerFrom: (sequence: number) => BodyReader,
): Promise<FoundBody> {
  const named = parseReceipt(receipt);
  if (named === undefined || named.sequence < 1 || named.sequence >= set.nextSequence()) return { kind: 'unknown' };
  const segment = set.find(named.sequence);
  const reader = readerFrom(named.sequence);
  try {
    const [entry] = await reader.read({ maxBodies: 1, maxBytes: 1 }, new AbortController().signal);
    if (entry === undefined) return { kind: 'unknown' };
    if (entry.kind === 'body') return entry.body.receipt === receipt ? entry : { kind: 'unknown' };
    if (entry.span.reason === 'evicted') return { kind: 'removed', sequence: named.sequence };
    return couldHaveSegmentId(named.segmentId, segment, entry.span) ? entry : { kind: 'unknown' };
  } finally {
    await reader.close();
  }

  /**
   * Whether a lost body may have been in the segment with that id: in `holder`, or in a missing file, whose sequences
   * follow those of `holder`.
   */
  function couldHaveSegmentId(segmentId: string, holder: Segment | undefined, span: LostSpan): boolean {
    if (holder === undefined || holder.header.segmentId === segmentId) return true;
    if (set.segments.some(({ header }) => header.segmentId === segmentId)) return false;
    return span.toSequence + 1 >= set.endOf(holder);
  }
}
