// Collects the ids of stored events, from webhooks and back-fills, by a scan of the journal that can catch up.
import { idSet } from '@xiq-siem/state';
import { backfillError } from './backfill-errors.ts';
import { type JournalAccess, journalEvents, lookbackMs, retainedSinceMs, type ScannedSpan } from './journal-events.ts';

export type KnownIds = ReturnType<typeof knownIds>;

export interface KnownIdsOptions extends ScannedSpan {
  readonly access: JournalAccess;
  /** Receives the ids that an earlier back-fill stored. */
  readonly onFetched?: (ids: readonly string[]) => Promise<void>;
}

/** About 100 MB of memory. */
const maxIds = 5_000_000;
const fetchedAtOnce = 1_000;

export function knownIds(options: KnownIdsOptions) {
  const { access, account, fromMs, toMs, messageTypes, aheadMs, onFetched } = options;
  const types = new Set(messageTypes);
  const ids = idSet();
  /** An event without a readable time may be in the span. */
  const isIn = (timeMs: number | undefined): boolean =>
    timeMs === undefined || (timeMs >= fromMs - lookbackMs && timeMs < toMs + lookbackMs);
  let next: number | undefined;

  async function* catchUp(signal: AbortSignal): AsyncGenerator<{ readonly done: number; readonly total: number }> {
    const { firstSequence, nextSequence } = access.journal.extent();
    next ??= await access.journal.sequenceAt(fromMs - lookbackMs - aheadMs, signal);
    const first = Math.max(next, firstSequence);
    if (first >= nextSequence) return;
    let fetched: string[] = [];
    for await (const step of journalEvents(access, account, { first, next: nextSequence }, signal)) {
      if (step.kind === 'progress') yield step;
      if (step.kind !== 'event') continue;
      const { id, timeMs, messageType } = step.event;
      if (!types.has(messageType) || !isIn(timeMs)) continue;
      ids.add(id);
      if (ids.size > maxIds) {
        throw backfillError('too_many_events', `the span has more than ${maxIds} stored events: use a shorter span`);
      }
      if (step.body.metadata.origin !== 'rest') continue;
      fetched.push(id);
      if (fetched.length < fetchedAtOnce) continue;
      await onFetched?.(fetched);
      fetched = [];
    }
    await onFetched?.(fetched);
    next = nextSequence;
  }

  return {
    has: ids.has,
    add: (id: string) => void ids.add(id),
    /** Scans the bodies received since the last call; the first call scans those that may contain events of the span. */
    catchUp,
  };
}

/** @throws ConnectorError `span_not_retained` if the journal no longer has all bodies of the span. */
export async function requireRetained(
  journal: JournalAccess['journal'],
  fromMs: number,
  signal: AbortSignal,
): Promise<void> {
  const sinceMs = await retainedSinceMs(journal, signal);
  if (sinceMs <= fromMs - lookbackMs) return;
  const isEmpty = !Number.isFinite(sinceMs);
  const reach = isEmpty ? 'no requests' : `only requests received since ${new Date(sinceMs).toISOString()}`;
  const earliestMs = Math.ceil((sinceMs + lookbackMs) / 60_000) * 60_000;
  const advice = isEmpty ? 'a later --from' : `--from ${new Date(earliestMs).toISOString()} or later`;
  throw backfillError(
    'span_not_retained',
    `the journal has ${reach}: back-fill cannot know which events of the span were received, and would fetch them again. ` +
      `Use ${advice}, or accept duplicates with --force-duplicates: they have the same event id, so that some destinations drop them`,
  );
}
