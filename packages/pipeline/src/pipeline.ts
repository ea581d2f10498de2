// The running sources, destinations and delivery, and the reload of their configuration.
import { type Configuration, type ConfiguredDestination, configChanges, noProxyAdvice } from '@xiq-siem/config';
import { type BodyLog, createSerialQueue, type Logger } from '@xiq-siem/core';
import type { Delivery } from '@xiq-siem/delivery';
import { type BackfillPairing, type DeadLetters, type Documents, markDuplicates } from '@xiq-siem/state';
import { type OpenDestination, openDestination, openSources, type PluginServices, type Sources } from './plugins.ts';
import { deliveryDestination, startDeliveryTo } from './stages.ts';

export interface Pipeline {
  readonly delivery: Delivery;
  configuration(): Configuration;
  /** The latest configuration since the start whose mapping differs from the current one. */
  beforeMapping(): Configuration | undefined;
  sources(): Sources;
  destinations(): readonly OpenDestination[];
  /** Applies a checked configuration. Rejects and changes nothing if a part of it cannot be opened. */
  apply(next: Configuration): Promise<Applied>;
}

interface Applied {
  readonly changed: readonly string[];
  /** Fields that differ and were not applied. */
  readonly needsRestart: readonly string[];
}

interface PipelineParts {
  readonly journal: BodyLog;
  readonly deadLetters: DeadLetters;
  readonly documents: Documents;
  readonly isHistoryKnown?: boolean;
  readonly services: PluginServices;
  readonly log: Logger;
  readonly pairing?: Pick<BackfillPairing, 'isDuplicate' | 'flushed'> | undefined;
}

/** Time that a destination has to finish before it is opened again. */
const graceMs = 5_000;

function logAdvice(configuration: Configuration, log: Logger): void {
  for (const { field: name, file, line, message } of configuration.renamed) {
    log.warn('configuration.deprecated_name', { name, file, line, remediation: message });
  }
  for (const advice of noProxyAdvice(configuration)) log.warn('configuration.no_proxy_entry_ignored', { advice });
}

export async function openPipeline(first: Configuration, parts: PipelineParts): Promise<Pipeline> {
  const { journal, deadLetters, documents, services, log, isHistoryKnown, pairing } = parts;
  const stores = { journal, documents, log, isHistoryKnown, pairing };
  logAdvice(first, log);
  let configuration = first;
  let beforeMapping: Configuration | undefined;
  let sources = await openSources(first, services);
  const open = new Map<string, OpenDestination>();
  for (const configured of first.destinations) {
    open.set(configured.name, await openDestination(configured, first, services));
  }
  const delivery = await startDeliveryTo([...open.values()], stores, {
    deadLetters,
    parked: deadLetters,
    normalize: (body) => markDuplicates(sources.of(body).normalize(body, services.now()), body, pairing),
    redact: (text) => [...open.values()].reduce((shown, { redact }) => redact(shown), text),
    log,
    meter: services.meter,
  });

  /** Opens the new destinations and all sources, or closes what it opened and rejects. */
  async function openAll(wanted: readonly ConfiguredDestination[], next: Configuration) {
    await using opened = new AsyncDisposableStack();
    const newDestinations: OpenDestination[] = [];
    for (const configured of wanted) {
      const one = await openDestination(configured, next, services);
      opened.defer(async () => one.destination.close?.());
      newDestinations.push(one);
    }
    // Always, because the secrets of sources are read again.
    const newSources = await openSources(next, services);
    opened.move();
    return { destinations: newDestinations, sources: newSources };
  }

  async function stopDestination(name: string): Promise<void> {
    await delivery.remove(name, graceMs);
    await journal.releasePosition(name);
    open.delete(name);
  }

  async function startDestination(destination: OpenDestination): Promise<void> {
    const { name } = destination.configured;
    open.set(name, destination);
    delivery.add(await deliveryDestination(destination, stores, 'now'));
  }

  const applyInTurn = createSerialQueue();
  async function applyNow(next: Configuration): Promise<Applied> {
    logAdvice(next, log);
    const { added, removed, changed, sources: sourceChanges, needsRestart } = configChanges(configuration, next);
    const fresh = new Set([...added, ...changed]);
    const wanted = next.destinations.filter(({ name }) => fresh.has(name));
    const opened = await openAll(wanted, next);
    sources = opened.sources;
    if (configuration.mapping?.version !== next.mapping?.version) beforeMapping = configuration;
    configuration = next;
    for (const name of [...removed, ...changed]) await stopDestination(name);
    for (const { configured, destination } of open.values()) {
      await destination.reopen?.().catch((cause: unknown) => {
        log.error('destination.reopen_failed', { destination: configured.name, error: String(cause) });
      });
    }
    for (const destination of opened.destinations) await startDestination(destination);
    const changes = [
      ...added.map((name) => `destinations.${name} added`),
      ...removed.map((name) => `destinations.${name} removed`),
      ...changed.map((name) => `destinations.${name} changed`),
      ...sourceChanges,
    ];
    log.info('configuration.reloaded', { changed: changes.join(', '), needsRestart: needsRestart.join(', ') });
    return { changed: changes, needsRestart };
  }

  return {
    delivery,
    configuration: () => configuration,
    beforeMapping: () => beforeMapping,
    sources: () => sources,
    destinations: () => [...open.values()],
    apply: (next) => applyInTurn(() => applyNow(next)),
  };
}
