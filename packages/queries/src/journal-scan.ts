// Reads the bodies that were received in a span of time, in order, and reports progress.
import type { StoredBody } from '@xiq-siem/core';
import { ConnectorError } from '@xiq-siem/core';
import type { ReadModel } from './read-model.ts';

export interface Span {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Sequences: `first` inclusive, `next` exclusive. */
export interface SequenceSpan {
  readonly first: number;
  readonly next: number;
}

export type ScanStep =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** `afterLoss`: bodies between this one and the previous one are lost. */
  | { readonly kind: 'body'; readonly body: StoredBody; readonly afterLoss: boolean };

const portion = { maxBodies: 64, maxBytes: 1_048_576 };
const progressEveryMs = 500;

/** @throws ConnectorError `usage` where the span is empty. */
export async function sequencesOf(
  journal: ReadModel['journal'],
  { from, to }: Span,
  signal: AbortSignal,
): Promise<SequenceSpan> {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    throw new ConnectorError('usage', `the span from ${from} to ${to} is empty`);
  }
  const { firstSequence, nextSequence } = journal.extent();
  const first = from === undefined ? firstSequence : await journal.sequenceAt(Date.parse(from), signal);
  const next = to === undefined ? nextSequence : await journal.sequenceAt(Date.parse(to), signal);
  return { first: Math.max(first, firstSequence), next: Math.max(first, next) };
}

/** The last `bodies` bodies, or all where there are fewer. */
export function lastBodies(journal: ReadModel['journal'], bodies: number): SequenceSpan {
  const { firstSequence, nextSequence: next } = journal.extent();
  let first = firstSequence;
  for (let end = next; first < end; ) {
    const middle = Math.floor((first + end) / 2);
    if (journal.countBodies(middle) > bodies) first = middle + 1;
    else end = middle;
  }
  return { first, next };
}

/** Yields every readable body of the span. Ends early when the signal fires. */
export async function* scanJournal(
  { journal, yieldNow }: Pick<ReadModel, 'journal' | 'yieldNow'>,
  { first, next }: SequenceSpan,
  signal: AbortSignal,
): AsyncGenerator<ScanStep> {
  const total = journal.countBodies(first, next - 1);
  yield { kind: 'progress', done: 0, total };
  if (total === 0) return;
  const reader = journal.reader(first, next - 1);
  let reportedMs = performance.now();
  let afterLoss = false;
  try {
    for (;;) {
      const entries = await reader.read(portion, signal);
      if (entries.length === 0) break;
      for (const entry of entries) {
        if (entry.kind === 'lost') {
          afterLoss = true;
          continue;
        }
        yield { kind: 'body', body: entry.body, afterLoss };
        afterLoss = false;
        await yieldNow();
        if (signal.aborted) return;
        if (performance.now() - reportedMs < progressEveryMs) continue;
        reportedMs = performance.now();
        yield { kind: 'progress', done: journal.countBodies(first, entry.body.sequence), total };
      }
    }
    if (!signal.aborted) yield { kind: 'progress', done: total, total };
  } finally {
    await reader.close();
  }
}
