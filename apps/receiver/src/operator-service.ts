// Opens everything an operator uses of a running connector: admin API, jobs, metrics, health events, XIQ account.
import type { SourceState, Status } from '@xiq-siem/admin-api';
import type { AgeGuard } from '@xiq-siem/core';
import { systemClock } from '@xiq-siem/delivery';
import { doctorProbe, type HealthEvent, startHealthEvents } from '@xiq-siem/health-events';
import { createJobs, replayKind, retryKind } from '@xiq-siem/jobs';
import type { DataDirectory } from '@xiq-siem/journal';
import {
  createDoctor,
  type LiveFigures,
  lastReceivedMs,
  problemOfStream,
  type RunningParts,
  runningReadModel,
  startSampler,
  statusOf,
} from '@xiq-siem/queries';
import type { BackfillPairing, State } from '@xiq-siem/state';
import { openJobRecords, openProgressHistory } from '@xiq-siem/state';
import type { SelfChecks } from '@xiq-siem/xiq-account';
import { backfillKind, currentAccounts, type Organizations, openAccountService } from '@xiq-siem/xiq-account';
import { type AdminOptions, type KnownProblems, readinessOf, readinessReasons } from './admin/admin.ts';
import { runningOperations } from './admin/running-operations.ts';
import type { RefusedCredentials } from './http/refused-credentials.ts';
import type { RefusedRequests } from './http/refused-requests.ts';
import { noteForeignState, noteOutdatedState } from './outdated-state.ts';
import type { Counters } from './telemetry/counters.ts';
import { measureProcess } from './telemetry/process-readings.ts';
import { statusReadings } from './telemetry/status-readings.ts';
import { otlpOptions, startTelemetry } from './telemetry/telemetry.ts';
import { version } from './version.ts';

/** For the readiness information. */
const problemsEveryMs = 15_000;

export interface OperatorService {
  /** For the admin listener. */
  readonly admin: Pick<AdminOptions, 'operations' | 'changed' | 'readiness' | 'metrics'>;
  /** Starts the checks of the XIQ account. Call it when the webhook listener is up. */
  start(): void;
  /** Jobs are interrupted; the next start resumes them. */
  stop(): Promise<void>;
}

export interface OperatorParts extends Omit<RunningParts, 'progressHistory'> {
  readonly data: DataDirectory;
  readonly state: State;
  readonly counters: Counters;
  readonly refused: RefusedCredentials;
  readonly refusedRequests: Pick<RefusedRequests, 'ofSource' | 'ofUnknownPaths'>;
  readonly journalMaxBytes: number;
  readonly ageGuard: Pick<AgeGuard, 'step'>;
  readonly selfChecks: SelfChecks;
  readonly organizations: Organizations;
  readonly pairing: BackfillPairing;
  stopping(): boolean;
  /** Epoch milliseconds; undefined where nothing was received since the start. */
  lastReceivedMs(source: string): number | undefined;
}

