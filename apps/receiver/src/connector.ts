// Starts the stages (data directory, journal, sources, delivery, listeners) and stops them in reverse order.
import { rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { newAdminToken, type Reloaded, writeAdminFile } from '@xiq-siem/admin-api';
import type { Configuration } from '@xiq-siem/config';
import { type ConnectorError, createAgeGuard, type Logger } from '@xiq-siem/core';
import { openDataDirectory } from '@xiq-siem/journal';
import {
  caughtUp,
  checkDestinations,
  type DestinationCheck,
  defaultJournalBytes,
  openConfiguredDeadLetters,
  openConfiguredJournal,
  openPipeline,
  type PluginServices,
} from '@xiq-siem/pipeline';
import { openBackfillPairing, openState, prepareState, readKnownHistory } from '@xiq-siem/state';
import { createSelfChecks, openOrganizations } from '@xiq-siem/xiq-account';
import { adminApp } from './admin/admin.ts';
import { listen } from './http/listen.ts';
import { byteBudget } from './http/read-body.ts';
import { refusedCredentials } from './http/refused-credentials.ts';
import { refusedRequests } from './http/refused-requests.ts';
import { webhookApp } from './http/webhooks.ts';
import { openOperatorService } from './operator-service.ts';
import { ownCounters, ownGauges } from './own-metrics.ts';
import { createCounters } from './telemetry/counters.ts';
import { version } from './version.ts';

export interface Connector {
  /** Of the webhook listener, without a path. */
  readonly url: string;
  readonly adminUrl: string;
  readonly secretsDirectory: string;
  /** Resolves when the journal or the state file has failed permanently. The process must then end and be restarted. */
  readonly failed: Promise<ConnectorError>;
  /** Reads the configuration again and applies it. Rejects where it is invalid; nothing changes then. */
  reload(): Promise<Reloaded>;
  /** By the current configuration. */
  shutdownGraceMs(): number;
  /** Asks each destination whether it accepts events. */
  check(): Promise<readonly DestinationCheck[]>;
  /** Stops accepting, responds to requests in flight, lets destinations finish within `graceMs`, closes everything. */
  stop(graceMs: number): Promise<void>;
}

/** The lines of refused requests since the first one of a sender. */
const logRefusedEveryMs = 15_000;

/** Where a step fails, everything opened before it is closed. */
export async function startConnector(
  configuration: Configuration,
  { log, now }: { readonly log: Logger; readonly now: () => number },
): Promise<Connector> {
  const counters = createCounters({ ...ownCounters, ...ownGauges });
  await using opened = new AsyncDisposableStack();
  const { server, admin } = configuration;
  const data = await openDataDirectory(configuration.resolvePath(configuration.dataDirectory), {
    now,
    log,
    prepare: (directory, fromFormat) => prepareState(directory, fromFormat, { now, log }),
  });
  opened.defer(() => data.close());
  const agent = { id: data.instanceId, name: 'xiq-siem-connector', version };
  const ageGuard = createAgeGuard({
    now,
    // Unlike performance.now(), it counts the time of a suspended machine.
    monotonicMs: () => uptime() * 1000,
    onStep: ({ byMs, atMs }) =>
      log.error('clock.stepped', { seconds: Math.round(byMs / 1000), at: new Date(atMs).toISOString() }),
    onStepEnded: () => log.info('clock.step_ended'),
  });
  const { mayDeleteByAge } = ageGuard;
  const meter = counters;
  const services: PluginServices = { agent, secretsDirectory: data.paths.secrets, now, mayDeleteByAge, log, meter };
  const failed = Promise.withResolvers<ConnectorError>();
  const state = await openState(data.path, { now, log, onFailure: failed.resolve });
  opened.defer(() => state.close());
  const journalMaxBytes = configuration.journal.maxBytes ?? (await defaultJournalBytes(data.path));
  const known = await readKnownHistory(state.database, data.instanceId, log);
  const journal = await openConfiguredJournal(configuration, {
    directory: data.path,
    maxBytes: journalMaxBytes,
    ageGuard,
    now,
    log,
    meter,
    onFailure: failed.resolve,
    onIncident: state.addJournalIncident,
    ...(known && { known }),
  });
  opened.defer(() => journal.close());
  const deadLetters = await openConfiguredDeadLetters(configuration, data.path, services, state, journal);
  const retainForMs = configuration.journal.retainForHours * 3_600_000;
  const pairing = await openBackfillPairing(state.database, { now, retainForMs, mayDeleteByAge, log });
  const organizations = await openOrganizations(state.documents, configuration);
  const stores = { journal, deadLetters, pairing, incidents: state.incidents };
  const lostState = (await state.incidents()).filter(({ kind }) => kind === 'missing' || kind === 'damaged');
  const isHistoryKnown = known !== undefined && lostState.length === 0;
  const { organizationOf } = organizations;
  const parts = {
    ...stores,
    documents: state.documents,
    services: { ...services, organizationOf },
    log,
    isHistoryKnown,
  };
  const pipeline = await openPipeline(configuration, parts);
  const { delivery } = pipeline;
  let isStopping = false;
  const stopping = () => isStopping;
  opened.defer(() => (isStopping ? undefined : delivery.stop(0)));

  const refused = refusedCredentials(now);
  const rejected = refusedRequests(now, log);
  const loggingRefused = setInterval(rejected.flush, logRefusedEveryMs);
  loggingRefused.unref();
  opened.defer(() => {
    clearInterval(loggingRefused);
    rejected.close();
  });
  const selfChecks = createSelfChecks();
  const lastReceived = new Map<string, number>();
  const operator = await openOperatorService({
    ...stores,
    state,
    data,
    pipeline,
    services,
    counters,
    refused,
    refusedRequests: rejected,
    selfChecks,
    organizations,
    journalMaxBytes,
    ageGuard,
    stopping,
    lastReceivedMs: (source) => lastReceived.get(source),
  });
  opened.defer(() => operator.stop());

  const listening = { ...server, onClientError: (code: string) => log.debug('listener.client_error', { code }) };
  const token = newAdminToken();
  const adminFetch = adminApp({ ...operator.admin, token, log, version }).fetch;
  const admins = await listen(adminFetch, { ...listening, ...admin, name: 'admin' });
  opened.defer(() => admins.close(0));
  const webhookFetch = webhookApp({
    sources: () => pipeline.sources().receiving,
    maxBodyBytes: server.maxBodyBytes,
    budget: byteBudget(server.maxInFlightBytes),
    refused,
    refusedRequests: rejected,
    isSelfCheck: selfChecks.isOwn,
    async store(metadata, bytes) {
      const receipt = await journal.append(metadata, bytes);
      lastReceived.set(metadata.source, metadata.receivedAtMs);
      return receipt;
    },
    stopping,
    now,
    log,
    meter: counters,
  }).fetch;
  const webhooks = await listen(webhookFetch, { ...listening, name: 'webhooks' });
  // Only operator commands need this file. A full disk must not stop delivery, which frees the disk.
  const adminFileFailed = (cause: Error): void => log.warn('admin.file_write_failed', { error: cause.message });
  await writeAdminFile(data.paths.admin, { url: admins.url, webhooks: webhooks.url, token }).catch(adminFileFailed);
  opened.defer(() => rm(data.paths.admin, { force: true }).catch(adminFileFailed));
  operator.start();
  void state.verify();

  const rest = opened.move();
  async function stopConnector(graceMs: number): Promise<void> {
    isStopping = true;
    const end = performance.now() + graceMs;
    const remainingMs = (): number => Math.max(0, end - performance.now());
    await webhooks.close(remainingMs());
    await caughtUp(delivery, journal, remainingMs);
    await operator.stop();
    await delivery.stop(remainingMs());
    await rest.disposeAsync();
  }
  return {
    url: webhooks.url,
    adminUrl: admins.url,
    secretsDirectory: data.paths.secrets,
    failed: failed.promise,
    check: () => checkDestinations(pipeline.destinations()),
    reload: () => operator.admin.operations.reload({}, new AbortController().signal),
    shutdownGraceMs: () => pipeline.configuration().shutdownGraceMs,
    stop: stopConnector,
  };
}
