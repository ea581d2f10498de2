// Decides whether an event is parked: it fails again and again while other events of its destination are delivered.
import type { Pending } from './pending-queue.ts';

/** How long an event fails while others are delivered before it is parked. */
export const parkAfterMs = 600_000;
/**
 * An event with the verdict `retry` is not parked earlier, even if the journal needs its space: a busy server that rejects
 * some events by chance accepts it in one of these attempts.
 */
const minAttempts = 5;

interface ParkingContext {
  readonly nowMs: number;
  /** Events delivered so far by the stream. */
  readonly delivered: number;
  /** 0: at once. Infinite: never. */
  readonly parkAfterMs: number;
}

/**
 * Records a failure of this event alone, and returns whether to park it. The time starts at the last failure before other
 * events were delivered. If nothing was delivered since its previous failure, the destination may be the cause.
 */
export function failsWhileOthersPass(pending: Pending, context: ParkingContext, isBlocked: boolean): boolean {
  const { nowMs, delivered } = context;
  const othersPass = delivered > pending.deliveredAtFailure;
  pending.deliveredAtFailure = delivered;
  if (othersPass) pending.isStuck = true;
  else if (!pending.isStuck) pending.stuckFromMs = nowMs;
  if (!othersPass || nowMs - pending.stuckFromMs < context.parkAfterMs) return false;
  return isBlocked || pending.failedAttempts >= minAttempts;
}
