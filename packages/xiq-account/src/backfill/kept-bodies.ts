// What of a source the journal still holds: since when, and its events from a time to the tail.
import type { StoredBody } from '@xiq-siem/core';
import type { ReadModel } from '@xiq-siem/queries';
import { type ScanStep, scanJournal } from '@xiq-siem/queries';
import type { XiqCloud } from '../cloud.ts';
import type { BodyEvent } from '../rest/log-reader.ts';

export type JournalAccess = Pick<ReadModel, 'journal' | 'yieldNow'>;

/** What of a source's events a scan of the journal is to find. */
export interface ScannedSpan {
  readonly cloud: XiqCloud;
  /** Of the events' own times. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly messageTypes: readonly string[];
  /** Of their clock, see `ClockDifference`. */
  readonly aheadMs: number;
}

/** An event may be logged a little after it was sent. */
export const lookbackMs = 10 * 60_000;
const portion = { maxBodies: 64, maxBytes: 1_048_576 };

/**
 * Epoch milliseconds of the reception since which nothing was removed from the journal: 0 where nothing ever was,
 * infinity where it holds no body any more.
 */
export async function retainedSinceMs(journal: JournalAccess['journal'], signal: AbortSignal): Promise<number> {
  const { firstSequence, nextSequence, hasEvicted } = journal.extent();
  if (!hasEvicted) return 0;
  const reader = journal.reader(firstSequence, nextSequence - 1);
  try {
    for (;;) {
      const entries = firstSequence < nextSequence ? await reader.read(portion, signal) : [];
      if (entries.length === 0) return Number.POSITIVE_INFINITY;
      const first = entries.find((entry) => entry.kind === 'body');
      if (first?.kind === 'body') return first.body.metadata.receivedAtMs;
    }
  } finally {
    await reader.close();
  }
}

export type KeptStep = ScanStep | { readonly kind: 'event'; readonly event: BodyEvent; readonly body: StoredBody };

/** Bodies of all sources (`body`), and the events of the source's own after each; `next` is where it ends. */
export async function* keptEvents(
  access: JournalAccess,
  { source, reader }: Pick<XiqCloud, 'source' | 'reader'>,
  { first, next }: { readonly first: number; readonly next: number },
  signal: AbortSignal,
): AsyncGenerator<KeptStep> {
  for await (const step of scanJournal(access, { first, next }, signal)) {
    yield step;
    if (step.kind !== 'body') continue;
    const { metadata } = step.body;
    if (metadata.source !== source || metadata.origin === 'self') continue;
    for (const event of reader.eventsOfBody(step.body)) {
      yield { kind: 'event', event, body: step.body };
      await access.yieldNow();
    }
  }
  signal.throwIfAborted();
}
