// Advice on a valid configuration: settings that work but should be changed.
import { z } from 'zod';
import { noProxyAdvice } from './egress.ts';
import { formatFault } from './faults.ts';
import type { Configuration, ConfiguredSource } from './load.ts';
import { routingFaults } from './routing.ts';
import { secretAdvice } from './secrets.ts';

export function advise(configuration: Configuration): readonly string[] {
  const { sources, destinations, resolvePath, renamed } = configuration;
  const manuallySubscribed = sources.filter((source) => publicUrlOf(source) === undefined);
  const urlPerType = manuallySubscribed.map(
    ({ name }) =>
      `source ${name}: use one URL per message type in ExtremeCloud IQ, /webhooks/${name}/<MESSAGE_TYPE>; on /webhooks/${name}, a GDPR event with the fields of an audit event is classified as audit`,
  );
  const readableSecrets = [
    ...sources,
    ...sources.map(({ ownSecrets }) => ({ secrets: ownSecrets })),
    ...destinations,
  ].flatMap(({ secrets }) => secrets.flatMap(({ reference }) => secretAdvice(reference, resolvePath) ?? []));
  return [
    ...renamed.map((fault) => formatFault({ ...fault, field: '' })),
    ...urlPerType,
    ...sources.flatMap(publicUrlAdvice),
    ...readableSecrets,
    ...noProxyAdvice(configuration),
    ...routingFaults(configuration).advice,
  ];
}

const withSubscriptions = z.looseObject({ subscriptions: z.looseObject({ publicUrl: z.url() }) });

const publicUrlOf = ({ settings }: ConfiguredSource): string | undefined =>
  withSubscriptions.safeParse(settings).data?.subscriptions.publicUrl;

/** Advice only: a proxy may change the path. */
function publicUrlAdvice(source: ConfiguredSource): readonly string[] {
  const publicUrl = publicUrlOf(source);
  const urlName = publicUrl === undefined ? undefined : new URL(publicUrl).pathname.split('/').at(-1);
  if (urlName === undefined || urlName === source.name) return [];
  return [
    `sources.${source.name}.subscriptions.publicUrl ends in /webhooks/${urlName}, but this source receives webhooks at /webhooks/${source.name}: use this path, unless a proxy changes it`,
  ];
}
