// Guides an operator through the rotation of a secret that the connector does not manage, and checks each step.
import type { Secret } from '@xiq-siem/core';
import { isSameSecret } from '../rest/same-secret.ts';
import { shownSecret } from './field-changes.ts';
import type { RotationPorts } from './rotate-secret.ts';
import { foreignReason, type SubscriptionTarget } from './target.ts';

export interface GuideStep {
  readonly text: string;
  /** `unverifiable`: the connector cannot check it. */
  readonly state: 'done' | 'open' | 'unverifiable';
  /** What the check found. */
  readonly detail?: string;
}

export interface GuideOptions {
  /** Name of the source in the configuration. */
  readonly source: string;
  /** Where the first secret is stored. */
  readonly kind: 'env' | 'file';
  /** In the configured order. */
  readonly secrets: readonly Secret[];
  readonly target: Omit<SubscriptionTarget, 'secret' | 'messageTypes'>;
}

/** Rejects if ExtremeCloud IQ or our receiver does not respond. */
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
  const updated = shown.filter((secret) => first !== undefined && isSameSecret(secret, first)).length;
  const hidden = ours.length - shown.length;
  const allUpdated = updated === shown.length;
  const activate = kind === 'env' ? 'then restart the connector' : 'the connector reads a changed file by itself';
  const notShown = hidden > 0 ? `, ${hidden} do not show their secret` : '';
  const condition = isAdded && allUpdated ? ': done if the first is the new one' : '';
  return [
    { text: 'Create a new secret, for example with: openssl rand -base64 32', state: 'unverifiable' },
    {
      text: `Add it to ${key} after the old one, so that both are accepted (${activate}).`,
      state: isAdded ? 'done' : 'open',
      detail: `${secrets.length} configured`,
    },
    {
      text: 'Check that the receiver accepts all of them.',
      state: isAdded && refused === 0 ? 'done' : 'open',
      detail: refused === 0 ? 'all configured secrets are accepted' : `the receiver rejects ${refused}`,
    },
    {
      text: `Move the new one to the first place in ${key} (${activate}), then run: xiq-siem subscriptions apply`,
      // Only the operator knows which one is new. If the wrong one were removed, the receiver would reject webhooks.
      state: isAdded && allUpdated ? 'unverifiable' : 'open',
      detail: `${updated} of ${ours.length} subscriptions have the first secret${notShown}${condition}`,
    },
    {
      text: `Ten minutes later, remove the old one, now after the new one, from ${key} (${activate}).`,
      state: 'open',
      detail: isAdded
        ? `${secrets.length - 1} after the first`
        : 'one configured: the rotation is finished or has not started',
    },
  ];
}
