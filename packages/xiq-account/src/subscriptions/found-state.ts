// What a look found, in the words of `status`: one state a message type, and one a check of the public URL.
import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';
import { messageTypes as knownTypes, type SubscriptionsConfig } from '@xiq-siem/xiq';
import type { PlannedChange, SubscriptionPlan } from './plan.ts';
import type { PublicUrlFinding } from './public-url/findings.ts';
import type { ReconcileResult } from './reconcile.ts';
import { describeSubscription } from './render-plan.ts';

export type PublicUrlState = NonNullable<SourceState['api']>['publicUrl'][number];

type Wanted = Pick<SubscriptionsConfig, 'messageTypes'>;

/** From what matters most. */
const order = ['missing', 'disabled', 'changed', 'foreign', 'unknown', 'ok'] as const;
/** A message type that neither the configuration nor we know: what others type into ExtremeCloud IQ names nothing here. */
const otherType = 'OTHER';
const maxMessageCharacters = 1_000;

export const unknownStates = ({ messageTypes }: Wanted): readonly SubscriptionState[] =>
  messageTypes.map((messageType) => ({ messageType, state: 'unknown' }));

/** One for each message type that is wanted, in the configured order; then others that something is wrong with. */
export function subscriptionStates(
  wanted: Wanted,
  result: ReconcileResult,
  atMs: number,
): readonly SubscriptionState[] {
  const checked = result.steps.findLast((step) => step.did === 'checked');
  const now = checked?.did === 'checked' ? checked.left : result.plan;
  const states = [
    ...wanted.messageTypes.map((type) => wantedState(type, result, now, atMs)),
    ...otherStates(wanted, now),
  ];
  return [...Map.groupBy(states, ({ messageType }) => messageType).values()].flatMap(worstOf);
}

function wantedState(
  messageType: string,
  { problems, left }: ReconcileResult,
  now: SubscriptionPlan,
  atMs: number,
): SubscriptionState {
  const problem = left.get(messageType);
  if (problem === 'missing') return { messageType, state: problem, message: 'there is no subscription to it' };
  if (problem !== undefined) {
    const change = now.change.find(({ wanted }) => wanted.messageType === messageType);
    const state = problem === 'outdated' ? 'changed' : problem;
    return { messageType, state, ...(change && { message: differenceOf(change, problem === 'outdated') }) };
  }
  const was = problems.get(messageType);
  if (was === undefined) return { messageType, state: 'ok' };
  const fixed = { was: was === 'outdated' ? 'changed' : was, at: new Date(atMs).toISOString() };
  return { messageType, state: 'ok', fixed };
}

function differenceOf({ subscription: { id }, fields }: PlannedChange, isAccepted: boolean): string {
  if (isAccepted) return `id ${id}: its secret is accepted, and is not the first`;
  return `id ${id}: ${fields.map(({ field, before, after }) => `${field}: ${before} -> ${after}`).join(', ')}`;
}

const tooMany = {
  duplicate: 'a second one for this message type',
  not_wanted: 'its message type is not wanted',
  named: 'not wanted',
} as const;

function otherStates({ messageTypes }: Wanted, now: SubscriptionPlan): readonly SubscriptionState[] {
  const nameOf = ({ messageType }: { readonly messageType: string }): string =>
    messageTypes.includes(messageType) || Object.hasOwn(knownTypes, messageType) ? messageType : otherType;
  const surplus = now.delete.map(({ subscription, reason }): SubscriptionState => {
    return {
      messageType: nameOf(subscription),
      state: 'changed',
      message: `id ${subscription.id}: ${tooMany[reason]}`,
    };
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
