// The ids of what came already, by webhook or by a back-fill: a scan of the journal that goes on to each new tail.
import { ConnectorError } from '@xiq-siem/core';
import { idSet } from '@xiq-siem/state';
import { type JournalAccess, keptEvents, lookbackMs, retainedSinceMs, type ScannedSpan } from './kept-bodies.ts';

export type KnownIds = ReturnType<typeof knownIds>;

export interface KnownIdsOptions extends ScannedSpan {
  readonly access: JournalAccess;
  /** Ids that an earlier back-fill kept, as the scan meets them. */
  readonly onFetched?: (ids: readonly string[]) => Promise<void>;
}

/** About 100 MB of memory. */
const maxIds = 5_000_000;
const fetchedAtOnce = 1_000;

export function knownIds(options: KnownIdsOptions) {
  const { access, cloud, fromMs, toMs, messageTypes, aheadMs, onFetched } = options;
  const types = new Set(messageTypes);
  const ids = idSet();
  /** An event whose time could not be read may be one of the span. */
  const isIn = (timeMs: number | undefined): boolean =>
    timeMs === undefined || (timeMs >= fromMs - lookbackMs && timeMs < toMs + lookbackMs);
  let next: number | undefined;
  return {
    has: ids.has,
    add: (id: string) => void ids.add(id),
    /** Reads what was received since it was last called; at first, from the beginning of what may matter. */
    async *catchUp(signal: AbortSignal): AsyncGenerator<{ readonly done: number; readonly total: number }> {
      const { firstSequence, nextSequence } = access.journal.extent();
      // Where their clock is ahead, an event came that much before the time that it bears.
      next ??= await access.journal.sequenceAt(fromMs - lookbackMs - aheadMs, signal);
      const first = Math.max(next, firstSequence);
      if (first >= nextSequence) return;
      let fetched: string[] = [];
      for await (const step of keptEvents(access, cloud, { first, next: nextSequence }, signal)) {
        if (step.kind === 'progress') yield step;
        if (step.kind !== 'event') continue;
        const { id, timeMs, messageType } = step.event;
        if (!types.has(messageType) || !isIn(timeMs)) continue;
        ids.add(id);
        if (ids.size > maxIds) throw tooMany();
        if (step.body.metadata.origin !== 'rest') continue;
        fetched.push(id);
        if (fetched.length < fetchedAtOnce) continue;
        await onFetched?.(fetched);
        fetched = [];
      }
      await onFetched?.(fetched);
      next = nextSequence;
    },
  };
}

const tooMany = () =>
  new ConnectorError('usage', `more than ${maxIds} events came in this span already: take a shorter one`);

/** @throws ConnectorError `usage` where what came in the span cannot be known any more. */
export async function requireRetained(
  journal: JournalAccess['journal'],
  fromMs: number,
  signal: AbortSignal,
): Promise<void> {
  const sinceMs = await retainedSinceMs(journal, signal);
  if (sinceMs <= fromMs - lookbackMs) return;
  const reach = Number.isFinite(sinceMs)
    ? `only what was received since ${new Date(sinceMs).toISOString()}`
    : 'nothing of what was received before';
  const advice = Number.isFinite(sinceMs)
    ? `begin at ${new Date(Math.ceil((sinceMs + lookbackMs) / 60_000) * 60_000).toISOString()} or later (--from)`
    : 'begin later';
  throw new ConnectorError(
    'usage',
    `the journal holds ${reach}: what came of the span by webhook cannot be known, and would be fetched a second time. ` +
      `Either ${advice}; or take that into account with --force-duplicates: destinations that tell events apart by their id keep one`,
  );
}
