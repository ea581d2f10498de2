// Where the operator is served: what is asked over the admin API, the metrics, the jobs, and the signals that we make.
import type { Operations, Status } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { DataDirectory } from '@xiq-siem/journal';
import type { Configuration } from './config/load.ts';
import { createDoctor } from './doctor/doctor.ts';
import { createAgents } from './egress.ts';
import type { AdminChange } from './http/admin-routes.ts';
import type { RefusedCredentials } from './http/refused-credentials.ts';
import { openJobRecords } from './jobs/job-record.ts';
import { createJobs } from './jobs/jobs.ts';
import { replayKind, retryKind } from './jobs/sending-jobs.ts';
import { openMilestones } from './operator/milestones.ts';
import { type RunningParts, runningEvidence } from './operator/running-evidence.ts';
import { runningOperations } from './operator/running-operations.ts';
import { startSampler } from './operator/sampler.ts';
import { type LiveFigures, statusOf } from './operator/status.ts';
import { readinessReasons } from './readiness.ts';
import { openSecret } from './secrets.ts';
import { doctorProbe } from './signals/doctor-probe.ts';
import type { Signal } from './signals/signal.ts';
import { startSignals } from './signals/signals.ts';
import type { Counters } from './telemetry/counters.ts';
import { measureProcess } from './telemetry/process-readings.ts';
import { statusReadings } from './telemetry/status-readings.ts';
import { startTelemetry } from './telemetry/telemetry.ts';
import { version } from './version.ts';

export interface Desk {
  readonly operations: Operations;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
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
  stopping(): boolean;
  /** Epoch milliseconds; undefined where nothing came since the start. */
  lastReceivedMs(source: string): number | undefined;
}

const refuse = () => Promise.reject(new ConnectorError('usage', 'no source has an `api` in the configuration'));
const noBackfill = { outline: refuse, begin: refuse };

export async function openDesk(parts: DeskParts): Promise<Desk> {
  const { data, journal, deadLetters, pipeline, services, counters, refused, stopping } = parts;
  const { now, log } = services;
  await using opened = new AsyncDisposableStack();
  const milestones = await openMilestones(data.paths.positions, log);
  const running: RunningParts = { journal, deadLetters, milestones, pipeline, services };
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
  const jobs = createJobs({
    ...{ records, now, log },
    kinds: { retry: retryKind(running), replay: replayKind(running, records), backfill: noBackfill },
  });
  opened.defer(() => jobs.stop());

  const live = (): LiveFigures => {
    const reasons = readinessReasons({ journal, sources: pipeline.sources().receiving, stopping });
    return {
      ...{ startedMs, accepting: { ok: reasons.length === 0, reasons }, lanes: pipeline.delivery.status() },
      ...{ journalMaxBytes: parts.journalMaxBytes, freeBytes: sampler.freeBytes() },
      ...{ deadLetterBytes: deadLetters.bytes(), pace: sampler.pace, jobsRunning: jobs.running() },
    };
  };
  const status = (): Promise<Status> => statusOf(runningEvidence(running), identity, live());

  const keep = (signals: readonly Signal[]): Promise<string> =>
    journal.append(
      { source: 'self', origin: 'self', receivedAtMs: now(), contentType: 'application/json' },
      Buffer.from(JSON.stringify(signals)),
    );
  const signals = startSignals({
    ...{ status, counters, keep, now, log, meter: counters },
    deadLetterGroups: deadLetters.groups,
    refusedAddresses: refused.takeRecent,
    sources: () => [...pipeline.sources().receiving.keys()],
    lastReceivedMs: parts.lastReceivedMs,
    settings: () => pipeline.configuration().signals,
  });
  opened.defer(() => signals.stop());

  const doctor = createDoctor({
    evidence: () => runningEvidence(running),
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
    gauges: async () => [...statusReadings(await status(), sampler.freeBytes()), ...processReadings.readings()],
    otlp: otlpOptions(pipeline.configuration(), services),
  });
  opened.defer(() => telemetry.stop());

  const operations = runningOperations({
    ...{ ...running, identity, jobs, doctor, live },
    authentication: () =>
      counters
        .readings()
        .filter(({ name }) => name === 'xiq_siem.receiver.authenticated')
        .map(({ attributes: { source = '', form = '' }, value }) => ({ source, form, count: value })),
  });
  const rest = opened.move();
  return {
    operations,
    metrics: async () => ({ contentType: telemetry.contentType, text: await telemetry.prometheus() }),
    adminCall: signals.adminCall,
    stop: () => rest.disposeAsync(),
  };
}

function otlpOptions(
  { telemetry: { otlp }, egress, resolvePath }: Configuration,
  { log }: DeskParts['services'],
): Parameters<typeof startTelemetry>[0]['otlp'] {
  if (otlp === undefined) return undefined;
  const url = new URL(otlp.url);
  const { proxy, caFile } = egress;
  const agentOf = createAgents({ proxy, caFile: caFile === undefined ? undefined : resolvePath(caFile) });
  const headers = Object.entries(otlp.headers).map(
    ([name, reference]) => [name, openSecret(reference, resolvePath, log)] as const,
  );
  return { url, headers: Object.fromEntries(headers), intervalSeconds: otlp.intervalSeconds, agent: agentOf(url) };
}
