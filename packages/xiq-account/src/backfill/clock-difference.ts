// Measures the difference between ExtremeCloud IQ's clock and ours, by the Date of responses and by the last webhooks.
import { lastBodies } from '@xiq-siem/queries';
import type { XiqAccount } from '../xiq-account.ts';
import { type JournalAccess, journalEvents } from './journal-events.ts';

/** Bounds of the difference. If the two measurements contradict each other, both are above 0. */
export interface ClockDifference {
  /** Milliseconds that ExtremeCloud IQ's clock is behind ours: a log becomes final this much later. */
  readonly behindMs: number;
  /** Milliseconds that it is ahead of ours: an event may be received this much before its own time. */
  readonly aheadMs: number;
}

/** Number of the last bodies to scan. */
const bodies = 500;
/** Fewer events are not enough for a measurement. */
const minEvents = 3;
/** A smaller difference may be the transit time of webhooks. */
const minDifferenceMs = 5 * 60_000;
/** A larger difference is not a clock difference, but late delivery of old events. */
const maxDifferenceMs = 26 * 3_600_000;
const minReportedMs = 60_000;

/** Sends a request if no recent response has a date. Rejects only if the signal fires or the journal fails. */
export async function clockDifference(
  access: JournalAccess,
  account: Pick<XiqAccount, 'api' | 'reader' | 'source'>,
  signal: AbortSignal,
): Promise<ClockDifference> {
  const reportedMs = await account.api.clockAheadMs(signal);
  const seenMs = await webhooksAheadMs(access, account, signal);
  return {
    // A late event does not contradict the Date header; an event received before its own time does.
    behindMs: Math.max(0, -(reportedMs ?? seenMs)),
    aheadMs: Math.max(0, reportedMs ?? 0, seenMs),
  };
}

/** By the fastest webhook, because others may have been in transit for long. 0: unknown. */
async function webhooksAheadMs(
  access: JournalAccess,
  account: Pick<XiqAccount, 'reader' | 'source'>,
  signal: AbortSignal,
): Promise<number> {
  const span = lastBodies(access.journal, bodies);
  let events = 0;
  let aheadMs = Number.NEGATIVE_INFINITY;
  for await (const step of journalEvents(access, account, span, signal)) {
    if (step.kind !== 'event' || step.body.metadata.origin !== 'webhook' || step.event.timeMs === undefined) continue;
    events++;
    aheadMs = Math.max(aheadMs, step.event.timeMs - step.body.metadata.receivedAtMs);
  }
  const size = Math.abs(aheadMs);
  return events >= minEvents && size >= minDifferenceMs && size <= maxDifferenceMs ? aheadMs : 0;
}

/** A text for the operator. Undefined if the clocks agree to the minute. */
export function clockText({ behindMs, aheadMs }: ClockDifference): string | undefined {
  const isBehind = behindMs > aheadMs;
  const differenceMs = isBehind ? behindMs : aheadMs;
  if (differenceMs <= minReportedMs) return undefined;
  const minutes = Math.round(differenceMs / 60_000);
  return `the clock of ExtremeCloud IQ seems to be ${minutes} min ${isBehind ? 'behind' : 'ahead of'} ours`;
}
