// Sources, destinations and delivery as they are configured now; the next configuration is applied without a stop.
import { type Configuration, type ConfiguredDestination, configChanges } from '@xiq-siem/config';
import { createSerialQueue, type Log, type Logger } from '@xiq-siem/core';
import type { Delivery } from '@xiq-siem/delivery';
import { type BackfilledLookup, type DeadLetters, withoutDuplicates } from '@xiq-siem/state';
import { type OpenDestination, openDestination, openSources, type PluginServices, type Sources } from './plugins.ts';
import { deliveryDestination, startDeliveryTo } from './stages.ts';

export interface Pipeline {
  readonly delivery: Delivery;
  configuration(): Configuration;
  /** The last one with another mapping than the current one, since the start. */
  beforeMapping(): Configuration | undefined;
  sources(): Sources;
  destinations(): readonly OpenDestination[];
  /** Puts a checked configuration into effect. Rejects, and changes nothing, where a part of it cannot be opened. */
  apply(next: Configuration): Promise<Applied>;
}

interface Applied {
  readonly changed: readonly string[];
  /** Fields that differ and were left as they are. */
  readonly needsRestart: readonly string[];
}

interface PipelineParts {
  readonly journal: Log;
  readonly deadLetters: DeadLetters;
  readonly services: PluginServices;
  readonly log: Logger;
  readonly backfilled?: BackfilledLookup | undefined;
}

/** Time that a destination has to finish before it is opened again. */
const graceMs = 5_000;

function logRenamed({ renamed }: Configuration, log: Logger): void {
  for (const { file, line, message } of renamed) {
    log.warn('configuration.deprecated_name', { file, line, remediation: message });
  }
}

export async function openPipeline(first: Configuration, parts: PipelineParts): Promise<Pipeline> {
  const { journal, deadLetters, services, log } = parts;
  logRenamed(first, log);
  let configuration = first;
  let beforeMapping: Configuration | undefined;
  let sources = await openSources(first, services);
  const open = new Map<string, OpenDestination>();
  for (const configured of first.destinations) {
    open.set(configured.name, await openDestination(configured, first, services));
  }
  const delivery = await startDeliveryTo([...open.values()], journal, {
    deadLetters,
    normalize: (body) => withoutDuplicates(sources.of(body).normalize(body, services.now()), body, parts.backfilled),
    redact: (text) => [...open.values()].reduce((shown, { redact }) => redact(shown), text),
    log,
    meter: services.meter,
  });

  /** All that a new configuration opens, or nothing of it. */
  async function openAll(wanted: readonly ConfiguredDestination[], next: Configuration) {
    await using opened = new AsyncDisposableStack();
    const made: OpenDestination[] = [];
    for (const configured of wanted) {
      const one = await openDestination(configured, next, services);
      opened.defer(async () => one.destination.close?.());
      made.push(one);
    }
    // Secrets of sources are read again in any case.
    const opening = await openSources(next, services);
    opened.move();
    return { made, sources: opening };
  }

  async function stopDestination(name: string): Promise<void> {
    await delivery.remove(name, graceMs);
    await journal.releasePosition(name);
    open.delete(name);
  }

  async function startDestination(destination: OpenDestination): Promise<void> {
    const { name } = destination.configured;
    open.set(name, destination);
    delivery.add(await deliveryDestination(destination, journal, 'now'));
  }

  const inTurn = createSerialQueue();
  async function applyNow(next: Configuration): Promise<Applied> {
    logRenamed(next, log);
    const { added, removed, changed, sources: sourceChanges, needsRestart } = configChanges(configuration, next);
    const fresh = new Set([...added, ...changed]);
    const wanted = next.destinations.filter(({ name }) => fresh.has(name));
    const opened = await openAll(wanted, next);
    sources = opened.sources;
    if (configuration.mapping?.version !== next.mapping?.version) beforeMapping = configuration;
    configuration = next;
    for (const name of [...removed, ...changed]) await stopDestination(name);
    for (const destination of opened.made) await startDestination(destination);
    const told = [
      ...added.map((name) => `destinations.${name} added`),
      ...removed.map((name) => `destinations.${name} removed`),
      ...changed.map((name) => `destinations.${name} changed`),
      ...sourceChanges,
    ];
    log.info('configuration.reloaded', { changed: told.join(', '), needsRestart: needsRestart.join(', ') });
    return { changed: told, needsRestart };
  }

  return {
    delivery,
    configuration: () => configuration,
    beforeMapping: () => beforeMapping,
    sources: () => sources,
    destinations: () => [...open.values()],
    apply: (next) => inTurn(() => applyNow(next)),
  };
}
