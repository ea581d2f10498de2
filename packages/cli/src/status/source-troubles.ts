// What is wrong with a source at ExtremeCloud IQ, and the command that helps.
import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';

/** One line each; none for a source that is well, or of which nothing is known. Words come from outside. */
export function sourceTroubles({ api }: Pick<SourceState, 'api'>): readonly string[] {
  if (api === undefined) return [];
  const { subscriptions, publicUrl, failure, rotating = false } = api;
  const troubled = subscriptions.filter(({ state }) => state !== 'well' && state !== 'unknown');
  const alike = Map.groupBy(troubled, ({ state, words = '' }) => `${state} ${words}`);
  return [
    ...(failure === undefined ? [] : [`subscriptions: ${failure}. Next: xiq-siem subscriptions plan says more`]),
    ...(rotating
      ? [
          'a rotation of the secret is under way, or was interrupted. Next: xiq-siem subscriptions rotate-secret goes on',
        ]
      : []),
    ...[...alike.values()].flatMap(subscriptionTrouble),
    ...publicUrl.flatMap(({ what, result, words }) =>
      result === 'wrong' ? [`public URL, ${what.replaceAll('_', ' ')}: ${words}`] : [],
    ),
  ];
}

function subscriptionTrouble(alike: readonly SubscriptionState[]): readonly string[] {
  const [first] = alike;
  if (first === undefined) return [];
  const { state, words } = first;
  const types = alike.map(({ messageType }) => messageType).join(', ');
  const what = `${alike.length === 1 ? 'subscription' : 'subscriptions'} to ${types} ${state}`;
  return [`${what}${words === undefined ? '' : ` (${words})`}. Next: ${next[state]}`];
}

const apply = 'xiq-siem subscriptions apply';
const next: Readonly<Record<SubscriptionState['state'], string>> = {
  missing: apply,
  disabled: apply,
  changed: apply,
  foreign: 'look in ExtremeCloud IQ who made it',
  unknown: '',
  well: '',
};
