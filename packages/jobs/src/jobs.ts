// Jobs: start, resume after a kill, watch, cancel.
import { setTimeout } from 'node:timers/promises';
import type { Job } from '@xiq-siem/admin-api';
import { ConnectorError, createSerialQueue, type Logger } from '@xiq-siem/core';
import { type JobRecord, type JobRecords, newJobId } from '@xiq-siem/state';

/** `stopped`: on request, or because a destination was removed. The job can be resumed. */
export type WorkEnd = 'done' | 'stopped' | 'failed';

export interface JobWork {
  readonly ended: Promise<WorkEnd>;
  progress(): Pick<Job, 'streams' | 'types'>;
  /** The parts of the record that changed since the start. */
  changes?(): Pick<JobRecord, 'backfill'>;
  stop(graceMs: number): Promise<void>;
  /** Called once, after the end. */
  close(): Promise<void>;
}

export interface JobKind {
  /** The span of a new job. Rejects with `usage` where the request is invalid. */
  plan(request: Job['request']): Promise<Pick<JobRecord, 'span' | 'lastNumber' | 'backfill'>>;
  /** Whether the same command resumes a failed job rather than starting a new one. */
  readonly resumesFailed?: boolean;
  /** Starts or resumes the work. */
  start(record: JobRecord): Promise<JobWork>;
}

export interface Jobs {
  list(): readonly Job[];
  running(): number;
  /** Starts a job, or resumes one of the same kind with the same request. */
  start(kind: Job['kind'], request: Job['request']): Promise<Job>;
  /** Yields the job at intervals until it has ended. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<Job>;
  /** Rejects with `not_found`. */
  cancel(id: string): Promise<Job>;
  /** Interrupts all jobs; they can be resumed. */
  stop(): Promise<void>;
}

interface JobsOptions {
  readonly records: JobRecords;
  readonly kinds: Readonly<Record<Job['kind'], JobKind>>;
  readonly now: () => number;
  readonly log: Logger;
}

interface RunningJob {
  readonly record: JobRecord;
  readonly work: JobWork;
  stopped: 'cancelled' | 'interrupted' | undefined;
  readonly ended: Promise<void>;
}

/** Concurrent jobs: each sends in addition to the live events. */
const maxRunning = 4;
const reportEveryMs = 250;
const stopGraceMs = 2_000;

export function createJobs({ records, kinds, now, log }: JobsOptions): Jobs {
  const running = new Map<string, RunningJob>();
  /** Two concurrent calls with the same request get one job. */
  const exclusive = createSerialQueue();

  const timeNow = (): string => new Date(now()).toISOString();
  const shown = (job: RunningJob): Job => ({ ...job.record.job, ...job.work.progress() });
  const recordOf = (id: string) => records.all().find(({ job }) => job.id === id);
  function jobOf(id: string): Job {
    const job = running.get(id);
    const known = job === undefined ? recordOf(id)?.job : shown(job);
    if (known === undefined) throw new ConnectorError('not_found', `unknown job ${id}: run xiq-siem jobs for the list`);
    return known;
  }

  const isOpen = ({ kind, state, ended }: Job): boolean =>
    ended === undefined || (state === 'failed' && kinds[kind].resumesFailed === true);

  /** The open job of the same kind with the same request. */
  const unfinished = (kind: Job['kind'], request: Job['request']): JobRecord | undefined => {
    const json = JSON.stringify(request);
    return records.all().find(({ job }) => job.kind === kind && isOpen(job) && JSON.stringify(job.request) === json);
  };

  async function startOrResume(kind: Job['kind'], request: Job['request']): Promise<Job> {
    const known = unfinished(kind, request);
    if (known !== undefined && running.has(known.job.id)) return { ...jobOf(known.job.id), resumed: true };
    if (running.size >= maxRunning)
      throw new ConnectorError('too_many_jobs', `${maxRunning} jobs are running: wait for one to end, or cancel it`);
    if (known !== undefined) return { ...(await runJob(known, 'job.resumed')), resumed: true };
    const job: Job = { id: newJobId(), kind, state: 'running', request, created: timeNow(), streams: [] };
    return runJob({ v: 1, job, ...(await kinds[kind].plan(request)) }, 'job.started');
  }

  async function runJob(record: JobRecord, event: 'job.started' | 'job.resumed'): Promise<Job> {
    const { ended: _, ...openJob } = record.job;
    const { id, kind } = openJob;
    const work = await kinds[kind].start(record);
    const job: RunningJob = {
      work,
      stopped: undefined,
      record: { ...record, job: { ...openJob, state: 'running' } },
      ended: work.ended.then((how) => endJob(job, how)),
    };
    running.set(id, job);
    await records.save({ ...job.record, ...work.changes?.() });
    log.info(event, { job: id, kind });
    return shown(job);
  }

  async function endJob(job: RunningJob, how: WorkEnd): Promise<void> {
    const { id, kind } = job.record.job;
    // A job that stopped on its own can be resumed by the same command.
    const state = job.stopped ?? (how === 'stopped' ? 'interrupted' : how);
    const ended = state !== 'interrupted' && { ended: timeNow() };
    const last: Job = { ...shown(job), state, ...ended };
    await job.work.close().catch((cause: unknown) => log.error('job.close_failed', { job: id, error: String(cause) }));
    running.delete(id);
    await records
      .save({ ...job.record, ...job.work.changes?.(), job: last })
      .catch((cause: unknown) => log.error('job.write_failed', { job: id, error: String(cause) }));
    log.info('job.ended', { job: id, kind, state });
  }

  async function stopJob(job: RunningJob, as: RunningJob['stopped']): Promise<void> {
    job.stopped = as;
    await job.work.stop(stopGraceMs);
    await job.ended;
  }

  async function* watchJob(id: string, signal: AbortSignal): AsyncGenerator<Job> {
    for (;;) {
      const job = jobOf(id);
      yield job;
      if (job.state !== 'running' || signal.aborted) return;
      const end = running.get(id)?.ended;
      await Promise.race([end, setTimeout(reportEveryMs, undefined, { signal }).catch(() => undefined)]);
    }
  }

  async function cancelJob(id: string): Promise<Job> {
    const job = running.get(id);
    if (job !== undefined) await stopJob(job, 'cancelled');
    const record = recordOf(id);
    if (record !== undefined && record.job.ended === undefined) {
      await records.save({ ...record, job: { ...record.job, state: 'cancelled', ended: timeNow() } });
    }
    return jobOf(id);
  }

  async function stopJobs(): Promise<void> {
    await exclusive(() => Promise.all([...running.values()].map((job) => stopJob(job, 'interrupted'))));
  }

  return {
    list: () => records.all().map(({ job }) => jobOf(job.id)),
    running: () => running.size,
    start: (kind, request) => exclusive(() => startOrResume(kind, request)),
    watch: watchJob,
    cancel: (id) => exclusive(() => cancelJob(id)),
    stop: stopJobs,
  };
}
