// Applies a plan step by step, then lists the subscriptions to check the result.
import type { Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import { pause } from '../rest/pause.ts';
import type { DesiredSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import type { XiqApi } from '../rest/xiq-api.ts';
import { isNothingToDo, type SubscriptionPlan } from './plan.ts';
import { shownMessageType } from './render-plan.ts';
import { subscriptionError } from './subscription-errors.ts';

export type SubscriptionsApi = Pick<XiqApi, 'subscriptions'>;

export type ApplyStep =
  | { readonly action: 'created'; readonly messageType: string; readonly url: string }
  | {
      readonly action: 'changed';
      readonly id: string;
      readonly messageType: string;
      readonly fields: readonly string[];
    }
  | { readonly action: 'deleted'; readonly id: string; readonly messageType: string }
  /** The last step: `remaining` is a new plan. If it is empty, all changes are visible. */
  | { readonly action: 'checked'; readonly remaining: SubscriptionPlan };

export interface ApplyPorts {
  readonly api: SubscriptionsApi;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes a new plan from all subscriptions of the account. */
  readonly replan: (found: readonly XiqSubscription[]) => SubscriptionPlan;
}

/** ExtremeCloud IQ returns 202: a list may show the change later. */
const pausesMs = [1_000, 2_000, 4_000, 8_000] as const;

/**
 * Creates, changes, then deletes. Throws at the first error; a second run does the remaining steps. Before any change it
 * throws `plan_outdated` if the subscriptions have changed since the plan was made, and `secret_missing` if there is no
 * secret to create a subscription with.
 */
export async function* applyPlan(
  plan: SubscriptionPlan,
  { api, clock, log, replan }: ApplyPorts,
  signal: AbortSignal,
): AsyncGenerator<ApplyStep, void, undefined> {
  const { subscriptions } = api;
  for (const desired of plan.create) requireSecret(desired);
  const current = replan(await subscriptions.list(signal));
  if (planKey(current) !== planKey(plan)) {
    const message = 'The subscriptions at ExtremeCloud IQ have changed since the plan was made. Nothing was changed';
    throw subscriptionError('plan_outdated', `${message}: make a new plan.`);
  }
  for (const desired of plan.create) {
    await subscriptions.create([desired], signal);
    log.info('subscriptions.created', { messageType: desired.messageType });
    yield { action: 'created', messageType: desired.messageType, url: desired.url };
  }
  for (const { subscription, desired, fields } of plan.change) {
    await subscriptions.update(subscription.id, desired, signal);
    const names = fields.map(({ field }) => field);
    log.info('subscriptions.updated', { messageType: desired.messageType, fields: names.join() });
    yield { action: 'changed', id: subscription.id, messageType: desired.messageType, fields: names };
  }
  for (const { subscription, reason } of plan.delete) {
    await subscriptions.delete([subscription.id], signal);
    log.info('subscriptions.deleted', { id: subscription.id, reason });
    yield { action: 'deleted', id: subscription.id, messageType: shownMessageType(subscription) };
  }
  yield { action: 'checked', remaining: await waitUntilVisible(plan) };

  async function waitUntilVisible(done: SubscriptionPlan): Promise<SubscriptionPlan> {
    let remaining = replan(await subscriptions.list(signal));
    if (isNothingToDo(done)) return remaining;
    for (const ms of pausesMs) {
      if (isNothingToDo(remaining)) return remaining;
      await pause(clock, ms, signal);
      remaining = replan(await subscriptions.list(signal));
    }
    if (!isNothingToDo(remaining)) {
      const counts = {
        create: remaining.create.length,
        change: remaining.change.length,
        delete: remaining.delete.length,
      };
      log.warn('subscriptions.changes_not_visible', counts);
    }
    return remaining;
  }
}

function requireSecret({ secret, messageType }: DesiredSubscription): void {
  if (secret !== undefined) return;
  const message = `There is no secret for the subscription to ${messageType}: the receiver would reject its webhooks`;
  throw subscriptionError('secret_missing', `${message}. Check the secrets of the source.`);
}

/** Equal for plans with the same changes of the same subscriptions. Contains no secret. */
function planKey({ create, change, delete: deletes }: SubscriptionPlan): string {
  return JSON.stringify([
    create.map(({ messageType, url }) => [messageType, url]),
    change.map(({ subscription: { id }, fields }) => [id, fields.map(({ field, before }) => [field, before])]),
    deletes.map(({ subscription: { id } }) => id),
  ]);
}
