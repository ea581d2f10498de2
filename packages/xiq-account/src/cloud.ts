// ExtremeCloud IQ's own side of a source: its REST API, as it is configured.

import type { Configuration, ConfiguredSource } from '@xiq-siem/config';
import { createAgents, openSecret } from '@xiq-siem/config';
import type { Logger, SecretReference, SecretSource } from '@xiq-siem/core';
import { systemClock } from '@xiq-siem/delivery';
import { type SubscriptionsConfig, type XiqApiConfig, xiqSource } from '@xiq-siem/xiq';
import { createLogReader, type LogReader } from './backfill/log-reader.ts';
import type { ApiMeter } from './rest/transport.ts';
import { createXiqApi, type XiqApi } from './rest/xiq-api.ts';

export interface XiqCloud {
  /** Of the source in the configuration. */
  readonly source: string;
  readonly api: XiqApi;
  readonly config: XiqApiConfig;
  readonly subscriptions: SubscriptionsConfig | undefined;
  /** Reads logs and kept bodies as the source does. */
  readonly reader: LogReader;
}

export interface CloudServices {
  readonly log: Logger;
  readonly meter: ApiMeter;
}

/** The side of every source that has an `api`, by the source's name. */
export function openXiqClouds(configuration: Configuration, services: CloudServices): ReadonlyMap<string, XiqCloud> {
  return new Map(
    configuration.sources.flatMap((configured) => {
      const cloud = openXiqCloud(configured, configuration, services);
      return cloud === undefined ? [] : [[cloud.source, cloud]];
    }),
  );
}

function openXiqCloud(
  configured: ConfiguredSource,
  configuration: Configuration,
  { log, meter }: CloudServices,
): XiqCloud | undefined {
  if (configured.type !== xiqSource.type) return undefined;
  const { api: config, subscriptions, timeZone } = xiqSource.configSchema.parse(configured.settings);
  if (config === undefined) return undefined;
  const secret = (reference: SecretReference): SecretSource => openSecret(reference, configuration, log);
  const given = configuration.mapping?.rulesOf(xiqSource.type);
  const rules = given && xiqSource.mappingSchema?.parse(given.rules);
  return {
    ...{ source: configured.name, config, subscriptions },
    api: createXiqApi({
      baseUrl: config.baseUrl,
      credentials: credentialsOf(config, secret),
      agent: createAgents(configuration),
      ...{ clock: systemClock, log, meter },
      budget: { requestsPerHour: config.requestsPerHour },
    }),
    reader: createLogReader({
      timeZone,
      ...(given !== undefined && rules !== undefined && { mapping: { version: given.version, rules } }),
    }),
  };
}

function credentialsOf(
  { token, username, password }: XiqApiConfig,
  secret: (reference: SecretReference) => SecretSource,
): Parameters<typeof createXiqApi>[0]['credentials'] {
  if (token !== undefined) return { token: secret(token) };
  const none: SecretSource = { current: () => [] };
  return {
    username: username === undefined ? none : secret(username),
    password: password === undefined ? none : secret(password),
  };
}
