// The engine: every destination in a lane of its own, over bodies that they share.
import { startLane } from './lane.ts';
import type { DeliveryDestination, DeliveryServices, DestinationStatus } from './services.ts';
import { createSharedBodies } from './shared-bodies.ts';

export interface DeliveryInput extends DeliveryServices {
  readonly destinations: readonly DeliveryDestination[];
  /** Bytes of parsed bodies that are kept for the destinations behind the first; 32 MiB by default. */
  readonly sharedBytes?: number;
}

export interface Delivery {
  status(): readonly DestinationStatus[];
  /**
   * Tries now, without waiting any longer: after something was mended. One destination, or all; false where none has
   * that name.
   */
  resume(destination?: string): boolean;
  /**
   * Sends nothing new, waits up to `graceMs` for what is under way, then aborts it; saves the positions; closes readers
   * and destinations, not the position files. Resolves in any case, a few seconds after the grace at the latest.
   */
  stop(graceMs: number): Promise<void>;
}

const defaultSharedBytes = 33_554_432;

/** Starts to deliver, to each destination from its own position on. */
export function startDelivery(input: DeliveryInput): Delivery {
  const { normalize, log, sharedBytes = defaultSharedBytes } = input;
  // Alone, a destination has nobody to share with.
  const maxBytes = input.destinations.length > 1 ? sharedBytes : 0;
  const bodies = createSharedBodies({ normalize, maxBytes, log });
  let stopped: Promise<unknown> | undefined;
  const lanes = input.destinations.map((destination) => startLane(destination, input, bodies));
  return {
    status: () => lanes.map((lane) => lane.status()),
    resume(destination) {
      const meant = lanes.filter(({ name }) => destination === undefined || name === destination);
      for (const lane of meant) lane.resume();
      return meant.length > 0;
    },
    async stop(graceMs) {
      stopped ??= Promise.all(lanes.map((lane) => lane.stop(graceMs)));
      await stopped;
    },
  };
}
