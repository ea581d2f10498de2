// The engine: every destination in a lane of its own, over bodies that they share.
import { type Outlet, startOutlet } from './outlet.ts';
import type { DeliveryRun, RunningRun } from './run.ts';
import type { DeliveryDestination, DeliveryServices, DestinationStatus } from './services.ts';
import { createSharedBodies } from './shared-bodies.ts';

export interface DeliveryInput extends DeliveryServices {
  readonly destinations: readonly DeliveryDestination[];
  /** Bytes of parsed bodies that are kept for the destinations behind the first; 32 MiB by default. */
  readonly sharedBytes?: number;
}

export interface Delivery {
  /** Of each destination; one that is being removed stands there until it has stopped. */
  status(): readonly DestinationStatus[];
  /**
   * Tries now, without waiting any longer: after something was mended. One destination with its runs, or all; false
   * where none has that name.
   */
  resume(destination?: string): boolean;
  /** Delivers to one more, from its own position on. @throws Error where one of that name runs, or all has stopped. */
  add(destination: DeliveryDestination): void;
  /** Stops one as `stop` does, its runs with it, within one grace. False where none has that name. */
  remove(name: string, graceMs: number): Promise<boolean>;
  /** Starts a job's own lane to a destination. @throws Error where none of that name runs. */
  run(run: DeliveryRun): RunningRun;
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
  const outlets = new Map<string, Outlet>();
  // Alone, a destination has nobody to share with.
  const bodies = createSharedBodies({ normalize, maxBytes: () => (outlets.size > 1 ? sharedBytes : 0), log });
  let isStopped = false;

  const add = (destination: DeliveryDestination) => {
    const { name } = destination;
    if (isStopped) throw new Error(`delivery has stopped: ${name} cannot be added`);
    if (outlets.has(name)) throw new Error(`a destination ${name} runs already`);
    outlets.set(name, startOutlet(destination, input, bodies));
  };
  for (const destination of input.destinations) add(destination);
  return {
    add,
    status: () => [...outlets.values()].map((outlet) => outlet.status()),
    resume(name) {
      const meant = [...outlets].filter(([known]) => name === undefined || name === known);
      for (const [, outlet] of meant) outlet.resume();
      return meant.length > 0;
    },
    async remove(name, graceMs) {
      const outlet = outlets.get(name);
      if (outlet === undefined) return false;
      await outlet.stop(graceMs);
      // After the end of all it stays, to be seen.
      if (!isStopped && outlets.get(name) === outlet) outlets.delete(name);
      bodies.trim();
      return true;
    },
    run(run) {
      const outlet = outlets.get(run.destination);
      if (outlet === undefined) throw new Error(`there is no destination ${run.destination} to run to`);
      return outlet.run(run);
    },
    async stop(graceMs) {
      isStopped = true;
      await Promise.all([...outlets.values()].map((outlet) => outlet.stop(graceMs)));
    },
  };
}
