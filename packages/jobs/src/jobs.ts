// Jobs: started, resumed after a kill, watched, cancelled.
import { setTimeout } from 'node:timers/promises';
import type { Job } from '@xiq-siem/admin-api';
import { ConnectorError, createSerialQueue, type Logger } from '@xiq-siem/core';
import { type JobRecord, type JobRecords, newJobId } from '@xiq-siem/state';

/** `stopped`: on request, or because what it needs is gone; it can be resumed. */
export type WorkEnd = 'done' | 'stopped' | 'failed';

export interface JobWork {
  readonly ended: Promise<WorkEnd>;
  /** Its progress. */
  shown(): Pick<Job, 'streams' | 'types'>;
  /** What of its record has changed since it began. */
  kept?(): Pick<JobRecord, 'backfill'>;
  stop(graceMs: number): Promise<void>;
  /** Called once, when it has ended. */
  close(): Promise<void>;
}

export interface JobKind {
  /** What a new job goes over. Rejects with `usage` where the request is not valid. */
  outline(request: Job['request']): Promise<Pick<JobRecord, 'span' | 'lastNumber' | 'backfill'>>;
  /** The same command resumes one that failed, rather than begin another. */
  readonly resumesFailed?: boolean;
  /** Begins its work, or resumes it. */
  begin(record: JobRecord): Promise<JobWork>;
}

export interface Jobs {
  list(): readonly Job[];
  running(): number;
  /** Begins a job, or resumes one of the same kind with the same request. */
  begin(kind: Job['kind'], request: Job['request']): Promise<Job>;
  /** Its state now and then, until it has ended. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<Job>;
  /** Rejects with `not_found`. */
  cancel(id: string): Promise<Job>;
  /** Leaves all as they are, to be resumed. */
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

/** Jobs at once: each sends beside the live events. */
const maxRunning = 4;
const reportEveryMs = 250;
const stopGraceMs = 2_000;

export function createJobs({ records, kinds, now, log }: JobsOptions): Jobs {
  const running = new Map<string, RunningJob>();
  /** So that two with the same request are one job. */
  const inTurn = createSerialQueue();

  const timeNow = (): string => new Date(now()).toISOString();
  const shown = (job: RunningJob): Job => ({ ...job.record.job, ...job.work.shown() });
  const recordOf = (id: string) => records.all().find(({ job }) => job.id === id);
  function found(id: string): Job {
    const job = running.get(id);
    const known = job === undefined ? recordOf(id)?.job : shown(job);
    if (known === undefined) throw new ConnectorError('not_found', `there is no job ${id}: see xiq-siem jobs`);
    return known;
  }

  const isOpen = ({ kind, state, ended }: Job): boolean =>
    ended === undefined || (state === 'failed' && kinds[kind].resumesFailed === true);

  /** What a job of the same kind that wants the same has left to do. */
  const unfinished = (kind: Job['kind'], request: Job['request']): JobRecord | undefined => {
    const wanted = JSON.stringify(request);
    return records.all().find(({ job }) => job.kind === kind && isOpen(job) && JSON.stringify(job.request) === wanted);
  };

  async function begin(kind: Job['kind'], request: Job['request']): Promise<Job> {
    const known = unfinished(kind, request);
    if (known !== undefined && running.has(known.job.id)) return { ...found(known.job.id), resumed: true };
    if (running.size >= maxRunning)
      throw new ConnectorError('too_many_jobs', `${maxRunning} jobs run: wait for one, or cancel it`);
    if (known !== undefined) return { ...(await start(known)), resumed: true };
    const job: Job = { id: newJobId(), kind, state: 'running', request, created: timeNow(), streams: [] };
    return start({ v: 1, job, ...(await kinds[kind].outline(request)) });
  }

  async function start(record: JobRecord): Promise<Job> {
    const { ended: _, ...begun } = record.job;
    const { id, kind } = begun;
    const work = await kinds[kind].begin(record);
    const job: RunningJob = {
      work,
      stopped: undefined,
      record: { ...record, job: { ...begun, state: 'running' } },
      ended: work.ended.then((how) => end(job, how)),
    };
    running.set(id, job);
    await records.save({ ...job.record, ...work.kept?.() });
    log.info('job.running', { job: id, kind });
    return shown(job);
  }

  async function end(job: RunningJob, how: WorkEnd): Promise<void> {
    const { id, kind } = job.record.job;
    // What stopped without being asked to can be gone on with by the same command.
    const state = job.stopped ?? (how === 'stopped' ? 'interrupted' : how);
    const ended = state !== 'interrupted' && { ended: timeNow() };
    const last: Job = { ...shown(job), state, ...ended };
    await job.work.close().catch((cause: unknown) => log.error('job.not_closed', { job: id, why: String(cause) }));
    running.delete(id);
    await records
      .save({ ...job.record, ...job.work.kept?.(), job: last })
      .catch((cause: unknown) => log.error('job.not_saved', { job: id, why: String(cause) }));
    log.info('job.ended', { job: id, kind, state });
  }

  async function stop(job: RunningJob, as: RunningJob['stopped']): Promise<void> {
    job.stopped = as;
    await job.work.stop(stopGraceMs);
    await job.ended;
  }

  return {
    list: () => records.all().map(({ job }) => found(job.id)),
    running: () => running.size,
    begin: (kind, request) => inTurn(() => begin(kind, request)),
    async *watch(id, signal) {
      for (;;) {
        const job = found(id);
        yield job;
        if (job.state !== 'running' || signal.aborted) return;
        const end = running.get(id)?.ended;
        await Promise.race([end, setTimeout(reportEveryMs, undefined, { signal }).catch(() => undefined)]);
      }
    },
    cancel: (id) =>
      inTurn(async () => {
        const job = running.get(id);
        if (job !== undefined) await stop(job, 'cancelled');
        const record = recordOf(id);
        if (record !== undefined && record.job.ended === undefined) {
          await records.save({ ...record, job: { ...record.job, state: 'cancelled', ended: timeNow() } });
        }
        return found(id);
      }),
    async stop() {
      await inTurn(() => Promise.all([...running.values()].map((job) => stop(job, 'interrupted'))));
    },
  };
}
