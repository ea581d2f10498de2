// One destination: its main lane, the runs beside it, and its end.
import { createGate } from './gate.ts';
import { type Lane, startLane } from './lane.ts';
import { type DeliveryRun, type RunningRun, startRun } from './run.ts';
import type { DeliveryDestination, DeliveryServices, DestinationStatus } from './services.ts';
import type { SharedBodies } from './shared-bodies.ts';
import { endGraceMs, within } from './within.ts';
import { fitError } from './words.ts';

export interface Outlet {
  /** Of the main lane. */
  status(): DestinationStatus;
  /** All its lanes try now, whatever they wait for. */
  resume(): void;
  /** @throws Error where it stops. */
  run(run: DeliveryRun): RunningRun;
  /** Stops all its lanes, then closes the destination. Called again, it ends with the shorter grace. */
  stop(graceMs: number): Promise<void>;
}

export function startOutlet(spec: DeliveryDestination, services: DeliveryServices, bodies: SharedBodies): Outlet {
  const { name, destination, definition } = spec;
  const { clock, log, redact } = services;
  const gate = createGate(definition.maxInFlight ?? Number.POSITIVE_INFINITY);
  const main = startLane(spec, services, { bodies, gate });
  const lanes = new Set<Lane>([main]);
  let closing: Promise<void> | undefined;

  const close = async () => {
    try {
      await destination.close?.();
    } catch (error) {
      log.error('delivery.close_failed', { destination: name, error: fitError(error, redact) });
    }
  };
  const closeAfter = async (lanesStopped: Promise<unknown>) => {
    await lanesStopped;
    if (!(await within(clock, endGraceMs, close()))) log.error('delivery.close_hangs', { destination: name });
  };
  return {
    status: () => main.status(),
    resume() {
      for (const lane of lanes) lane.resume();
    },
    run(run) {
      if (closing !== undefined) throw new Error(`the destination ${name} stops: it takes no run`);
      const lane = startRun(run, spec, services, gate);
      lanes.add(lane);
      void lane.ended.then(() => lanes.delete(lane));
      return lane;
    },
    async stop(graceMs) {
      const lanesStopped = Promise.all([...lanes].map((lane) => lane.stop(graceMs)));
      closing ??= closeAfter(lanesStopped);
      await closing;
    },
  };
}
