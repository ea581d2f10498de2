// One event of the simulated world, and all that was done to tell of it: the truth that a test compares with.
import type { MessageType } from '../message-types.ts';
import type { RestLog } from './log-families.ts';

export interface SimulatedEvent {
  /** `e1`, `e2` … in the order in which they were made. */
  readonly key: string;
  /** The user name of its account. */
  readonly account: string;
  readonly messageType: MessageType;
  /** Epoch ms, by the cloud's clock. */
  readonly timeMs: number;
  /** The element as webhooks carry it: JSON, camelCase, `id` null. */
  readonly webhook: string;
  /** As its REST log has it; none where there is no such log, or a fault hides it. */
  readonly rest: RestForm | undefined;
  /** The first 20 things that were done with it, in the order in which they ended. */
  readonly deliveries: readonly Delivery[];
}

export interface RestForm {
  readonly log: RestLog;
  /** An int64's digits, or text. */
  readonly id: string;
  /** JSON, snake_case. */
  readonly json: string;
  /** Whether the fault `reword` made it say something else than the webhook. */
  readonly reworded: boolean;
  /** Epoch ms by the cloud's clock: from then on the log shows it. */
  readonly shownFromMs: number;
}

export interface Delivery {
  readonly subscriptionId: string;
  readonly url: string;
  /** Which body it was in: the same for all events of one body and for all attempts at it. */
  readonly body: number;
  /** From 1; 0 where nothing was sent. */
  readonly attempt: number;
  /** When the answer was there, epoch ms by the cloud's clock. */
  readonly endedAtMs: number;
  /**
   * The HTTP status; or the code of the failure (`ECONNREFUSED`), `cut` (by a fault), `dropped` (by a fault),
   * `overflow` (too much was waiting), `withdrawn` (the subscription was gone or disabled when its turn came).
   */
  readonly response: number | string;
  /** Whether it was answered 2xx. */
  readonly accepted: boolean;
  /** The receipt of a 202, where the answer holds one. */
  readonly receipt: string | undefined;
  /** Names of the faults that acted on it. */
  readonly faults: readonly string[];
}

/** The same while it can still change. */
export interface StoredEvent extends SimulatedEvent {
  readonly sequence: number;
  readonly deliveries: Delivery[];
}

export const maxDeliveries = 20;
