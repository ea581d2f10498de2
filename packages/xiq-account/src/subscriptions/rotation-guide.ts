// How to rotate a secret that is not ours to write: the steps, each looked at as far as that can be.
import type { Secret } from '@xiq-siem/core';
import { isSameSecret } from '../rest/same-secret.ts';
import { shownSecret } from './field-changes.ts';
import type { RotationPorts } from './rotate-secret.ts';
import { foreignReason, type SubscriptionTarget } from './target.ts';

export interface GuideStep {
  readonly text: string;
  /** `unverifiable`: nothing here can tell whether it was done. */
  readonly state: 'done' | 'open' | 'unverifiable';
  /** What was seen, where there is something to say. */
  readonly seen?: string;
}

export interface GuideOptions {
  /** Name of the source in the configuration. */
  readonly source: string;
  /** Where the first secret comes from. */
  readonly kind: 'env' | 'file';
  /** As configured now, in order. */
  readonly secrets: readonly Secret[];
  readonly target: Omit<SubscriptionTarget, 'secret' | 'messageTypes'>;
}

/** Rejects where ExtremeCloud IQ or our receiver cannot be asked. */
export async function rotationGuide(
  { source, kind, secrets, target }: GuideOptions,
  { api, accepted }: Pick<RotationPorts, 'api' | 'accepted'>,
  signal: AbortSignal,
): Promise<readonly GuideStep[]> {
  const key = `sources.${source}.secrets`;
  const [first] = secrets;
  const isAdded = secrets.length > 1;
  const responses = await Promise.all(secrets.map((secret) => accepted(secret)));
  const refused = responses.filter((response) => !response).length;
  const ours = (await api.subscriptions.list(signal)).filter(
    (one) => foreignReason({ ...target, messageTypes: [] }, one) === undefined,
  );
  const shown = ours.flatMap((one) => shownSecret(one) ?? []);
  const told = shown.filter((secret) => first !== undefined && isSameSecret(secret, first)).length;
  const hidden = ours.length - shown.length;
  const isTold = told === shown.length;
  const takeEffect = kind === 'env' ? 'restart the connector' : 'a changed file is read again by itself';
  return [
    { text: 'Make a new secret, such as by: openssl rand -base64 32', state: 'unverifiable' },
    {
      text: `Add it to ${key} behind the old one, so that both are accepted (${takeEffect}).`,
      state: isAdded ? 'done' : 'open',
      seen: `${secrets.length} configured`,
    },
    {
      text: 'See that the receiver accepts all of them.',
      state: isAdded && refused === 0 ? 'done' : 'open',
      seen: refused === 0 ? 'all that are configured are accepted' : `${refused} not accepted by the receiver`,
    },
    {
      text: `Put the new one first in ${key} (${takeEffect}), then run: xiq-siem subscriptions apply`,
      // Nothing tells the new one from the old one but who put them there: taken out wrongly, webhooks would be refused.
      state: isAdded && isTold ? 'unverifiable' : 'open',
      seen: `${told} of ${ours.length} subscriptions have the first secret${hidden > 0 ? `, ${hidden} do not show theirs` : ''}${isAdded && isTold ? ': done if the first is the new one' : ''}`,
    },
    {
      text: `Ten minutes after that, take the old one, now behind the new one, out of ${key} (${takeEffect}).`,
      state: 'open',
      seen: isAdded
        ? `${secrets.length - 1} behind the first`
        : 'one configured: either all is done, or nothing is begun',
    },
  ];
}
