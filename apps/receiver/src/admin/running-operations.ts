// What can be asked of a running connector: everything.
import type { Operations } from '@xiq-siem/admin-api';
import { type Configuration, configurationError, loadConfiguration, secretFaults } from '@xiq-siem/config';
import { ConnectorError } from '@xiq-siem/core';
import type { Jobs } from '@xiq-siem/jobs';
import { checkDestinations, forgetDestination, readingSources } from '@xiq-siem/pipeline';
import type { Doctor } from '@xiq-siem/queries';
import {
  type Authentication,
  filterOf,
  gapId,
  type Identity,
  type LiveFigures,
  type MappingAtWork,
  previewReplay,
  type RunningParts,
  readingOperations,
  runningEvidence,
  statusOf,
  tail,
  whereOfQuery,
} from '@xiq-siem/queries';

export interface OperationParts extends RunningParts {
  readonly identity: Identity;
  readonly jobs: Jobs;
  readonly doctor: Doctor;
  readonly xiq: Pick<Operations, 'previewBackfill' | 'completeness'>;
  live(): LiveFigures;
  /** Looks now; the names of the sources that were looked at. */
  lookAtSubscriptions(source: string | undefined): Promise<readonly string[]>;
  authentication(): Authentication;
}

const defaultExamples = 20;

export function runningOperations(parts: OperationParts): Operations {
  const { pipeline, journal, deadLetters, milestones, jobs, services } = parts;
  const evidence = () => runningEvidence(parts);

  /** The configuration as its file stands now, checked whole. */
  async function readAgain(): Promise<Configuration> {
    const configuration = pipeline.configuration();
    const loaded = await loadConfiguration(configuration.file, configuration.registry, configuration.env);
    if (!loaded.ok) throw configurationError(loaded.faults);
    const missing = secretFaults(loaded.configuration);
    if (missing.length > 0) throw configurationError(missing);
    return loaded.configuration;
  }

  function mappingOf(configuration: Configuration): MappingAtWork {
    const sourceOf = readingSources(configuration, { ...services, meter: { add: () => {} } });
    return {
      version: configuration.mappingVersion(),
      normalize: (body) => sourceOf(body).normalize(body, services.now()),
    };
  }

  return {
    ...readingOperations(evidence, parts.authentication),
    status: async () => statusOf(evidence(), parts.identity, parts.live()),
    async acknowledgeGap({ gap }) {
      const found = journal.letGoGaps().find((candidate) => gapId(candidate) === gap);
      if (found === undefined) throw new ConnectorError('not_found', `there is no gap ${gap}: see xiq-siem status`);
      await journal.acknowledgeGaps(found.destination, found.toSequence);
      return { acknowledged: gap };
    },
    async dropDeadLetters({ dryRun, ...filter }) {
      const numbers = deadLetters.matching(filterOf(filter));
      if (!dryRun) await deadLetters.resolve(numbers, 'dropped', 'operator');
      return { events: numbers.length };
    },
    retry: (request) => jobs.begin('retry', request),
    replay: (request) => jobs.begin('replay', request),
    async *previewReplay({ from, to, examples = defaultExamples, ...query }, signal) {
      const now = pipeline.configuration();
      const next = await readAgain();
      const changes = now.mapping?.version !== next.mapping?.version;
      const before = changes ? now : (pipeline.beforeMapping() ?? now);
      yield* previewReplay(
        evidence(),
        {
          ...{ span: { from, to }, where: whereOfQuery(query), examples },
          ...{ before: mappingOf(before), after: mappingOf(next) },
        },
        signal,
      );
    },
    backfill: (request) => jobs.begin('backfill', request),
    previewBackfill: parts.xiq.previewBackfill,
    completeness: parts.xiq.completeness,
    jobs: async () => ({ snapshot: false, jobs: [...jobs.list()] }),
    watchJob: ({ id }, signal) => jobs.watch(id, signal),
    cancelJob: ({ id }) => jobs.cancel(id),
    async *tail(query, signal) {
      yield* tail(evidence(), whereOfQuery(query), signal);
    },
    check: async () => ({ snapshot: false, destinations: [...(await checkDestinations(pipeline.destinations()))] }),
    doctor: ({ seconds }, signal) => parts.doctor(seconds, signal),
    async reload() {
      const { changed, needsRestart } = await pipeline.apply(await readAgain());
      const mappingVersion = pipeline.configuration().mappingVersion();
      return { changed: [...changed], needsRestart: [...needsRestart], mappingVersion };
    },
    async lookAtSubscriptions({ source }) {
      const looked = await parts.lookAtSubscriptions(source);
      if (source !== undefined && looked.length === 0) {
        throw new ConnectorError('not_found', `no source ${source} has subscriptions in the configuration`);
      }
      return { looked: [...looked] };
    },
    async forgetDestination({ name }) {
      await forgetDestination(journal, name, services.log);
      await milestones.forget(name);
      return { forgotten: name };
    },
    async resumeDestination({ name }) {
      if (!pipeline.delivery.resume(name)) throw new ConnectorError('not_found', `there is no destination ${name}`);
      return { resumed: name };
    },
  };
}
