// What a job does at one destination.
import type { DeliveryRun, DestinationStatus } from '@xiq-siem/delivery';

export interface LanePlan {
  readonly run: DeliveryRun;
  /** Dead letters, or bodies. */
  readonly total: number;
  doneOf(status: DestinationStatus): number;
  /** What could not even be tried: its body is gone. Counted as damaged. */
  notMade(): number;
}