export async function openOperatorService(parts: OperatorParts): Promise<OperatorService> {
  const { data, state, journal, deadLetters, pipeline, services, counters, journalMaxBytes, selfChecks, pairing } =
    parts;
  const { now, log } = services;
  const { delivery } = pipeline;
  const startedMs = now();
  const identity = { version, instanceId: data.instanceId };
  await using opened = new AsyncDisposableStack();

  const progressHistory = openProgressHistory(state.database, log);
  const { incidents } = state;
  const running: RunningParts = { journal, deadLetters, progressHistory, incidents, pipeline, services, pairing };
  const readModel = () => runningReadModel(running);
  const receiving = () => pipeline.sources().receiving;
  const notReady = () => readinessReasons(journal, receiving(), parts.stopping());

  const sumOf = (metric: string, source?: string): number =>
    counters
      .readings()
      .filter(({ name, attributes }) => name === metric && (source === undefined || attributes['source'] === source))
      .reduce((total, { value }) => total + value, 0);
  const receivedBytes = () => sumOf('xiq_siem.receiver.bytes');
  const sampler = startSampler({ journal, delivery, progressHistory, directory: data.path, now, receivedBytes });
  opened.defer(() => sampler.stop());
  await sampler.sample();

  const records = await openJobRecords(state.documents);
  const accounts = currentAccounts(pipeline.configuration, services);
  const clock = systemClock;
  const kinds = {
    retry: retryKind(running),
    replay: replayKind(running, records),
    backfill: backfillKind({ accounts, access: readModel, journal, pairing, records, clock, log }),
  };
  const jobs = createJobs({ records, kinds, now, log });
  opened.defer(() => jobs.stop());

  const { documents } = state;
  const { organizations } = parts;
  const ready = () => notReady().length === 0;
  const account = { accounts, readModel, jobs, pipeline, services, selfChecks, documents, organizations, ready };
  const xiq = await openAccountService(account);
  opened.defer(() => xiq.stop());

  const receivedBefore = await lastReceivedMs(journal);
  const sourceState = (name: string, api: SourceState['api']): SourceState => {
    const receivedMs = parts.lastReceivedMs(name) ?? receivedBefore.get(name);
    const lastReceived = receivedMs === undefined ? undefined : new Date(receivedMs).toISOString();
    const { silentMinutes } = pipeline.configuration().healthEvents;
    const silentAfterSeconds = silentMinutes === 0 ? undefined : Math.round(silentMinutes * 60);
    const refusedWebhooks = parts.refusedRequests.ofSource(name);
    const repeatedContent = sumOf('xiq_siem.source.repeated_content', name);
    return { name, lastReceived, silentAfterSeconds, repeatedContent, refused: refusedWebhooks, api };
  };
  /** From memory: readiness must not depend on a file. */
  const sources = () => [...receiving().keys()].map((name) => sourceState(name, xiq.subscriptions.state(name)));
  const live = async (): Promise<LiveFigures> => {
    // This await comes first: the figures of delivery must not be older than the positions that are read later.
    const shown = await Promise.all(
      [...receiving().keys()].map(async (name) => sourceState(name, await xiq.subscriptions.stateWithRotation(name))),
    );
    const reasons = notReady();
    return {
      startedMs,
      accepting: { ok: reasons.length === 0, reasons },
      streams: delivery.status(),
      journalMaxBytes,
      freeBytes: sampler.freeBytes(),
      deadLetterBytes: deadLetters.bytes(),
      rates: sampler.rates,
      jobsRunning: jobs.running(),
      sources: shown,
      clockStep: parts.ageGuard.step(),
      unknownPaths: parts.refusedRequests.ofUnknownPaths(),
    };
  };
  let known: KnownProblems = { list: [], at: new Date(startedMs).toISOString() };
  async function readStatus(): Promise<Status> {
    const found = await statusOf(readModel(), identity, await live());
    known = { list: found.problems, at: found.at };
    return found;
  }
  await noteForeignState(state, data.instanceId);
  await noteOutdatedState(state, await readStatus());
  await readStatus();
  const refreshing = setInterval(
    () => void readStatus().catch((cause: unknown) => log.error('status.refresh_failed', { error: String(cause) })),
    problemsEveryMs,
  );
  refreshing.unref();
  opened.defer(() => clearInterval(refreshing));

  const storeEvents = (events: readonly HealthEvent[]): Promise<string> =>
    journal.append(
      { source: 'self', origin: 'self', receivedAtMs: now(), contentType: 'application/json' },
      Buffer.from(JSON.stringify(events)),
    );
  const healthEvents = startHealthEvents({
    status: readStatus,
    refused: parts.refused.takeRecent,
    completeness: xiq.figures,
    append: storeEvents,
    settings: () => pipeline.configuration().healthEvents,
    clock: { now, sleep: clock.sleep },
    log,
    meter: counters,
  });
  opened.defer(() => healthEvents.stop());

  const streamOf = (name: string) => delivery.status().find((candidate) => candidate.name === name);
  const problemOf = (name: string) => {
    const stream = streamOf(name);
    const text = stream && problemOfStream(stream);
    return text === undefined ? undefined : { text, stopsEvents: stream?.state === 'paused' };
  };
  const doctor = createDoctor({
    readModel,
    destinations: pipeline.destinations,
    problemOf: (name) => problemOf(name)?.text ?? streamOf(name)?.lastMessage,
    storeProbe: () => storeEvents([doctorProbe(now())]),
  });

  const processReadings = measureProcess(version);
  opened.defer(() => processReadings.stop());
  const telemetry = startTelemetry({
    counters,
    log,
    now,
    resource: { name: 'xiq-siem-connector', ...identity },
    gauges: async () => [
      ...statusReadings(await readStatus(), sampler.freeBytes()),
      ...processReadings.readings(),
      ...xiq.readings(),
    ],
    otlp: otlpOptions(pipeline.configuration(), log),
  });
  opened.defer(() => telemetry.stop());

  const authentication = () =>
    counters
      .readings()
      .filter(({ name }) => name === 'xiq_siem.receiver.authenticated')
      .map(({ attributes: { source = '', form = '' }, value }) => ({ source, form, count: value }));
  const { subscriptions } = xiq;
  const rest = opened.move();
  return {
    admin: {
      operations: runningOperations({
        ...running,
        state,
        status: readStatus,
        authentication,
        jobs,
        doctor,
        problemOf,
        xiq,
        subscriptions,
      }),
      changed: healthEvents.adminCall,
      readiness: () => readinessOf(notReady(), { journal, delivery }, sources(), known, counters),
      metrics: async () => ({ contentType: telemetry.contentType, text: await telemetry.prometheus() }),
    },
    start: xiq.start,
    stop: () => rest.disposeAsync(),
  };
}
