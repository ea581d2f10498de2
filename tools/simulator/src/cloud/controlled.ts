// The interface of a simulated cloud for tests and for its control API.

import type { SubscriptionControl, TokenControl } from './account-control.ts';
import type { LoggedRequest } from './api/request-log.ts';
import type { BudgetState } from './budget.ts';
import type { CloudClock } from './clock.ts';
import type { EmitOptions } from './events/emitter.ts';
import type { EventFlow } from './events/event-flow.ts';
import type { FaultState } from './faults.ts';
import type { Generation } from './generation.ts';
import type { SimulatedEvent } from './simulated-event.ts';
import type { Truth, TruthQuery } from './truth.ts';

export interface Controlled {
  /** User names. The first one is the default. */
  readonly accounts: readonly string[];
  /** Creates events now; their webhooks may still be in flight on return. */
  emit(options: EmitOptions): readonly SimulatedEvent[];
  truth(query?: TruthQuery): Truth;
  /** Resolves when no webhook is queued or in flight. */
  settled(): Promise<void>;
  /** Number of queued or in-flight webhooks. */
  pending(): number;
  readonly faults: Pick<FaultState, 'get' | 'set' | 'clear'>;
  /** Changes that are not made by the REST API. */
  readonly subscriptions: SubscriptionControl;
  readonly tokens: TokenControl;
  readonly clock: CloudClock;
  readonly flow: Pick<EventFlow, 'get' | 'set'>;
  readonly budget: { state(account?: string): BudgetState; setRemaining(remaining: number, account?: string): void };
  readonly generation: { get(): Generation; set(generation: Generation): void };
  /** The last 1,000 requests to the REST API. */
  requests(): readonly LoggedRequest[];
  /** Resets to the initial state: no events, subscriptions or faults, and only the tokens of the options. */
  reset(): void;
}
