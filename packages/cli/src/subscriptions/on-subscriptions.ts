// Opens the configuration, a source and its API for a subscriptions command.
import { connectAdmin } from '@xiq-siem/admin-api';
import { type Configuration, type ConfiguredSource, configurationError, loadConfiguration } from '@xiq-siem/config';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { systemClock } from '@xiq-siem/delivery';
import { documentReading, openStateSnapshot } from '@xiq-siem/state';
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import {
  type ApplyPorts,
  isRotating,
  openXiqAccounts,
  planSubscriptions,
  readManagedList,
  type SourceSecrets,
  type SubscriptionPlan,
  type SubscriptionTarget,
  sourceSecrets,
  subscriptionError,
  type XiqAccount,
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
  source: { type: 'string', value: 'NAME', help: 'the source, if several have subscriptions' },
} as const satisfies CommandOptions;

/** Exit codes of failed API calls. */
export const apiExits = {
  unavailable: 'ExtremeCloud IQ cannot be reached',
  temporary: 'the request limit is reached, or the subscriptions are being changed by another process: try again later',
  protocol: 'ExtremeCloud IQ rejects the request or returns an invalid response',
  permission: 'ExtremeCloud IQ rejects the credentials, or they lack a permission',
  interrupted: 'Ctrl-C',
};

export interface OpenSubscriptions extends Output {
  readonly configuration: Configuration;
  /** Its name in the configuration. */
  readonly source: string;
  readonly api: XiqAccount['api'];
  readonly subscriptions: SubscriptionsConfig;
  readonly secrets: SourceSecrets;
  /** Whether a rotation of the secret is unfinished. */
  readonly rotating: boolean;
  /** Without a secret if there is none or a rotation is unfinished: secrets are not compared then. */
  readonly target: SubscriptionTarget;
  readonly clock: ApplyPorts['clock'];
  readonly log: Logger;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** All subscriptions of the account. */
  list(): Promise<readonly XiqSubscription[]>;
  /** The changes that the configuration needs. */
  plan(found: readonly XiqSubscription[]): SubscriptionPlan;
  /** Tells a running connector to check the subscriptions. Ignores errors. */
  checkAgain(): Promise<void>;
}

/** Resolves with the exit code of `work`. Needs no running connector. */
export async function onSubscriptions(
  values: CommonValues & { readonly source?: string | undefined },
  { terminal, product }: Session,
  work: (opened: OpenSubscriptions) => Promise<number>,
): Promise<number> {
  const loaded = await loadConfiguration(configFile(values), await product.registry(), process.env);
  if (!loaded.ok) throw configurationError(loaded.faults);
  const { configuration } = loaded;
  const log = commandLog(terminal);
  const accounts = openXiqAccounts(configuration, { log, meter: { add: () => {} } });
  const { configured, account, subscriptions } = selectSource(configuration, accounts, values.source);
  const json = values.json === true;
  const signal = terminal.interrupted();
  const secrets = sourceSecrets(configured, configuration, log);
  const rotating =
    secrets.kind === 'managed' && (await isRotatingNow(configuration, account.source, secrets.managedPath));
  const [secret] = rotating ? [] : secrets.all.current();
  const { application, publicUrl, messageTypes, alerts } = subscriptions;
  const target = { application, publicUrl, messageTypes, alerts, secret };
  const { api } = account;
  try {
    return await work({
      configuration,
      source: account.source,
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
          .checkSubscriptions({ source: account.source }, signal)
          .catch(() => undefined);
      },
      ...output(terminal, json),
    });
  } finally {
    terminal.progress('');
    await api.logout(AbortSignal.timeout(logoutMs)).catch(() => undefined);
  }
}

/** An unfinished rotation has at least two secrets in the list. With fewer, the state file may not exist. */
async function isRotatingNow(configuration: Configuration, source: string, path: string): Promise<boolean> {
  if (readManagedList(path).length < 2) return false;
  const state = await openStateSnapshot(configuration.resolvePath(configuration.dataDirectory), silentLog);
  try {
    return await isRotating(documentReading(state, silentLog), source, path);
  } finally {
    await state.close();
  }
}

/** The longest wait for a logout. A token that stays valid is safe. */
const logoutMs = 3_000;

function selectSource(
  { sources }: Configuration,
  accounts: ReadonlyMap<string, XiqAccount>,
  named: string | undefined,
): { configured: ConfiguredSource; account: XiqAccount; subscriptions: SubscriptionsConfig } {
  const candidates = sources.flatMap((configured) => {
    const account = accounts.get(configured.name);
    return account?.subscriptions === undefined ? [] : [{ configured, account, subscriptions: account.subscriptions }];
  });
  const names = candidates.map(({ configured: { name } }) => name).join(', ');
  if (candidates.length === 0) {
    const message = 'no source has subscriptions in the configuration: add api and subscriptions';
    throw subscriptionError('subscriptions_not_configured', message);
  }
  const selected = named === undefined ? candidates : candidates.filter(({ configured: { name } }) => name === named);
  const [only, ...others] = selected;
  if (only === undefined) {
    const message = `source ${named} has no subscriptions in the configuration; sources with subscriptions: ${names}`;
    throw subscriptionError('subscriptions_not_configured', message);
  }
  if (others.length > 0) throw new ConnectorError('usage', `select a source with --source NAME: ${names}`);
  return only;
}

/** Prints warnings and errors, and shows long waits as progress. The command prints its own results. */
function commandLog(terminal: Terminal): Logger {
  const write = (line: string): void => terminal.err(line.trimEnd());
  const { warn, error } = createLogger({ json: false, level: 'warn', write, now: terminal.now });
  return {
    debug() {},
    info(event, { waitMs } = {}) {
      if (event !== 'xiq_api.request_delayed' || typeof waitMs !== 'number') return;
      terminal.progress(`Waiting for the request limit of ExtremeCloud IQ: ${duration(Math.ceil(waitMs / 1000))}`);
    },
    warn,
    error,
  };
}
