// Changes subscriptions and tokens of an account without the REST API.
import { z } from 'zod';
import { httpUrl, status } from './api/subscription-json.ts';
import { messageTypeSchema } from './faults.ts';
import type { Subscription, SubscriptionStore } from './subscriptions.ts';
import { accountOf, allPermissions, type Permission, permissionSchema, type Token, type TokenStore } from './tokens.ts';

const application = z.string().min(1).max(255);
const secret = z.string().max(1000);
const policyIds = z.array(z.string().regex(/^\d{1,19}$/)).max(1000);

export const addedSubscriptionSchema = z.strictObject({
  /** The user name; default: the first account. */
  account: z.string().optional(),
  application: application.default('other-application'),
  url: httpUrl,
  secret: secret.optional(),
  messageType: messageTypeSchema,
  status: status.default('ENABLED'),
  /** Selected alert policies; default: all. */
  policyIds: policyIds.optional(),
});

export const subscriptionChangeSchema = z
  .strictObject({ application, url: httpUrl, secret, messageType: messageTypeSchema, status, policyIds })
  .partial();

export interface SubscriptionControl {
  /** In order of creation. */
  list(account?: string): readonly Subscription[];
  add(subscription: z.input<typeof addedSubscriptionSchema>): Subscription;
  /** Throws a RangeError for an unknown subscription. */
  change(id: string, change: z.input<typeof subscriptionChangeSchema>): Subscription;
  /** Throws a RangeError for an unknown subscription. */
  remove(id: string): void;
}

export function createSubscriptionControl(store: SubscriptionStore, accounts: readonly string[]): SubscriptionControl {
  return {
    list: store.list,
    add: function addSubscription(input) {
      const { account, secret: given, ...rest } = addedSubscriptionSchema.parse(input);
      return store.add({ ...rest, secret: given, account: accountOf(accounts, account) });
    },
    change: function changeSubscription(id, input) {
      const given = Object.entries(subscriptionChangeSchema.parse(input)).filter(([, value]) => value !== undefined);
      const changed = store.change(id, Object.fromEntries(given));
      if (changed === undefined) throw new RangeError(`unknown subscription ${id}`);
      return changed;
    },
    remove: function removeSubscription(id) {
      if (!store.remove(id)) throw new RangeError(`unknown subscription ${id}`);
    },
  };
}

export const tokenRequestSchema = z.strictObject({
  account: z.string().optional(),
  permissions: z.array(permissionSchema).default([...allPermissions]),
  /** Default: the token does not expire on its own. */
  expiresInSeconds: z.int().min(1).max(31_536_000).optional(),
});

export interface TokenControl {
  /** Creates a long-lived API token. */
  create(request?: z.input<typeof tokenRequestSchema>): string;
  /** Expires the tokens of one kind, or all. */
  expireAll(kind?: Token['kind']): void;
}

export function createTokenControl(store: TokenStore, accounts: readonly string[], now: () => number): TokenControl {
  return {
    create: function createApiToken(request = {}) {
      const { account, permissions, expiresInSeconds } = tokenRequestSchema.parse(request);
      const expiresAtMs = expiresInSeconds === undefined ? undefined : now() + expiresInSeconds * 1000;
      const allowed: readonly Permission[] = permissions;
      return store.create({ account: accountOf(accounts, account), kind: 'api', permissions: allowed, expiresAtMs });
    },
    expireAll: store.expireAll,
  };
}
