// What a simulated cloud lets its tests and its control API do and see.

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
  /** User names; where one may be left out, the first is meant. */
  readonly accounts: readonly string[];
  /** Lets events happen now; their webhooks are under way when it returns. */
  emit(options: EmitOptions): readonly SimulatedEvent[];
  truth(query?: TruthQuery): Truth;
  /** Resolves when no webhook is waiting or under way. */
  settled(): Promise<void>;
  /** Webhooks that are. */
  pending(): number;
  readonly faults: Pick<FaultState, 'get' | 'set' | 'clear'>;
  /** What a client of the REST API does not see done: behind its back. */
  readonly subscriptions: SubscriptionControl;
  readonly tokens: TokenControl;
  readonly clock: CloudClock;
  readonly flow: Pick<EventFlow, 'get' | 'set'>;
  readonly budget: { state(account?: string): BudgetState; setRemaining(remaining: number, account?: string): void };
  readonly generation: { get(): Generation; set(generation: Generation): void };
  /** The last 1,000 requests to the REST API. */
  requests(): readonly LoggedRequest[];
  /** As at its start: no events, subscriptions or faults, and only the tokens of its options. */
  reset(): void;
}
