// A job that sends: a lane of delivery for each destination.
import type { JobLane } from '@xiq-siem/admin-api';
import type { Delivery, DeliveryRun, DestinationStatus, RunningRun } from '@xiq-siem/delivery';
import type { JobWork } from './job-work.ts';

/** What a job does at one destination. */
export interface LanePlan {
  readonly run: DeliveryRun;
  /** Dead letters, or bodies. */
  readonly total: number;
  doneOf(status: DestinationStatus): number;
  /** What could not even be tried: its body is gone. Counted as damaged. */
  notMade(): number;
}

export interface LanesPlan {
  readonly lanes: readonly LanePlan[];
  close(): Promise<void>;
}

export function startLanes({ lanes, close }: LanesPlan, delivery: Pick<Delivery, 'run'>): JobWork {
  const running = lanes.map((plan) => ({ plan, run: delivery.run(plan.run) }));
  return {
    ended: Promise.all(running.map(({ run }) => run.ended)).then((ends) =>
      // A lane that stops without being asked lost its destination, by a reload.
      ends.includes('failed') ? 'failed' : ends.includes('stopped') ? 'stopped' : 'done',
    ),
    shown: () => ({ lanes: running.map(shownLane) }),
    stop: async (graceMs) => void (await Promise.all(running.map(({ run }) => run.stop(graceMs)))),
    close,
  };
}

function shownLane({ plan, run }: { readonly plan: LanePlan; readonly run: RunningRun }): JobLane {
  const status = run.status();
  const { name, state, reason, lastWords, counters } = status;
  const done = plan.doneOf(status);
  const { delivered, duplicate, deadLettered, filtered, damaged } = counters;
  return {
    ...{ destination: name, done, total: plan.total, delivered, duplicate, deadLettered, filtered },
    state: state === 'stopped' && done >= plan.total ? 'done' : state,
    damaged: damaged + plan.notMade(),
    ...(reason !== undefined && { reason }),
    ...(lastWords !== undefined && { words: lastWords }),
  };
}
