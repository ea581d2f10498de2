// Reads a source's events from the journal, and finds since when the journal is complete.
import type { StoredBody } from '@xiq-siem/core';
import type { ReadModel } from '@xiq-siem/queries';
import { type ScanStep, scanJournal } from '@xiq-siem/queries';
import type { BodyEvent } from '../rest/log-reader.ts';
import type { XiqAccount } from '../xiq-account.ts';

export type JournalAccess = Pick<ReadModel, 'journal' | 'yieldNow' | 'pairing'>;

/** The events that a scan of the journal must find. */
export interface ScannedSpan {
  readonly account: XiqAccount;
  /** Times of the events, as `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly messageTypes: readonly string[];
  /** See `ClockDifference`. */
  readonly aheadMs: number;
}

/** ExtremeCloud IQ may log an event after it has sent the webhook. */
export const lookbackMs = 10 * 60_000;
const portion = { maxBodies: 64, maxBytes: 1_048_576 };

/**
 * The journal has all bodies received since this time (epoch milliseconds): 0 if no body was ever removed, infinity if it
 * has none left.
 */
export async function retainedSinceMs(journal: JournalAccess['journal'], signal: AbortSignal): Promise<number> {
  const { firstSequence, nextSequence, hasRemoved } = journal.extent();
  if (!hasRemoved) return 0;
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

export type JournalStep = ScanStep | { readonly kind: 'event'; readonly event: BodyEvent; readonly body: StoredBody };

/** Yields bodies of all sources, and after each body its events if they belong to the source. `next` is exclusive. */
export async function* journalEvents(
  access: JournalAccess,
  { source, reader }: Pick<XiqAccount, 'source' | 'reader'>,
  { first, next }: { readonly first: number; readonly next: number },
  signal: AbortSignal,
): AsyncGenerator<JournalStep> {
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
