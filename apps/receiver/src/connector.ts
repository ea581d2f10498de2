// Joins the stages: data directory, journal, sources, delivery, listeners; and takes them apart in reverse.
import { rm } from 'node:fs/promises';
import type { ConnectorError, Logger } from '@xiq-siem/core';
import { openDataDirectory } from '@xiq-siem/journal';
import { newAdminToken, writeAdminFile } from './admin-file.ts';
import type { Configuration } from './config/load.ts';
import type { Counters } from './counters.ts';
import { checkDestinations, type DestinationCheck } from './destination-checks.ts';
import { adminApp } from './http/admin.ts';
import { listen } from './http/listen.ts';
import { byteBudget } from './http/read-body.ts';
import { refusedCredentials } from './http/refused-credentials.ts';
import { webhookApp } from './http/webhooks.ts';
import { openDestinations, openSources, type PluginServices } from './plugins.ts';
import { readinessOf } from './readiness.ts';
import {
  caughtUp,
  forgetDestination,
  openConfiguredDeadLetters,
  openConfiguredJournal,
  startDeliveryTo,
} from './stages.ts';
import { version } from './version.ts';

export interface Connector {
  /** Where webhooks are taken, without a path. */
  readonly url: string;
  readonly adminUrl: string;
  readonly secretsDirectory: string;
  /** Resolves when the journal has failed for good: the process should end, and be started again. */
  readonly failed: Promise<ConnectorError>;
  /** What each destination says when asked whether it would take events. */
  check(): Promise<readonly DestinationCheck[]>;
  /** Stops accepting, answers what is in flight, lets destinations finish within `graceMs`, and closes everything. */
  stop(graceMs: number): Promise<void>;
}

export interface ConnectorServices {
  readonly log: Logger;
  readonly counters: Counters;
  readonly now: () => number;
}

/** Whatever fails on the way closes what was opened before it. */
export async function startConnector(
  configuration: Configuration,
  { log, counters, now }: ConnectorServices,
): Promise<Connector> {
  await using opened = new AsyncDisposableStack();
  const { server, admin } = configuration;
  const data = await openDataDirectory(configuration.resolvePath(configuration.dataDirectory), { now, log });
  opened.defer(() => data.close());
  const agent = { id: data.instanceId, name: 'xiq-siem-connector', version };
  const services: PluginServices = { agent, secretsDirectory: data.paths.secrets, now, log, meter: counters };
  const failed = Promise.withResolvers<ConnectorError>();
  const journal = await openConfiguredJournal(configuration, data.path, services, failed.resolve);
  opened.defer(() => journal.close());
  const deadLetters = await openConfiguredDeadLetters(configuration, data.paths.deadLetters, services);
  opened.defer(() => deadLetters.close());

  const sources = await openSources(configuration, services);
  const destinations = await openDestinations(configuration, services);
  const delivery = await startDeliveryTo(destinations, journal, {
    deadLetters,
    normalize: (body) => sources.of(body).normalize(body, now()),
    log,
    meter: counters,
  });
  let stopping = false;
  opened.defer(() => (stopping ? undefined : delivery.stop(0)));

  const listening = { ...server, onClientError: (code: string) => log.debug('listener.client_error', { code }) };
  const token = newAdminToken();
  const admins = await listen(
    adminApp({
      token,
      readiness: () =>
        readinessOf({ journal, delivery, sources: sources.receiving, counters, stopping: () => stopping }),
      forgetDestination: (name) => forgetDestination(journal, name, log),
    }).fetch,
    { ...listening, ...admin, name: 'admin' },
  );
  // Only the commands of an operator need it: a disk that is full must not keep us from delivering what fills it.
  const adminFileFailed = (cause: Error): void => log.warn('admin.file_failed', { why: cause.message });
  await writeAdminFile(data.paths.admin, admins.url, token).catch(adminFileFailed);
  opened.defer(() => rm(data.paths.admin, { force: true }).catch(adminFileFailed));
  opened.defer(() => admins.close(0));
  const webhooks = await listen(
    webhookApp({
      sources: sources.receiving,
      maxBodyBytes: server.maxBodyBytes,
      budget: byteBudget(server.maxInFlightBytes),
      refused: refusedCredentials(now),
      keep: journal.append,
      stopping: () => stopping,
      now,
      log,
      meter: counters,
    }).fetch,
    { ...listening, name: 'webhooks' },
  );

  const rest = opened.move();
  return {
    url: webhooks.url,
    adminUrl: admins.url,
    secretsDirectory: data.paths.secrets,
    failed: failed.promise,
    check: () => checkDestinations(destinations),
    async stop(graceMs) {
      stopping = true;
      const end = performance.now() + graceMs;
      const remainingMs = (): number => Math.max(0, end - performance.now());
      await webhooks.close(remainingMs());
      await caughtUp(delivery, journal, remainingMs);
      await delivery.stop(remainingMs());
      await rest.disposeAsync();
    },
  };
}
