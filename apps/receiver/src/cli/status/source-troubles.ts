// What is wrong with a source at ExtremeCloud IQ, and the command that helps.
import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';

/** One line each; none for a source that is well, or of which nothing is known. Words come from outside. */
export function sourceTroubles({ api }: Pick<SourceState, 'api'>): readonly string[] {
  if (api === undefined) return [];
  const { subscriptions, publicUrl, failure } = api;
  const troubled = subscriptions.filter(({ state }) => state !== 'well' && state !== 'unknown');
  return [
    ...(failure === undefined ? [] : [`subscriptions: ${failure}. Next: xiq-siem subscriptions plan says more`]),
    ...troubled.map(
      ({ messageType, state, words }) =>
        `subscription to ${messageType} ${state}${words === undefined ? '' : ` (${words})`}. Next: ${next[state]}`,
    ),
    ...publicUrl.flatMap(({ what, result, words }) =>
      result === 'wrong' ? [`public URL, ${what.replaceAll('_', ' ')}: ${words}`] : [],
    ),
  ];
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
