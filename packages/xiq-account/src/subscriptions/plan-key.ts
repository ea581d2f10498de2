// Tells whether two plans do the same.
import type { SubscriptionPlan } from './plan.ts';

/** The same text for plans that do the same to the same subscriptions; holds no secret. */
export function planKey({ create, change, delete: deletes }: SubscriptionPlan): string {
  return JSON.stringify([
    create.map(({ messageType, url }) => [messageType, url]),
    change.map(({ subscription: { id }, fields }) => [id, fields.map(({ field, before }) => [field, before])]),
    deletes.map(({ subscription: { id } }) => id),
  ]);
}
