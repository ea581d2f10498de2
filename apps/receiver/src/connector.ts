// Joins the stages: data directory, journal, sources, delivery, listeners; and takes them apart in reverse.
import { rm } from 'node:fs/promises';
import { ConnectorError, type KeptBody, type Logger, type NormalizedEvent } from '@xiq-siem/core';
import { type Delivery, startDelivery, systemClock } from '@xiq-siem/delivery';
import { type Journal, openDataDirectory, openJournal } from '@xiq-siem/journal';
import { newAdminToken, writeAdminFile } from './admin-file.ts';
import type { Configuration } from './config/load.ts';
import type { Counters } from './counters.ts';
import { type DeadLetters, openDeadLetters } from './dead-letters.ts';
import { checkDestinations, type DestinationCheck } from './destination-checks.ts';
import { adminApp } from './http/admin.ts';
import { listen } from './http/listen.ts';
import { byteBudget } from './http/read-body.ts';
import { refusedCredentials } from './http/refused-credentials.ts';
import { webhookApp } from './http/webhooks.ts';
import { defaultJournalBytes } from './journal-size.ts';
import { type OpenDestination, openDestinations, openSources, type PluginServices } from './plugins.ts';
import { readinessOf } from './readiness.ts';
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
  const journal = await openConfiguredJournal(configuration, data.path, { now, log, meter: counters });
  opened.defer(() => journal.close());

  const deadLetters = await openDeadLetters(data.paths.deadLetters, {
    maxBytes: configuration.deadLetters.maxBytes,
    minFreeBytes: configuration.journal.minFreeBytes,
    segmentBytes: configuration.journal.segmentBytes,
    ...{ now, log, meter: counters },
  });
  opened.defer(() => deadLetters.close());

  const agent = { id: data.instanceId, name: 'xiq-siem-connector', version };
  const services: PluginServices = { agent, secretsDirectory: data.paths.secrets, now, log, meter: counters };
  const sources = await openSources(configuration, services);
  const destinations = await openDestinations(configuration, services);
  const delivery = await startDeliveryTo(destinations, journal, {
    deadLetters,
    normalize: (body) => sources.of(body).normalize(body, now()),
    log,
    meter: counters,
  });
  opened.defer(() => delivery.stop(0));

  let stopping = false;
  const failed = Promise.withResolvers<ConnectorError>();
  const keep: Journal['append'] = async (metadata, bytes) => {
    try {
      return await journal.append(metadata, bytes);
    } catch (cause) {
      if (cause instanceof ConnectorError && cause.code === 'journal_failed') failed.resolve(cause);
      throw cause;
    }
  };
  const listening = { ...server, onClientError: (code: string) => log.debug('listener.client_error', { code }) };
  const token = newAdminToken();
  const admins = await listen(
    adminApp({
      token,
      readiness: () =>
        readinessOf({ journal, delivery, sources: sources.receiving, counters, stopping: () => stopping }),
      async forgetDestination(name) {
        const orphans = await journal.orphanedPositions();
        if (!orphans.includes(name)) {
          const known = orphans.length === 0 ? 'there is none to forget' : `there is ${orphans.join(', ')}`;
          throw new ConnectorError(
            'usage',
            `${name} is no destination that was taken out of the configuration: ${known}`,
          );
        }
        await journal.forgetPosition(name);
        log.warn('destination.forgotten', { destination: name });
      },
    }).fetch,
    { ...listening, ...admin, name: 'admin' },
  );
  await writeAdminFile(data.paths.admin, admins.url, token);
  opened.defer(() => rm(data.paths.admin, { force: true }));
  opened.defer(() => admins.close(0));
  const webhooks = await listen(
    webhookApp({
      sources: sources.receiving,
      maxBodyBytes: server.maxBodyBytes,
      budget: byteBudget(server.maxInFlightBytes),
      refused: refusedCredentials(now),
      keep,
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

interface StageServices {
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: Counters;
}

async function openConfiguredJournal(
  { journal: { maxBytes, minFreeBytes, retainForHours, segmentBytes } }: Configuration,
  directory: string,
  services: StageServices,
): Promise<Journal> {
  return openJournal({
    directory,
    maxBytes: maxBytes ?? (await defaultJournalBytes(directory)),
    minFreeBytes,
    retainForMs: retainForHours * 3_600_000,
    segmentBytes,
    ...services,
  });
}

interface DeliveryServices {
  readonly deadLetters: DeadLetters;
  readonly normalize: (body: KeptBody) => Iterable<NormalizedEvent>;
  readonly log: Logger;
  readonly meter: Counters;
}

async function startDeliveryTo(
  destinations: readonly OpenDestination[],
  journal: Journal,
  services: DeliveryServices,
): Promise<Delivery> {
  // A destination that is added to a running deployment begins with what comes, the first ones with all there is.
  const firstStart = (await journal.orphanedPositions()).length === 0;
  const withPositions = await Promise.all(
    destinations.map(async ({ configured: { name, definition, options }, destination, redact }) => {
      const startAt = options.startAt ?? (firstStart ? 'earliest' : 'now');
      const position = await journal.position(name, { startAt, whenFull: options.whenFull });
      return { name, definition, options, destination, position, redact };
    }),
  );
  for (const name of await journal.orphanedPositions()) {
    services.log.warn('destination.not_configured', {
      destination: name,
      mend: 'its position keeps bodies in the journal',
    });
  }
  return startDelivery({
    ...services,
    destinations: withPositions,
    openReader: (fromSequence) => journal.reader(fromSequence),
    redact: (text) => withPositions.reduce((shown, { redact }) => redact(shown), text),
    clock: systemClock,
    random: Math.random,
  });
}

const never = new AbortController().signal;

/** Waits until every destination that is well has all there is; one that is down is not waited for. */
async function caughtUp(delivery: Delivery, journal: Journal, remainingMs: () => number): Promise<void> {
  const behind = (): boolean => {
    const { nextSequence } = journal.extent();
    return delivery.status().some(({ state, sequence }) => state === 'running' && sequence < nextSequence);
  };
  while (behind() && remainingMs() > 0) await systemClock.sleep(20, never);
}
