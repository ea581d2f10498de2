// Whether the clock of ExtremeCloud IQ and ours agree, by the Date of its answers and by the last webhooks.
import { lastBodies } from '@xiq-siem/queries';
import type { XiqCloud } from '../cloud.ts';
import { type JournalAccess, keptEvents } from './kept-bodies.ts';

/** How far their clock may be from ours. Both are more than 0 where what is told contradicts itself. */
export interface ClockDifference {
  /** Milliseconds that it is behind: so much later has a log settled. */
  readonly behindMs: number;
  /** Milliseconds that it is ahead: so much before the time that it bears may an event have come. */
  readonly aheadMs: number;
}

/** Bodies that are looked at, back from the tail. */
const bodies = 500;
/** From fewer events nothing follows. */
const leastEvents = 3;
/** Less than this is how long a webhook is on its way. */
const leastDifferenceMs = 5 * 60_000;
/** More than this is no clock, but old events that are sent late. */
const mostDifferenceMs = 26 * 3_600_000;
const worthSayingMs = 60_000;

/** Asks ExtremeCloud IQ where it has not answered lately. Rejects only where the signal fires, or the journal fails. */
export async function clockDifference(
  access: JournalAccess,
  cloud: Pick<XiqCloud, 'api' | 'reader' | 'source'>,
  signal: AbortSignal,
): Promise<ClockDifference> {
  const toldMs = await cloud.api.clockAheadMs(signal);
  const seenMs = await webhooksAheadMs(access, cloud, signal);
  return {
    // An event that comes late says nothing against the clock that is told; one that comes before its time does.
    behindMs: Math.max(0, -(toldMs ?? seenMs)),
    aheadMs: Math.max(0, toldMs ?? 0, seenMs),
  };
}

/** Of all webhooks the one that was fastest counts: others may have been on their way for long. 0: nothing is known. */
async function webhooksAheadMs(
  access: JournalAccess,
  cloud: Pick<XiqCloud, 'reader' | 'source'>,
  signal: AbortSignal,
): Promise<number> {
  const span = lastBodies(access.journal, bodies);
  let events = 0;
  let aheadMs = Number.NEGATIVE_INFINITY;
  for await (const step of keptEvents(access, cloud, span, signal)) {
    if (step.kind !== 'event' || step.body.metadata.origin !== 'webhook' || step.event.timeMs === undefined) continue;
    events++;
    aheadMs = Math.max(aheadMs, step.event.timeMs - step.body.metadata.receivedAtMs);
  }
  const size = Math.abs(aheadMs);
  return events >= leastEvents && size >= leastDifferenceMs && size <= mostDifferenceMs ? aheadMs : 0;
}

/** In words, or undefined where they agree to the minute. */
export function clockText({ behindMs, aheadMs }: ClockDifference): string | undefined {
  const isBehind = behindMs > aheadMs;
  const differenceMs = isBehind ? behindMs : aheadMs;
  if (differenceMs <= worthSayingMs) return undefined;
  const minutes = Math.round(differenceMs / 60_000);
  return `the clock of ExtremeCloud IQ seems to be ${minutes} min ${isBehind ? 'behind' : 'ahead of'} ours`;
}
