// What has to be done at ExtremeCloud IQ so that our subscriptions are as configured.
import type { WantedSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import { type FieldChange, fieldChanges, type UnseenField, unseenFields } from './field-changes.ts';
import {
  type ForeignReason,
  foreignReason,
  isSameUrl,
  messageTypeOf,
  type SubscriptionTarget,
  wantedSubscriptions,
} from './target.ts';

export interface PlannedChange {
  readonly subscription: XiqSubscription;
  readonly wanted: WantedSubscription;
  /** At least one. */
  readonly fields: readonly FieldChange[];
}

export interface PlannedDelete {
  readonly subscription: XiqSubscription;
  /** `not_wanted`: its message type is not in the configuration. `named`: a person asked for it. */
  readonly reason: 'duplicate' | 'not_wanted' | 'named';
}

/** Always in the same order: by the configured order of message types, others after them by name, then by id. */
export interface SubscriptionPlan {
  readonly create: readonly WantedSubscription[];
  readonly change: readonly PlannedChange[];
  readonly delete: readonly PlannedDelete[];
  /** `unseen`: what the API does not show, so that it cannot be said to be right. */
  readonly untouched: readonly { readonly subscription: XiqSubscription; readonly unseen: readonly UnseenField[] }[];
  /** Not ours: never touched. */
  readonly foreign: readonly { readonly subscription: XiqSubscription; readonly reason: ForeignReason }[];
}

export const isNothingToDo = (plan: SubscriptionPlan): boolean =>
  plan.create.length + plan.change.length + plan.delete.length === 0;

/** `found`: all subscriptions of the account. */
export function planSubscriptions(target: SubscriptionTarget, found: readonly XiqSubscription[]): SubscriptionPlan {
  const { ours, foreign } = sortOut(target, found);
  const create: WantedSubscription[] = [];
  const change: PlannedChange[] = [];
  const deletes: PlannedDelete[] = [];
  const untouched: SubscriptionPlan['untouched'][number][] = [];
  for (const wanted of wantedSubscriptions(target)) {
    const candidates = ours.filter((one) => messageTypeOf(one) === wanted.messageType);
    const [kept, ...duplicates] = candidates.toSorted((one, other) => fitness(other, wanted) - fitness(one, wanted));
    if (kept === undefined) create.push(wanted);
    else {
      const fields = fieldChanges(kept, wanted);
      if (fields.length > 0) change.push({ subscription: kept, wanted, fields });
      else untouched.push({ subscription: kept, unseen: unseenFields(kept, wanted) });
    }
    for (const subscription of duplicates.toSorted(byId)) deletes.push({ subscription, reason: 'duplicate' });
  }
  for (const subscription of ours) {
    if (target.messageTypes.includes(messageTypeOf(subscription) ?? '')) continue;
    deletes.push({ subscription, reason: 'not_wanted' });
  }
  return { create, change, delete: deletes, untouched, foreign };
}

/** Deletes those of ours that `ids` names, or all of ours. An id that is not there, or not ours, is not in `delete`. */
export function planDeletion(
  target: SubscriptionTarget,
  found: readonly XiqSubscription[],
  ids?: readonly string[],
): SubscriptionPlan {
  const { ours, foreign } = sortOut(target, found);
  const isMeant = ({ id }: XiqSubscription): boolean => ids === undefined || ids.includes(id);
  return {
    create: [],
    change: [],
    delete: ours.filter(isMeant).map((subscription) => ({ subscription, reason: 'named' })),
    untouched: ours.filter((one) => !isMeant(one)).map((subscription) => ({ subscription, unseen: [] })),
    foreign,
  };
}

/** The first of several for one message type is kept: the nearest to what is wanted, then the oldest. */
function fitness(subscription: XiqSubscription, { url }: WantedSubscription): number {
  return (isSameUrl(subscription.url, url) ? 2 : 0) + (subscription.status === 'DISABLED' ? 0 : 1);
}

function sortOut(target: SubscriptionTarget, found: readonly XiqSubscription[]) {
  const ours: XiqSubscription[] = [];
  const foreign: SubscriptionPlan['foreign'][number][] = [];
  const place = (one: XiqSubscription): number => {
    const index = target.messageTypes.indexOf(messageTypeOf(one) ?? '');
    return index === -1 ? target.messageTypes.length : index;
  };
  const inOrder = found.toSorted(
    (one, other) =>
      place(one) - place(other) || compare(messageTypeOf(one) ?? '', messageTypeOf(other) ?? '') || byId(one, other),
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

/** Ids beyond 2^53 among them. */
const byId = (one: XiqSubscription, other: XiqSubscription): number => compare(BigInt(one.id), BigInt(other.id));
