// The read model of a running connector.
import { type Configuration, routingFaults } from '@xiq-siem/config';
import type { BodyLog } from '@xiq-siem/core';
import { createEventFilter } from '@xiq-siem/delivery';
import type { Pipeline } from '@xiq-siem/pipeline';
import { type PluginServices, readingSources } from '@xiq-siem/pipeline';
import type { BackfillPairing, DeadLetters, ProgressHistory, State } from '@xiq-siem/state';
import type { ReadModel } from './read-model.ts';
import type { Mapping } from './replay-preview.ts';
import { throttled } from './throttle.ts';

export interface RunningParts {
  readonly journal: BodyLog;
  readonly deadLetters: DeadLetters;
  readonly progressHistory: ProgressHistory;
  readonly incidents: State['incidents'];
  readonly pipeline: Pipeline;
  readonly services: PluginServices;
  readonly pairing?: Pick<BackfillPairing, 'isDuplicate' | 'flushed'> | undefined;
}

/** Events that a query normalizes are not counted. */
const uncounted = { add: () => {} };

/** The mapping of a configuration, or the built-in one without the mapping file. */
export function mappingOf(
  configuration: Configuration,
  { agent, log, now }: Pick<PluginServices, 'agent' | 'log' | 'now'>,
  builtIn?: 'builtInMapping',
): Mapping & Pick<ReadModel, 'unmapped'> {
  const sourceOf = readingSources(configuration, { agent, log, meter: uncounted }, builtIn);
  return {
    version: configuration.mappingVersion(builtIn),
    normalize: (body) => sourceOf(body).normalize(body, now()),
    unmapped: (body) => sourceOf(body).unmapped?.(body) ?? [],
  };
}

/** Create one for each call: the configuration may change between two calls. */
export function runningReadModel(parts: RunningParts): ReadModel {
  const { journal, deadLetters, progressHistory, incidents, pipeline, services, pairing } = parts;
  const configuration = pipeline.configuration();
  const { version: mappingVersion, ...mapping } = mappingOf(configuration, services);
  return {
    ...mapping,
    snapshot: false,
    journal,
    deadLetters,
    incidents,
    progressHistory,
    pairing,
    mappingVersion,
    sources: configuration.sources.map(({ name }) => name),
    routing: routingFaults(configuration),
    destinations: () =>
      pipeline.destinations().map(({ configured: { name, definition, options }, destination }) => {
        const assurance = destination.assurance ?? definition.assurance;
        return { name, type: definition.type, assurance, wants: createEventFilter(options.where) };
      }),
    parkedRetryMs: (name) => pipeline.delivery.status().find((one) => one.name === name)?.parkedRetryMs,
    position: (destination) => journal.positions().get(destination),
    now: services.now,
    yieldNow: throttled(),
  };
}
