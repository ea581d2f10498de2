// Opens what the subscriptions commands work on: the configuration, one of its sources, and its API.
import { connectAdmin } from '@xiq-siem/admin-api';
import { type Configuration, type ConfiguredSource, configurationError, loadConfiguration } from '@xiq-siem/config';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { systemClock } from '@xiq-siem/delivery';
import { documentReading, openStateSnapshot } from '@xiq-siem/state';
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import {
  type ApplyPorts,
  isRotating,
  openXiqClouds,
  planSubscriptions,
  readManagedList,
  type SourceSecrets,
  type SubscriptionPlan,
  type SubscriptionTarget,
  sourceSecrets,
  type XiqCloud,
  type XiqSubscription,
} from '@xiq-siem/xiq-account';
import { type CommandOptions, configFile } from '../arguments.ts';
import type { Session } from '../command.ts';
import { type CommonValues, type Output, output } from '../connection.ts';
import { createLogger, silentLog } from '../log/log.ts';
import { runningAt } from '../open-operations.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { duration } from '../terminal/units.ts';

export const sourceOption = {
  source: { type: 'string', value: 'NAME', help: 'the source, where more than one has subscriptions' },
} as const satisfies CommandOptions;

/** How a command ends that asks ExtremeCloud IQ and cannot. */
export const apiExits = {
  unavailable: 'ExtremeCloud IQ cannot be reached',
  temporary: 'too many requests this hour, or somebody changes the same: try again later',
  protocol: 'ExtremeCloud IQ refuses, or answers what makes no sense',
  permission: 'ExtremeCloud IQ does not take our credentials, or they may not do this',
  interrupted: 'Ctrl-C',
};

export interface OpenSubscriptions extends Output {
  readonly configuration: Configuration;
  /** Its name in the configuration. */
  readonly source: string;
  readonly api: XiqCloud['api'];
  readonly subscriptions: SubscriptionsConfig;
  readonly secrets: SourceSecrets;
  /** A rotation of the secret was begun and is not done: which one a subscription has is that rotation's affair. */
  readonly rotating: boolean;
  /** Without a secret where there is none, or one is being rotated: none is compared then. */
  readonly target: SubscriptionTarget;
  readonly clock: ApplyPorts['clock'];
  readonly log: Logger;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** All of the account. */
  list(): Promise<readonly XiqSubscription[]>;
  /** What is to be done so that they are as configured. */
  plan(found: readonly XiqSubscription[]): SubscriptionPlan;
  /** Lets a connector that runs look at what was changed; none may run, and what goes wrong is its own to tell. */
  checkAgain(): Promise<void>;
}

/** Resolves with what `work` does: the exit code. Needs no running connector. */
export async function onSubscriptions(
  values: CommonValues & { readonly source?: string | undefined },
  { terminal, product }: Session,
  work: (opened: OpenSubscriptions) => Promise<number>,
): Promise<number> {
  const loaded = await loadConfiguration(configFile(values), await product.registry(), process.env);
  if (!loaded.ok) throw configurationError(loaded.faults);
  const { configuration } = loaded;
  const log = quietLog(terminal);
  const clouds = openXiqClouds(configuration, { log, meter: { add: () => {} } });
  const { configured, cloud, subscriptions } = sourceMeant(configuration, clouds, values.source);
  const json = values.json === true;
  const signal = terminal.interrupted();
  const secrets = sourceSecrets(configured, configuration, log);
  const rotating =
    secrets.kind === 'managed' && (await isRotatingNow(configuration, cloud.source, secrets.managedPath));
  const [secret] = rotating ? [] : secrets.all.current();
  const { application, publicUrl, messageTypes } = subscriptions;
  const target = { application, publicUrl, messageTypes, secret };
  const { api } = cloud;
  try {
    return await work({
      configuration,
      source: cloud.source,
      api,
      subscriptions,
      secrets,
      rotating,
      target,
      log,
      json,
      signal,
      clock: systemClock,
      list: () => api.subscriptions.list(signal),
      plan: (found) => planSubscriptions(target, found),
      async checkAgain() {
        const address = await runningAt(configuration.resolvePath(configuration.dataDirectory)).catch(() => undefined);
        if (address === undefined) return;
        await connectAdmin(address)
          .checkSubscriptions({ source: cloud.source }, signal)
          .catch(() => undefined);
      },
      ...output(terminal, json),
    });
  } finally {
    terminal.progress('');
    await api.logout(AbortSignal.timeout(logoutMs)).catch(() => undefined);
  }
}

/** A rotation that is under way has two secrets in the list at least: without them no state file need be there. */
async function isRotatingNow(configuration: Configuration, source: string, path: string): Promise<boolean> {
  if (readManagedList(path).length < 2) return false;
  const state = await openStateSnapshot(configuration.resolvePath(configuration.dataDirectory), silentLog);
  try {
    return await isRotating(documentReading(state, silentLog), source, path);
  } finally {
    await state.close();
  }
}

/** That a token lives on for its day is no harm: nobody waits longer to give it back. */
const logoutMs = 3_000;

function sourceMeant(
  { sources }: Configuration,
  clouds: ReadonlyMap<string, XiqCloud>,
  wanted: string | undefined,
): { configured: ConfiguredSource; cloud: XiqCloud; subscriptions: SubscriptionsConfig } {
  const able = sources.flatMap((configured) => {
    const cloud = clouds.get(configured.name);
    return cloud?.subscriptions === undefined ? [] : [{ configured, cloud, subscriptions: cloud.subscriptions }];
  });
  const names = able.map(({ configured: { name } }) => name).join(', ');
  if (able.length === 0) {
    throw new ConnectorError('usage', 'no source has subscriptions in the configuration: add api and subscriptions');
  }
  const meant = wanted === undefined ? able : able.filter(({ configured: { name } }) => name === wanted);
  const [only, ...others] = meant;
  if (only === undefined) throw new ConnectorError('usage', `no source ${wanted} has subscriptions: there is ${names}`);
  if (others.length > 0) throw new ConnectorError('usage', `say which source with --source NAME: there is ${names}`);
  return only;
}

/** What a command does it says itself; what goes wrong on the way, and long waits, are told. */
function quietLog(terminal: Terminal): Logger {
  const write = (line: string): void => terminal.err(line.trimEnd());
  const { warn, error } = createLogger({ json: false, level: 'warn', write, now: terminal.now });
  return {
    debug() {},
    info(event, { waitMs } = {}) {
      if (event !== 'xiq_api.waits' || typeof waitMs !== 'number') return;
      terminal.progress(`ExtremeCloud IQ lets us wait: ${duration(Math.ceil(waitMs / 1000))}`);
    },
    warn,
    error,
  };
}
