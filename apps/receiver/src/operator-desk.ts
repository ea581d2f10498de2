// Where the operator is served: what is asked over the admin API, the metrics, the jobs, and our health events.
import type { AdminChange, Operations, SourceState, Status } from '@xiq-siem/admin-api';
import { systemClock } from '@xiq-siem/delivery';
import { doctorProbe, type HealthEvent, startHealthEvents } from '@xiq-siem/health-events';
import { createJobs, replayKind, retryKind } from '@xiq-siem/jobs';
import type { DataDirectory } from '@xiq-siem/journal';
import {
  createDoctor,
  type LiveFigures,
  type RunningParts,
  runningEvidence,
  startSampler,
  statusOf,
} from '@xiq-siem/queries';
import type { BackfilledIds } from '@xiq-siem/state';
import { openJobRecords, openMilestones } from '@xiq-siem/state';
import type { OwnLooks } from '@xiq-siem/xiq-account';
import { backfillKind, currentClouds, openXiqDesk } from '@xiq-siem/xiq-account';
import { readinessReasons } from './admin/readiness.ts';
import { runningOperations } from './admin/running-operations.ts';
import type { RefusedCredentials } from './http/refused-credentials.ts';
import type { Counters } from './telemetry/counters.ts';
import { measureProcess } from './telemetry/process-readings.ts';
import { statusReadings } from './telemetry/status-readings.ts';
import { otlpOptions, startTelemetry } from './telemetry/telemetry.ts';
import { version } from './version.ts';

export interface Desk {
  readonly operations: Operations;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** What is known of each source. */
  sources(): readonly SourceState[];
  /** To be called when webhooks are taken: what looks at ExtremeCloud IQ's side begins. */
  begin(): void;
  /** To be told of each call that was meant to change something. */
  adminCall(change: AdminChange): void;
  /** Leaves jobs where they are. */
  stop(): Promise<void>;
}

export interface DeskParts extends Omit<RunningParts, 'milestones'> {
  readonly data: DataDirectory;
  readonly counters: Counters;
  readonly refused: RefusedCredentials;
  readonly journalMaxBytes: number;
  readonly ownLooks: OwnLooks;
  readonly backfilled: BackfilledIds;
  stopping(): boolean;
  /** Epoch milliseconds; undefined where nothing came since the start. */
  lastReceivedMs(source: string): number | undefined;
}

export async function openDesk(parts: DeskParts): Promise<Desk> {
  const { data, journal, deadLetters, pipeline, services, counters, refused, stopping, backfilled } = parts;
  const { now, log } = services;
  await using opened = new AsyncDisposableStack();
  const milestones = await openMilestones(data.paths.positions, log);
  const running: RunningParts = { journal, deadLetters, milestones, pipeline, services, backfilled };
  const startedMs = now();
  const identity = { version, instanceId: data.instanceId };

  const sum = (name: string): number =>
    counters.readings().reduce((total, reading) => (reading.name === name ? total + reading.value : total), 0);
  const sampler = startSampler({
    ...{ journal, delivery: pipeline.delivery, milestones, directory: data.path, now },
    receivedBytes: () => sum('xiq_siem.receiver.bytes'),
  });
  opened.defer(() => sampler.stop());
  await sampler.sample();

  const records = await openJobRecords(data.paths.jobs, log);
  const clouds = currentClouds(pipeline.configuration, services);
  const evidence = () => runningEvidence(running);
  const jobs = createJobs({
    ...{ records, now, log },
    kinds: {
      ...{ retry: retryKind(running), replay: replayKind(running, records) },
      backfill: backfillKind({ clouds, access: evidence, journal, backfilled, records, clock: systemClock, log }),
    },
  });
  opened.defer(() => jobs.stop());
  const whyNotReady = () => readinessReasons({ journal, sources: pipeline.sources().receiving, stopping });
  const xiq = await openXiqDesk({
    ...{ clouds, evidence, jobs, pipeline, services, ownLooks: parts.ownLooks, directory: data.paths.jobs },
    ready: () => whyNotReady().length === 0,
  });
  opened.defer(() => xiq.stop());

  const sources = (): readonly SourceState[] =>
    [...pipeline.sources().receiving.keys()].map((name) => {
      const receivedMs = parts.lastReceivedMs(name);
      const api = xiq.subscriptions.state(name);
      return {
        name,
        ...(receivedMs !== undefined && { lastReceived: new Date(receivedMs).toISOString() }),
        ...(api && { api }),
      };
    });

  const live = (): LiveFigures => {
    const reasons = whyNotReady();
    return {
      ...{ startedMs, accepting: { ok: reasons.length === 0, reasons }, lanes: pipeline.delivery.status() },
      ...{ journalMaxBytes: parts.journalMaxBytes, freeBytes: sampler.freeBytes() },
      ...{ deadLetterBytes: deadLetters.bytes(), pace: sampler.pace, jobsRunning: jobs.running() },
      sources: sources(),
    };
  };
  const status = (): Promise<Status> => statusOf(evidence(), identity, live());

  const keep = (events: readonly HealthEvent[]): Promise<string> =>
    journal.append(
      { source: 'self', origin: 'self', receivedAtMs: now(), contentType: 'application/json' },
      Buffer.from(JSON.stringify(events)),
    );
  const healthEvents = startHealthEvents({
    status,
    refused: refused.takeRecent,
    completeness: xiq.figures,
    keep,
    settings: () => pipeline.configuration().signals,
    clock: { now, sleep: systemClock.sleep },
    log,
    meter: counters,
  });
  opened.defer(() => healthEvents.stop());

  const doctor = createDoctor({
    evidence,
    destinations: pipeline.destinations,
    troubleOf(name) {
      const lane = pipeline.delivery.status().find((candidate) => candidate.name === name);
      return lane?.lastWords ?? lane?.reason;
    },
    keepProbe: () => keep([doctorProbe(now())]),
  });

  const processReadings = measureProcess(version);
  opened.defer(() => processReadings.stop());
  const telemetry = startTelemetry({
    ...{ counters, log, now, resource: { name: 'xiq-siem-connector', ...identity } },
    gauges: async () => [
      ...statusReadings(await status(), sampler.freeBytes()),
      ...processReadings.readings(),
      ...xiq.readings(),
    ],
    otlp: otlpOptions(pipeline.configuration(), log),
  });
  opened.defer(() => telemetry.stop());

  const operations = runningOperations({
    ...{ ...running, identity, jobs, doctor, live, xiq },
    lookAtSubscriptions: xiq.subscriptions.look,
    authentication: () =>
      counters
        .readings()
        .filter(({ name }) => name === 'xiq_siem.receiver.authenticated')
        .map(({ attributes: { source = '', form = '' }, value }) => ({ source, form, count: value })),
  });
  const rest = opened.move();
  return {
    operations: {
      ...operations,
      async reload(input, signal) {
        const answer = await operations.reload(input, signal);
        xiq.subscriptions.reloaded();
        return answer;
      },
    },
    sources,
    begin: xiq.begin,
    metrics: async () => ({ contentType: telemetry.contentType, text: await telemetry.prometheus() }),
    adminCall: healthEvents.adminCall,
    stop: () => rest.disposeAsync(),
  };
}
