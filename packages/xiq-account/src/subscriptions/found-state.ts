// Converts the result of a check to the states that `status` shows, by message type and by public URL check.
import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';
import { messageTypes as knownTypes } from '@xiq-siem/xiq';
import type { PlannedChange, SubscriptionPlan } from './plan.ts';
import type { PublicUrlFinding } from './public-url/findings.ts';
import type { ReconcileResult } from './reconcile.ts';
import { describeSubscription } from './render-plan.ts';
import { type SubscriptionTarget, subscribedTypes } from './target.ts';

export type PublicUrlState = NonNullable<SourceState['api']>['publicUrl'][number];

type Configured = Pick<SubscriptionTarget, 'messageTypes' | 'alerts'>;

/** The worst first. */
const order = ['missing', 'disabled', 'changed', 'foreign', 'unknown', 'ok'] as const;
/** Stands for message types that are neither configured nor known to us. */
const otherType = 'OTHER';
const maxMessageCharacters = 1_000;

export const unknownStates = (configured: Configured): readonly SubscriptionState[] =>
  subscribedTypes(configured).map((messageType) => ({ messageType, state: 'unknown' }));

/** One state for each configured message type, in the configured order, then other types with a problem. */
export function subscriptionStates(
  configured: Configured,
  result: ReconcileResult,
  atMs: number,
): readonly SubscriptionState[] {
  const checked = result.steps.findLast((step) => step.action === 'checked');
  const now = checked?.action === 'checked' ? checked.remaining : result.plan;
  const states = [
    ...subscribedTypes(configured).map((type) => configuredState(type, result, now, atMs)),
    ...otherStates(configured, now),
  ];
  return [...Map.groupBy(states, ({ messageType }) => messageType).values()].flatMap(worstOf);
}

function configuredState(
  messageType: string,
  { problems, remaining }: ReconcileResult,
  now: SubscriptionPlan,
  atMs: number,
): SubscriptionState {
  const problem = remaining.get(messageType);
  if (problem === 'missing') return { messageType, state: problem, message: 'there is no subscription' };
  if (problem !== undefined) {
    const change = now.change.find(({ desired }) => desired.messageType === messageType);
    const state = problem === 'outdated' ? 'changed' : problem;
    return { messageType, state, ...(change && { message: differenceOf(change, problem === 'outdated') }) };
  }
  const was = problems.get(messageType);
  if (was === undefined) return { messageType, state: 'ok' };
  const fixed = { was: was === 'outdated' ? 'changed' : was, at: new Date(atMs).toISOString() };
  return { messageType, state: 'ok', fixed };
}

function differenceOf({ subscription: { id }, fields }: PlannedChange, isAccepted: boolean): string {
  if (isAccepted) return `id ${id}: its secret is accepted, but is not the first configured one`;
  return `id ${id}: ${fields.map(({ field, before, after }) => `${field}: ${before} -> ${after}`).join(', ')}`;
}

const surplusReasons = {
  duplicate: 'a duplicate for this message type',
  not_configured: 'its message type is not configured',
  requested: 'deletion requested',
} as const;

function otherStates(configured: Configured, now: SubscriptionPlan): readonly SubscriptionState[] {
  const messageTypes = subscribedTypes(configured);
  const nameOf = ({ messageType }: { readonly messageType: string }): string =>
    messageTypes.includes(messageType) || Object.hasOwn(knownTypes, messageType) ? messageType : otherType;
  const surplus = now.delete.map(({ subscription, reason }): SubscriptionState => {
    const message = `id ${subscription.id}: ${surplusReasons[reason]}`;
    return { messageType: nameOf(subscription), state: 'changed', message };
  });
  const foreign = now.foreign.flatMap(({ subscription, reason }): SubscriptionState[] => {
    if (reason !== 'our_url') return [];
    const message = `another application sends to our URL: ${describeSubscription(subscription)}`;
    return [{ messageType: nameOf(subscription), state: 'foreign', message }];
  });
  return [...surplus, ...foreign];
}

function worstOf(states: readonly SubscriptionState[]): readonly SubscriptionState[] {
  const [worst] = states.toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  if (worst === undefined) return [];
  const message = states.flatMap((one) => one.message ?? []).join('; ');
  return [{ ...worst, ...(message !== '' && { message: cut(message) }) }];
}

export function publicUrlStates(findings: readonly PublicUrlFinding[]): readonly PublicUrlState[] {
  return findings.map(({ check, state, message }) => ({ what: check, result: state, message: cut(message) }));
}

const cut = (message: string): string =>
  message.length <= maxMessageCharacters
    ? message.toWellFormed()
    : `${message.slice(0, maxMessageCharacters - 1).toWellFormed()}…`;
