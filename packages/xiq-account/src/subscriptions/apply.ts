// Does what a plan says, step by step, and looks whether it holds.
import { ConnectorError, type Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import { pause } from '../rest/pause.ts';
import type { WantedSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import type { XiqApi } from '../rest/xiq-api.ts';
import { isNothingToDo, type SubscriptionPlan } from './plan.ts';
import { shownMessageType } from './render-plan.ts';

export type SubscriptionsApi = Pick<XiqApi, 'subscriptions'>;

export type ApplyStep =
  | { readonly did: 'created'; readonly messageType: string; readonly url: string }
  | { readonly did: 'changed'; readonly id: string; readonly messageType: string; readonly fields: readonly string[] }
  | { readonly did: 'deleted'; readonly id: string; readonly messageType: string }
  /** The last step of all: what a plan made anew says. Nothing to do in it: it is done. */
  | { readonly did: 'checked'; readonly left: SubscriptionPlan };

export interface ApplyPorts {
  readonly api: SubscriptionsApi;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes the plan anew from all subscriptions of the account. */
  readonly replan: (found: readonly XiqSubscription[]) => SubscriptionPlan;
}

/** ExtremeCloud IQ answers 202: what it took may show a little later. */
const pausesMs = [1_000, 2_000, 4_000, 8_000] as const;

/**
 * Creates, then changes, then deletes; what goes wrong is thrown, and running again goes on from there. Throws `busy`,
 * with nothing done, where the subscriptions are no longer those that the plan was made for, and `secret_unreadable`
 * where there is no secret to create one with.
 */
export async function* applyPlan(
  plan: SubscriptionPlan,
  { api, clock, log, replan }: ApplyPorts,
  signal: AbortSignal,
): AsyncGenerator<ApplyStep, void, undefined> {
  const { subscriptions } = api;
  for (const wanted of plan.create) requireSecret(wanted);
  const current = replan(await subscriptions.list(signal));
  if (planKey(current) !== planKey(plan)) {
    throw new ConnectorError(
      'busy',
      'The subscriptions at ExtremeCloud IQ changed since the plan was made. Nothing was done: look at a new plan.',
    );
  }
  for (const wanted of plan.create) {
    await subscriptions.create([wanted], signal);
    log.info('subscriptions.created', { messageType: wanted.messageType });
    yield { did: 'created', messageType: wanted.messageType, url: wanted.url };
  }
  for (const { subscription, wanted, fields } of plan.change) {
    await subscriptions.update(subscription.id, wanted, signal);
    const names = fields.map(({ field }) => field);
    log.info('subscriptions.changed', { messageType: wanted.messageType, fields: names.join() });
    yield { did: 'changed', id: subscription.id, messageType: wanted.messageType, fields: names };
  }
  for (const { subscription, reason } of plan.delete) {
    await subscriptions.delete([subscription.id], signal);
    log.info('subscriptions.deleted', { id: subscription.id, reason });
    yield { did: 'deleted', id: subscription.id, messageType: shownMessageType(subscription) };
  }
  yield { did: 'checked', left: await lookUntilDone(plan) };

  async function lookUntilDone(done: SubscriptionPlan): Promise<SubscriptionPlan> {
    let left = replan(await subscriptions.list(signal));
    if (isNothingToDo(done)) return left;
    for (const ms of pausesMs) {
      if (isNothingToDo(left)) return left;
      await pause(clock, ms, signal);
      left = replan(await subscriptions.list(signal));
    }
    if (!isNothingToDo(left)) {
      const counts = { create: left.create.length, change: left.change.length, delete: left.delete.length };
      log.warn('subscriptions.left', counts);
    }
    return left;
  }
}

function requireSecret({ secret, messageType }: WantedSubscription): void {
  if (secret !== undefined) return;
  throw new ConnectorError(
    'secret_unreadable',
    `There is no secret for the subscription to ${messageType}: without one, each of its webhooks would be refused. Look at the secrets of the source.`,
  );
}

/** The same text for plans that do the same to the same subscriptions; holds no secret. */
function planKey({ create, change, delete: deletes }: SubscriptionPlan): string {
  return JSON.stringify([
    create.map(({ messageType, url }) => [messageType, url]),
    change.map(({ subscription: { id }, fields }) => [id, fields.map(({ field, before }) => [field, before])]),
    deletes.map(({ subscription: { id } }) => id),
  ]);
}
