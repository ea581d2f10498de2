// The admin API operations of a running connector.
import type { Operations } from '@xiq-siem/admin-api';
import { type Configuration, configurationError, environmentFaults, loadConfiguration } from '@xiq-siem/config';
import { ConnectorError } from '@xiq-siem/core';
import type { Jobs } from '@xiq-siem/jobs';
import { checkDestinations, forgetDestination, type SeenProblem } from '@xiq-siem/pipeline';
import {
  type Doctor,
  gapId,
  incidentNumber,
  mappingOf,
  type ReadingParts,
  type RunningParts,
  readingOperations,
  runningReadModel,
  selectionOf,
  tail,
  whereOfQuery,
} from '@xiq-siem/queries';
import { isOfStateFile, type State } from '@xiq-siem/state';

export interface OperationParts extends RunningParts, Pick<ReadingParts, 'status' | 'authentication' | 'xiq'> {
  readonly state: Pick<State, 'acknowledge'>;
  readonly jobs: Jobs;
  readonly doctor: Doctor;
  /** Why the connector delivers no events to a destination, or not all, if known. */
  problemOf(destination: string): SeenProblem | undefined;
  readonly subscriptions: {
    /** Checks now; resolves with the names of the checked sources. */
    check(source: string | undefined): Promise<readonly string[]>;
    /** The configuration has changed. */
    reloaded(): void;
  };
}

export function runningOperations(parts: OperationParts): Operations {
  const { pipeline, jobs, services, subscriptions } = parts;
  const readModel = () => runningReadModel(parts);
  return {
    ...readingOperations({
      ...parts,
      snapshot: false,
      readModel,
      jobs: async () => jobs.list(),
      async mappings() {
        const now = pipeline.configuration();
        const next = await readAgain(now);
        const changes = now.mapping?.version !== next.mapping?.version;
        const before = changes ? now : (pipeline.beforeMapping() ?? now);
        return { before: mappingOf(before, services), after: mappingOf(next, services) };
      },
      check: () => checkDestinations(pipeline.destinations(), parts.problemOf),
    }),
    ...journalChanges(parts),
    ...jobChanges(jobs),
    ...destinationChanges(parts),
    tail: async function* tailLive(query, signal) {
      yield* tail(readModel(), whereOfQuery(query), signal);
    },
    doctor: ({ seconds }, signal) => parts.doctor(seconds, signal),
    reload: async function reloadConfiguration() {
      const { changed, needsRestart } = await pipeline.apply(await readAgain(pipeline.configuration()));
      const mappingVersion = pipeline.configuration().mappingVersion();
      subscriptions.reloaded();
      return { changed: [...changed], needsRestart: [...needsRestart], mappingVersion };
    },
    async checkSubscriptions({ source }) {
      const checked = await subscriptions.check(source);
      if (source !== undefined && checked.length === 0) {
        throw new ConnectorError('not_found', `the configuration has no source ${source} with subscriptions`);
      }
      return { checked: [...checked] };
    },
  };
}

const journalChanges = ({ journal, deadLetters, state, incidents, status }: OperationParts) =>
  ({
    async acknowledgeGap({ gap }) {
      const incident = incidentNumber(gap);
      const known = (await incidents()).find(({ id }) => id === incident);
      if (known !== undefined) {
        // Before the incident is acknowledged: after a kill in between, the operator can repeat the call.
        for (const { name, deadLetters: letters } of (await status()).destinations) {
          if (isOfStateFile(known) && letters.unaccounted > 0) await deadLetters.writeOff(name, letters.unaccounted);
        }
        await state.acknowledge(incident ?? 0);
        return { acknowledged: gap };
      }
      const found = journal.retentionGaps().find((candidate) => gapId(candidate) === gap);
      if (found === undefined)
        throw new ConnectorError('not_found', `unknown gap or incident ${gap}: run xiq-siem status for the list`);
      await journal.acknowledgeGaps(found.destination, found.toSequence);
      return { acknowledged: gap };
    },
    async dropDeadLetters({ dryRun, ...filter }) {
      const { lastNumber, matching } = await deadLetters.extent(selectionOf(filter));
      if (!dryRun) await deadLetters.drop(selectionOf(filter), lastNumber);
      return { events: matching };
    },
  }) satisfies Partial<Operations>;

const jobChanges = (jobs: Jobs) =>
  ({
    retry: (request) => jobs.start('retry', request),
    replay: (request) => jobs.start('replay', request),
    backfill: (request) => jobs.start('backfill', request),
    watchJob: ({ id }, signal) => jobs.watch(id, signal),
    cancelJob: ({ id }) => jobs.cancel(id),
  }) satisfies Partial<Operations>;

const destinationChanges = (parts: RunningParts) =>
  ({
    async forgetDestination({ name, dryRun }) {
      return { forgotten: name, requests: await forgetDestination(parts, name, dryRun) };
    },
    async resumeDestination({ name }) {
      if (!parts.pipeline.delivery.resume(name)) throw new ConnectorError('not_found', `unknown destination ${name}`);
      return { resumed: name };
    },
  }) satisfies Partial<Operations>;

/** Loads and validates the configuration file again. */
async function readAgain({ file, registry, env }: Configuration): Promise<Configuration> {
  const loaded = await loadConfiguration(file, registry, env);
  if (!loaded.ok) throw configurationError(loaded.faults);
  const missing = environmentFaults(loaded.configuration);
  if (missing.length > 0) throw configurationError(missing);
  return loaded.configuration;
}
