// When a delivery stream may park events, and which events it stored before a crash.
import { parkAfterMs } from './parking-rule.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';

/** A refusal is shown until no event was refused for this long. An event is retried at least this often. */
const shownMs = 120_000;
const retryMs = 1_000;
const tryEveryMs = 60_000;

type ParkingServices = Pick<DeliveryServices, 'parked' | 'isJournalHalfUsed' | 'clock' | 'log'>;

/** `isFullOfBlocked`: blocked events use so much of the window that no other event is sent. */
export function createParking(
  { parked, isJournalHalfUsed, clock }: ParkingServices,
  { maxMs }: DeliveryDestination['options']['retry'],
  isFullOfBlocked: () => boolean,
) {
  let refusedAtMs = Number.NEGATIVE_INFINITY;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  return {
    /** The journal needs space: events that wait to be sent again are tried now, and then parked. At most once a minute. */
    mustTryNow(): boolean {
      const nowMs = clock.now();
      if (parked === undefined || Math.abs(nowMs - triedAtMs) < tryEveryMs || !isJournalHalfUsed()) return false;
      triedAtMs = nowMs;
      return true;
    },
    /** How long an event fails while others are delivered before it is parked; infinite if nothing is parked. */
    parkAfterMs(): number {
      if (parked === undefined) return Number.POSITIVE_INFINITY;
      return isJournalHalfUsed() || isFullOfBlocked() ? 0 : parkAfterMs;
    },
    canPark(): boolean {
      const isPossible = parked?.hasParkingCapacity === true;
      if (!isPossible) refusedAtMs = clock.now();
      return isPossible;
    },
    /** Whether an event was not parked for lack of capacity. */
    isRefused: () => clock.now() - refusedAtMs < Math.max(shownMs, 2 * maxMs),
  };
}

/**
 * The events that the dead-letter queue has and the position has not: the process ended in between. They must not be sent
 * again, because they are retried from the queue. `has` is complete when `ready` has resolved.
 */
export function readStoredBefore(
  { name, position }: DeliveryDestination,
  services: ParkingServices,
  stop: AbortSignal,
) {
  const { parked, clock, log } = services;
  const keys = new Set<string>();
  let last = -1;

  async function readKeys(): Promise<void> {
    while (parked !== undefined && !stop.aborted) {
      try {
        for (const { sequence, element } of await parked.storedFrom(name, position.position.sequence)) {
          keys.add(`${sequence} ${element}`);
          last = Math.max(last, sequence);
        }
        return;
      } catch (error) {
        log.error('delivery.dead_letters_read_failed', { destination: name, error: String(error) });
        await clock.sleep(retryMs, stop);
      }
    }
  }
  return {
    ready: readKeys(),
    has: ({ sequence, element }: { readonly sequence: number; readonly element: number }): boolean =>
      sequence <= last && keys.delete(`${sequence} ${element}`),
  };
}
