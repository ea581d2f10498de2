// ExtremeCloud IQ's own side of a source: its REST API, as it is configured now.
import { isDeepStrictEqual } from 'node:util';
import type { Configuration, ConfiguredSource } from '@xiq-siem/config';
import { createAgents, openSecret } from '@xiq-siem/config';
import type { Logger, SecretReference, SecretSource } from '@xiq-siem/core';
import { systemClock } from '@xiq-siem/delivery';
import { type SubscriptionsConfig, type XiqApiConfig, xiqSource } from '@xiq-siem/xiq';
import { createLogReader, type LogReader } from './rest/log-reader.ts';
import type { XiqCredentials } from './rest/session.ts';
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
    source: configured.name,
    config,
    subscriptions,
    api: createXiqApi({
      baseUrl: config.baseUrl,
      credentials: credentialsOf(config, secret),
      agent: createAgents(configuration),
      clock: systemClock,
      log,
      meter,
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
): XiqCredentials {
  if (token !== undefined) return { token: secret(token) };
  const none: SecretSource = { current: () => [] };
  return {
    username: username === undefined ? none : secret(username),
    password: password === undefined ? none : secret(password),
  };
}

/** By the source's name. The same cloud, with its budget and its token, as long as nothing of it changed. */
export type CurrentClouds = () => ReadonlyMap<string, XiqCloud>;

/** Throws where those of the first configuration cannot be opened; of a later one that is said, and the others stay. */
export function currentClouds(configuration: () => Configuration, services: CloudServices): CurrentClouds {
  let taken = configuration();
  let clouds = openXiqClouds(taken, services);
  return () => {
    const now = configuration();
    if (now === taken) return clouds;
    const before = taken;
    const kept = clouds;
    taken = now;
    const isAsBefore = (name: string): boolean => isDeepStrictEqual(madeOf(before, name), madeOf(now, name));
    try {
      const opened = [...openXiqClouds(now, services)];
      clouds = new Map(opened.map(([name, cloud]) => [name, (isAsBefore(name) ? kept.get(name) : undefined) ?? cloud]));
    } catch (cause) {
      services.log.error('xiq_api.not_opened', { why: String(cause), mend: 'xiq-siem reload, when that is mended' });
    }
    return clouds;
  };
}

const madeOf = ({ raw, mapping }: Configuration, source: string): unknown => [
  raw.sources[source],
  raw.egress,
  mapping?.version,
];
