// The type of a simulated event with its deliveries: the ground truth for tests.
import type { SentType } from '../message-types.ts';
import type { RestLog } from './log-families.ts';

export interface SimulatedEvent {
  /** `e1`, `e2` … in order of creation. */
  readonly key: string;
  /** The user name of its account. */
  readonly account: string;
  readonly messageType: SentType;
  /** Epoch ms, by the cloud's clock. */
  readonly timeMs: number;
  /** The element as webhooks carry it: JSON, camelCase, `id` null. */
  readonly webhook: string;
  /** The REST form; undefined where the type has no log, or a fault hides the event. */
  readonly rest: RestForm | undefined;
  /** The first 20 deliveries in order of completion. */
  readonly deliveries: readonly Delivery[];
  /** Number of its webhooks that are queued or in flight. */
  readonly inTransit: number;
}

export interface RestForm {
  readonly log: RestLog;
  /** An int64's digits, or text. */
  readonly id: string;
  /** JSON, snake_case. */
  readonly json: string;
  /** Whether the fault `reword` changed its text. */
  readonly reworded: boolean;
  /** Epoch ms by the cloud's clock; the log shows the event from then on. */
  readonly shownFromMs: number;
}

export interface Delivery {
  readonly subscriptionId: string;
  readonly url: string;
  /** Number of the body: the same for all events of a body and for all its attempts. */
  readonly body: number;
  /** From 1; 0 where nothing was sent. */
  readonly attempt: number;
  /** Time of the response, in epoch ms by the cloud's clock. */
  readonly endedAtMs: number;
  /**
   * The HTTP status; or an error code (`ECONNREFUSED`), `cut` or `dropped` (by a fault), `overflow` (the queue was
   * full), `withdrawn` (the subscription was deleted or disabled before its turn).
   */
  readonly response: number | string;
  /** Whether the response was 2xx. */
  readonly accepted: boolean;
  /** The receipt of a 202 response, if any. */
  readonly receipt: string | undefined;
  /** Names of the faults that acted on this delivery. */
  readonly faults: readonly string[];
}

/** The mutable form. */
export interface StoredEvent extends SimulatedEvent {
  readonly sequence: number;
  /** The alert policy that raised it: an int64's digits. */
  readonly policyId: string;
  readonly deliveries: Delivery[];
  inTransit: number;
}

export const maxDeliveries = 20;
