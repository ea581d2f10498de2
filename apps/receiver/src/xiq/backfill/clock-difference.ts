// Whether the clock of ExtremeCloud IQ and ours agree, as the last webhooks show.
import type { XiqCloud } from '../cloud.ts';
import { type JournalAccess, keptEvents } from './kept-bodies.ts';

/** Bodies that are looked at, back from the tail. */
const bodies = 500;
/** From fewer events nothing follows. */
const leastEvents = 3;
/** Less than this is how long a webhook is on its way. */
const leastDifferenceMs = 5 * 60_000;
/** More than this is no clock, but old events that are sent late. */
const mostDifferenceMs = 26 * 3_600_000;

/**
 * Milliseconds that their clock is behind ours, negative where it is ahead, 0 where they agree or nothing is known. Of
 * all webhooks the one that was fastest counts: others may have been on their way for long.
 */
export async function clockBehindMs(access: JournalAccess, cloud: XiqCloud, signal: AbortSignal): Promise<number> {
  const { firstSequence, nextSequence } = access.journal.extent();
  const span = { first: Math.max(firstSequence, nextSequence - bodies), next: nextSequence };
  let events = 0;
  let fastestMs = Number.POSITIVE_INFINITY;
  for await (const step of keptEvents(access, cloud, span, signal)) {
    if (step.kind !== 'event' || step.body.metadata.origin !== 'webhook' || step.event.timeMs === undefined) continue;
    events++;
    fastestMs = Math.min(fastestMs, step.body.metadata.receivedAtMs - step.event.timeMs);
  }
  const size = Math.abs(fastestMs);
  return events >= leastEvents && size >= leastDifferenceMs && size <= mostDifferenceMs ? fastestMs : 0;
}

/** In words, or undefined where they agree. */
export function clockWords(behindMs: number): string | undefined {
  if (behindMs === 0) return undefined;
  const minutes = Math.round(Math.abs(behindMs) / 60_000);
  return `the clock of ExtremeCloud IQ seems to be ${minutes} min ${behindMs > 0 ? 'behind' : 'ahead of'} ours`;
}
