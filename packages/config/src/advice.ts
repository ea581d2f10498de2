// What a valid configuration could do better.
import { z } from 'zod';
import { formatFault } from './faults.ts';
import type { Configuration, ConfiguredSource } from './load.ts';
import { secretAdvice } from './secrets.ts';

export function advise({ sources, destinations, resolvePath, renamed }: Configuration): readonly string[] {
  const byHand = sources.filter((source) => publicUrlOf(source) === undefined);
  const oneUrlAType = byHand.map(
    ({ name }) =>
      `subscribe at ExtremeCloud IQ with one URL a message type, /webhooks/${name}/<MESSAGE_TYPE>: at /webhooks/${name} types are told apart by shape, and GDPR events pass for audit events`,
  );
  const readable = [...sources, ...sources.map(({ ownSecrets }) => ({ secrets: ownSecrets })), ...destinations].flatMap(
    ({ secrets }) => secrets.flatMap(({ reference }) => secretAdvice(reference, resolvePath) ?? []),
  );
  return [...renamed.map(formatFault), ...oneUrlAType, ...sources.flatMap(publicUrlAdvice), ...readable];
}

const subscribing = z.looseObject({ subscriptions: z.looseObject({ publicUrl: z.url() }) });

const publicUrlOf = ({ settings }: ConfiguredSource): string | undefined =>
  subscribing.safeParse(settings).data?.subscriptions.publicUrl;

/** A proxy may rename paths: that is no fault, and mostly a mistake. */
function publicUrlAdvice(source: ConfiguredSource): readonly string[] {
  const publicUrl = publicUrlOf(source);
  const named = publicUrl === undefined ? undefined : new URL(publicUrl).pathname.split('/').at(-1);
  if (named === undefined || named === source.name) return [];
  return [
    `sources.${source.name}.subscriptions.publicUrl ends in /webhooks/${named}, and this source takes webhooks at /webhooks/${source.name}: they are refused, or kept as another source's, unless a proxy before us changes the path`,
  ];
}
