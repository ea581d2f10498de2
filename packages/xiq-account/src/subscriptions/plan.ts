// Plans the changes at ExtremeCloud IQ that make our subscriptions match the configuration.
import { subscriptionNumber } from '../rest/alert-subscriptions.ts';
import type { DesiredSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import { type FieldChange, fieldChanges, type HiddenField, hiddenFields } from './field-changes.ts';
import {
  desiredSubscriptions,
  type ForeignReason,
  foreignReason,
  isForType,
  isSameUrl,
  messageTypeOf,
  type SubscriptionTarget,
  subscribedTypes,
} from './target.ts';

export interface PlannedChange {
  readonly subscription: XiqSubscription;
  readonly desired: DesiredSubscription;
  /** At least one. */
  readonly fields: readonly FieldChange[];
}

export interface PlannedDelete {
  readonly subscription: XiqSubscription;
  /** `not_configured`: its message type is not in the configuration. `requested`: an operator requested the deletion. */
  readonly reason: 'duplicate' | 'not_configured' | 'requested';
}

/** Sorted: message types in the configured order, then other types by name, then by id. */
export interface SubscriptionPlan {
  readonly create: readonly DesiredSubscription[];
  readonly change: readonly PlannedChange[];
  readonly delete: readonly PlannedDelete[];
  /** `hidden`: fields that the API does not show, so that they may differ. */
  readonly untouched: readonly { readonly subscription: XiqSubscription; readonly hidden: readonly HiddenField[] }[];
  /** Not ours: never changed. */
  readonly foreign: readonly { readonly subscription: XiqSubscription; readonly reason: ForeignReason }[];
}

export const isNothingToDo = (plan: SubscriptionPlan): boolean =>
  plan.create.length + plan.change.length + plan.delete.length === 0;

/** `found`: all subscriptions of the account. */
export function planSubscriptions(target: SubscriptionTarget, found: readonly XiqSubscription[]): SubscriptionPlan {
  const { ours, foreign } = classify(target, found);
  const create: DesiredSubscription[] = [];
  const change: PlannedChange[] = [];
  const deletes: PlannedDelete[] = [];
  const untouched: SubscriptionPlan['untouched'][number][] = [];
  for (const desired of desiredSubscriptions(target)) {
    const candidates = ours.filter((one) => isForType(one, desired.messageType));
    const [best, ...duplicates] = candidates.toSorted((one, other) => rank(other, desired) - rank(one, desired));
    if (best === undefined) create.push(desired);
    else {
      const fields = fieldChanges(best, desired);
      if (fields.length > 0) change.push({ subscription: best, desired, fields });
      else untouched.push({ subscription: best, hidden: hiddenFields(best, desired) });
    }
    for (const subscription of duplicates.toSorted(byId)) deletes.push({ subscription, reason: 'duplicate' });
  }
  for (const subscription of ours) {
    if (subscribedTypes(target).some((type) => isForType(subscription, type))) continue;
    deletes.push({ subscription, reason: 'not_configured' });
  }
  return { create, change, delete: deletes, untouched, foreign };
}

/**
 * Deletes our subscriptions with these `ids`, or all of ours. Ignores an id that does not exist or is not ours. An id may
 * name a subscription to alerts at our URL also if the configuration maintains none.
 */
export function planDeletion(
  target: SubscriptionTarget,
  found: readonly XiqSubscription[],
  ids?: readonly string[],
): SubscriptionPlan {
  const { ours, foreign } = classify({ ...target, alerts: target.alerts || ids !== undefined }, found);
  const isSelected = ({ id }: XiqSubscription): boolean => ids === undefined || ids.includes(id);
  return {
    create: [],
    change: [],
    delete: ours.filter(isSelected).map((subscription) => ({ subscription, reason: 'requested' })),
    untouched: ours.filter((one) => !isSelected(one)).map((subscription) => ({ subscription, hidden: [] })),
    foreign,
  };
}

/** Ranks duplicates: the most similar to the desired state stays, of equal ones the oldest. */
function rank(subscription: XiqSubscription, { url }: DesiredSubscription): number {
  return (isSameUrl(subscription.url, url) ? 2 : 0) + (subscription.status === 'DISABLED' ? 0 : 1);
}

function classify(target: SubscriptionTarget, found: readonly XiqSubscription[]) {
  const ours: XiqSubscription[] = [];
  const foreign: SubscriptionPlan['foreign'][number][] = [];
  const types = subscribedTypes(target);
  const orderOf = (one: XiqSubscription): number => {
    const index = types.indexOf(messageTypeOf(one) ?? '');
    return index === -1 ? types.length : index;
  };
  const inOrder = found.toSorted(
    (one, other) =>
      orderOf(one) - orderOf(other) ||
      compare(messageTypeOf(one) ?? '', messageTypeOf(other) ?? '') ||
      byId(one, other),
  );
  for (const subscription of inOrder) {
    const reason = foreignReason(target, subscription);
    if (reason === undefined) ours.push(subscription);
    else foreign.push({ subscription, reason });
  }
  return { ours, foreign };
}

const compare = <Value extends string | bigint>(one: Value, other: Value): number =>
  one < other ? -1 : one > other ? 1 : 0;

/** As integers: an id may exceed 2^53. */
const byId = (one: XiqSubscription, other: XiqSubscription): number =>
  compare(BigInt(subscriptionNumber(one.id)), BigInt(subscriptionNumber(other.id)));
