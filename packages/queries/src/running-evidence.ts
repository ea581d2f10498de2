// The evidence of a running connector.

import { routeBy } from '@xiq-siem/delivery';
import type { Journal } from '@xiq-siem/journal';
import type { Pipeline } from '@xiq-siem/pipeline';
import { type PluginServices, readingSources } from '@xiq-siem/pipeline';
import type { BackfilledLookup, DeadLetters, MilestoneKeeper } from '@xiq-siem/state';
import { considerately } from './considerate.ts';
import type { Evidence } from './evidence.ts';

export interface RunningParts {
  readonly journal: Journal;
  readonly deadLetters: DeadLetters;
  readonly milestones: MilestoneKeeper;
  readonly pipeline: Pipeline;
  readonly services: PluginServices;
  readonly backfilled?: BackfilledLookup | undefined;
}

/** A source that is looked at counts nothing: what an operator reads is no event more. */
const uncounted = { add: () => {} };

/** A new one for each call: what is configured may change between two. */
export function runningEvidence(parts: RunningParts): Evidence {
  const { journal, deadLetters, milestones, pipeline, services, backfilled } = parts;
  const configuration = pipeline.configuration();
  const sourceOf = readingSources(configuration, { ...services, meter: uncounted });
  return {
    ...{ snapshot: false, journal, deadLetters, milestones, backfilled },
    mappingVersion: configuration.mappingVersion(),
    destinations: () =>
      pipeline.destinations().map(({ configured: { name, definition, options }, destination }) => ({
        ...{ name, type: definition.type, assurance: destination.assurance ?? definition.assurance },
        wants: routeBy(options.where),
      })),
    position: (destination) => journal.positions().get(destination),
    normalize: (body) => sourceOf(body).normalize(body, services.now()),
    unmapped: (body) => sourceOf(body).unmapped?.(body) ?? [],
    now: services.now,
    yieldNow: considerately(),
  };
}
