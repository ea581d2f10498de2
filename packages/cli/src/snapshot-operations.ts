// What can be asked of the files of a stopped connector: read, never repaired, never written.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operations } from '@xiq-siem/admin-api';
import type { Configuration } from '@xiq-siem/config';
import type { Logger } from '@xiq-siem/core';
import { routeBy, systemClock } from '@xiq-siem/delivery';
import { openJournalSnapshot } from '@xiq-siem/journal';
import { checkDestinations, openDestination, readingSources } from '@xiq-siem/pipeline';
import type { Evidence } from '@xiq-siem/queries';
import {
  previewReplay,
  type ReadingOperations,
  readingOperations,
  statusOf,
  swiftly,
  whereOfQuery,
} from '@xiq-siem/queries';
import { openDeadLettersSnapshot, readBackfilledIds, readJobRecords, readOnlyMilestones } from '@xiq-siem/state';
import { completeness, openXiqClouds, previewBackfill } from '@xiq-siem/xiq-account';
import { z } from 'zod';

export type SnapshotOperations = ReadingOperations &
  Pick<Operations, 'status' | 'jobs' | 'previewReplay' | 'check' | 'previewBackfill' | 'completeness'>;

const instance = z.object({ id: z.string() });

async function instanceOf(directory: string): Promise<string> {
  try {
    return instance.parse(JSON.parse(await readFile(join(directory, 'instance.json'), 'utf8'))).id;
  } catch {
    return 'unknown';
  }
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const uncounted = { add: () => {} };
const defaultExamples = 20;

/** @throws ConnectorError `usage` where there is no data directory, and as `openJournalSnapshot`. */
export async function openSnapshotOperations(
  configuration: Configuration,
  version: string,
): Promise<SnapshotOperations & { close(): Promise<void> }> {
  const directory = configuration.resolvePath(configuration.dataDirectory);
  const journal = await openJournalSnapshot(directory, { log: silent });
  const deadLetters = await openDeadLettersSnapshot(directory, { log: silent });
  const milestones = await readOnlyMilestones(join(directory, 'positions'));
  const positions = journal.positions();
  const backfilled = await readBackfilledIds(join(directory, 'jobs', 'backfilled.ids'), Date.now());
  const agent = { id: await instanceOf(directory), name: 'xiq-siem-connector', version };
  const services = { agent, log: silent, meter: uncounted };
  const sourceOf = readingSources(configuration, services);
  const evidence: Evidence = {
    ...{ snapshot: true, journal, deadLetters, milestones, backfilled },
    mappingVersion: configuration.mappingVersion(),
    destinations: () =>
      configuration.destinations.map(({ name, definition, options }) => ({
        ...{ name, type: definition.type, assurance: definition.assurance, wants: routeBy(options.where) },
      })),
    position: (destination) => positions.get(destination),
    normalize: (body) => sourceOf(body).normalize(body, Date.now()),
    unmapped: (body) => sourceOf(body).unmapped?.(body) ?? [],
    now: Date.now,
    yieldNow: swiftly(),
  };
  const clouds = () => openXiqClouds(configuration, services);
  return {
    ...readingOperations(
      () => evidence,
      () => [],
    ),
    status: () => statusOf(evidence, { version, instanceId: agent.id }, undefined),
    jobs: async () => ({
      snapshot: true,
      jobs: (await readJobRecords(join(directory, 'jobs'), silent)).map(({ job }) => job),
    }),
    async *previewReplay({ from, to, examples = defaultExamples, ...query }, signal) {
      const builtIn = readingSources(configuration, services, 'builtInMapping');
      yield* previewReplay(
        evidence,
        {
          ...{ span: { from, to }, where: whereOfQuery(query), examples },
          before: {
            version: configuration.mappingVersion('builtInMapping'),
            normalize: (body) => builtIn(body).normalize(body, Date.now()),
          },
          after: { version: configuration.mappingVersion(), normalize: evidence.normalize },
        },
        signal,
      );
    },
    async *previewBackfill(input, signal) {
      yield* previewBackfill({ clouds, access: () => evidence, snapshot: true, clock: systemClock }, input, signal);
    },
    async *completeness(input, signal) {
      yield* completeness({ clouds, evidence: () => evidence, clock: systemClock }, input, signal);
    },
    async check() {
      const opened = await Promise.all(
        configuration.destinations.map((configured) =>
          openDestination(configured, configuration, { ...services, now: Date.now }),
        ),
      );
      try {
        return { snapshot: true, destinations: [...(await checkDestinations(opened))] };
      } finally {
        await Promise.all(opened.map(({ destination }) => destination.close?.()));
      }
    },
    async close() {
      await journal.close();
      await deadLetters.close();
    },
  };
}
