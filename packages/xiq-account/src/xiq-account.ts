// The ExtremeCloud IQ account of a source: its REST API and its settings, as configured now.
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

export interface XiqAccount {
  /** Name of the source in the configuration. */
  readonly source: string;
  readonly api: XiqApi;
  readonly config: XiqApiConfig;
  readonly subscriptions: SubscriptionsConfig | undefined;
  /** Normalizes entries of logs and stored bodies as the source does. */
  readonly reader: LogReader;
}

export interface AccountServices {
  readonly log: Logger;
  readonly meter: ApiMeter;
}

/** The account of each source that has an `api`, by the source's name. */
export function openXiqAccounts(
  configuration: Configuration,
  services: AccountServices,
): ReadonlyMap<string, XiqAccount> {
  return new Map(
    configuration.sources.flatMap((configured) => {
      const account = openXiqAccount(configured, configuration, services);
      return account === undefined ? [] : [[account.source, account]];
    }),
  );
}

function openXiqAccount(
  configured: ConfiguredSource,
  configuration: Configuration,
  { log, meter }: AccountServices,
): XiqAccount | undefined {
  const settings = settingsOfSource(configured);
  if (settings?.api === undefined) return undefined;
  const { api: config, subscriptions, timeZone, repeats, namespace, labels, organization } = settings;
  const secret = (reference: SecretReference): SecretSource => openSecret(reference, configuration, log);
  const operatorMapping = configuration.mapping?.rulesOf(xiqSource.type);
  const rules = operatorMapping && xiqSource.mappingSchema?.parse(operatorMapping.rules);
  return {
    source: configured.name,
    config,
    subscriptions,
    api: createXiqApi({
      baseUrl: config.baseUrl,
      alerts: subscriptions?.alerts,
      credentials: credentialsOf(config, secret),
      agent: createAgents(configuration).agent,
      clock: systemClock,
      log,
      meter,
      budget: { requestsPerHour: config.requestsPerHour },
    }),
    reader: createLogReader({
      timeZone,
      repeats,
      ...{ source: configured.name, namespace, labels, organization },
      ...(operatorMapping !== undefined &&
        rules !== undefined && { mapping: { version: operatorMapping.version, rules } }),
    }),
  };
}

const settingsOfSource = ({ type, settings }: ConfiguredSource) =>
  type === xiqSource.type ? xiqSource.configSchema.parse(settings) : undefined;

/** The settings of the REST API of a source, if it has one. */
export const apiOf = (source: ConfiguredSource): XiqApiConfig | undefined => settingsOfSource(source)?.api;

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

/** By the source's name. An account keeps its request budget and its token until its configuration changes. */
export type CurrentAccounts = () => ReadonlyMap<string, XiqAccount>;

/** Throws if the accounts of the first configuration cannot be opened. After a reload it logs the error and keeps the old ones. */
export function currentAccounts(configuration: () => Configuration, services: AccountServices): CurrentAccounts {
  let current = configuration();
  let accounts = openXiqAccounts(current, services);
  return () => {
    const next = configuration();
    if (next === current) return accounts;
    const before = current;
    const existing = accounts;
    current = next;
    const isUnchanged = (name: string): boolean => isDeepStrictEqual(settingsOf(before, name), settingsOf(next, name));
    try {
      const opened = [...openXiqAccounts(next, services)];
      accounts = new Map(
        opened.map(([name, account]) => [name, (isUnchanged(name) ? existing.get(name) : undefined) ?? account]),
      );
    } catch (cause) {
      services.log.error('xiq_api.open_failed', {
        error: String(cause),
        remediation: 'fix this, then xiq-siem reload',
      });
    }
    return accounts;
  };
}

const settingsOf = ({ raw, mapping }: Configuration, source: string): unknown => [
  raw.sources[source],
  raw.egress,
  mapping?.version,
];
