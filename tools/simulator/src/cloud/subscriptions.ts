// Stores the subscriptions of all accounts, to message types and to alerts.
import type { SentType } from '../message-types.ts';
import { idSeries } from './ids.ts';

export interface Subscription {
  /** An int64's digits. */
  readonly id: string;
  /** The user name of its account. */
  readonly account: string;
  readonly application: string;
  readonly url: string;
  readonly secret: string | undefined;
  readonly messageType: SentType;
  readonly status: 'ENABLED' | 'DISABLED';
  /** The selected alert policies, an int64's digits each. Undefined: all. */
  readonly policyIds?: readonly string[] | undefined;
  /** Epoch ms by the cloud's clock. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type NewSubscription = Pick<
  Subscription,
  'account' | 'application' | 'url' | 'secret' | 'messageType' | 'status' | 'policyIds'
>;
export type SubscriptionChange = Partial<Omit<NewSubscription, 'account'>>;

export interface SubscriptionStore {
  /** In order of creation. */
  list(account?: string): readonly Subscription[];
  find(id: string): Subscription | undefined;
  add(subscription: NewSubscription): Subscription;
  /** Undefined for an unknown subscription. */
  change(id: string, change: SubscriptionChange): Subscription | undefined;
  /** False for an unknown subscription. */
  remove(id: string): boolean;
  clear(): void;
}

export const maxSubscriptions = 200;

export function createSubscriptionStore(now: () => number): SubscriptionStore {
  const all = new Map<string, Subscription>();
  const ids = () => idSeries(120_000, 2);
  let nextId = ids();
  return {
    list: (account) => [...all.values()].filter((one) => account === undefined || one.account === account),
    find: (id) => all.get(id),
    add: function storeSubscription(subscription) {
      const atMs = now();
      const made = { ...subscription, id: String(nextId()), createdAtMs: atMs, updatedAtMs: atMs };
      all.set(made.id, made);
      return made;
    },
    change: function updateSubscription(id, change) {
      const before = all.get(id);
      if (before === undefined) return undefined;
      const after = { ...before, ...change, updatedAtMs: now() };
      all.set(id, after);
      return after;
    },
    remove: (id) => all.delete(id),
    clear: function clearSubscriptions() {
      all.clear();
      nextId = ids();
    },
  };
}
