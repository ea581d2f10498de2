// The jobs there are: begun, gone on with, watched, cancelled; each a lane of delivery for each destination.
import { setTimeout } from 'node:timers/promises';
import type { Job, JobLane, ReplayRequest, RetryRequest } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import type { Delivery, RunningRun } from '@xiq-siem/delivery';
import { type JobRecord, type JobRecords, newJobId } from './job-record.ts';
import type { LanePlan } from './lane-plan.ts';

export interface JobPlan {
  readonly lanes: readonly LanePlan[];
  close(): Promise<void>;
}

export interface Jobs {
  list(): readonly Job[];
  running(): number;
  retry(request: RetryRequest): Promise<Job>;
  replay(request: ReplayRequest): Promise<Job>;
  /** Its state now and then, until it has ended. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<Job>;
  /** Rejects with `not_found`. */
  cancel(id: string): Promise<Job>;
  /** Leaves all as they are, to be gone on with. */
  stop(): Promise<void>;
}

export interface JobsOptions {
  readonly records: JobRecords;
  readonly delivery: Pick<Delivery, 'run'>;
  /** What a new job goes over; rejects with `usage` where the request makes no sense. */
  outline(kind: Job['kind'], request: Job['request']): Promise<Pick<JobRecord, 'span' | 'lastNumber'>>;
  /** Its lanes, from wherever it stands. */
  plan(record: JobRecord): Promise<JobPlan>;
  readonly now: () => number;
  readonly log: Logger;
}

type LaneEnd = Awaited<RunningRun['ended']>;

interface RunningJob {
  readonly record: JobRecord;
  readonly plan: JobPlan;
  readonly lanes: readonly { readonly plan: LanePlan; readonly run: RunningRun }[];
  stopped: 'cancelled' | 'interrupted' | undefined;
  readonly ended: Promise<void>;
}

/** Jobs at once: each sends beside the live events. */
const maxRunning = 4;
const tellEveryMs = 250;
const stopGraceMs = 2_000;

export function createJobs({ records, delivery, outline, plan, now, log }: JobsOptions): Jobs {
  const running = new Map<string, RunningJob>();
  let beginning: Promise<unknown> = Promise.resolve();

  const shown = (job: RunningJob): Job => ({ ...job.record.job, lanes: job.lanes.map(shownLane) });
  const find = (id: string): Job | undefined => {
    const job = running.get(id);
    return job === undefined ? records.all().find((record) => record.job.id === id)?.job : shown(job);
  };
  const found = (id: string): Job => {
    const job = find(id);
    if (job === undefined) throw new ConnectorError('not_found', `there is no job ${id}: see xiq-siem jobs`);
    return job;
  };

  /** What a job of the same kind that wants the same has left to do. */
  const unfinished = (kind: Job['kind'], request: Job['request']): JobRecord | undefined => {
    const wanted = JSON.stringify(request);
    return records
      .all()
      .find(({ job }) => job.kind === kind && job.ended === undefined && JSON.stringify(job.request) === wanted);
  };

  async function begin(kind: Job['kind'], request: Job['request']): Promise<Job> {
    const known = unfinished(kind, request);
    if (known !== undefined && running.has(known.job.id)) return { ...found(known.job.id), resumed: true };
    if (running.size >= maxRunning)
      throw new ConnectorError('busy', `${maxRunning} jobs run: wait for one, or cancel it`);
    if (known !== undefined) return { ...(await start(known)), resumed: true };
    const created = new Date(now()).toISOString();
    const job: Job = { id: newJobId(), kind, state: 'running', request, created, lanes: [] };
    return start({ v: 1, job, ...(await outline(kind, request)) });
  }

  async function start(record: JobRecord): Promise<Job> {
    const { id, kind } = record.job;
    const planned = await plan(record);
    const lanes = planned.lanes.map((lane) => ({ plan: lane, run: delivery.run(lane.run) }));
    const job: RunningJob = {
      ...{ plan: planned, lanes, stopped: undefined },
      record: { ...record, job: { ...record.job, state: 'running' } },
      ended: Promise.all(lanes.map(({ run }) => run.ended)).then((ends) => end(job, ends)),
    };
    running.set(id, job);
    await records.save(job.record);
    log.info('job.running', { job: id, kind, lanes: lanes.length });
    return shown(job);
  }

  async function end(job: RunningJob, ends: readonly LaneEnd[]): Promise<void> {
    const { id, kind } = job.record.job;
    // A lane that stopped without being asked lost its destination, by a reload: the same command goes on with it.
    const state =
      job.stopped ?? (ends.includes('failed') ? 'failed' : ends.includes('stopped') ? 'interrupted' : 'done');
    const ended = state !== 'interrupted' && { ended: new Date(now()).toISOString() };
    const last: Job = { ...shown(job), state, ...ended };
    await job.plan.close();
    running.delete(id);
    await records
      .save({ ...job.record, job: last })
      .catch((cause: unknown) => log.error('job.not_saved', { job: id, why: String(cause) }));
    log.info('job.ended', { job: id, kind, state });
  }

  async function stop(job: RunningJob, as: RunningJob['stopped']): Promise<void> {
    job.stopped = as;
    await Promise.all(job.lanes.map(({ run }) => run.stop(stopGraceMs)));
    await job.ended;
  }

  /** One after the other, so that two that want the same are one job. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = beginning.then(work);
    beginning = mine.catch(() => undefined);
    return mine;
  }

  return {
    list: () => records.all().map(({ job }) => found(job.id)),
    running: () => running.size,
    retry: (request) => inTurn(() => begin('retry', request)),
    replay: (request) => inTurn(() => begin('replay', request)),
    async *watch(id, signal) {
      for (;;) {
        const job = found(id);
        yield job;
        if (job.state !== 'running' || signal.aborted) return;
        const end = running.get(id)?.ended;
        await Promise.race([end, setTimeout(tellEveryMs, undefined, { signal }).catch(() => undefined)]);
      }
    },
    cancel: (id) =>
      inTurn(async () => {
        const job = running.get(id);
        if (job !== undefined) await stop(job, 'cancelled');
        const record = records.all().find((one) => one.job.id === id);
        if (record !== undefined && record.job.ended === undefined) {
          await records.save({
            ...record,
            job: { ...record.job, state: 'cancelled', ended: new Date(now()).toISOString() },
          });
        }
        return found(id);
      }),
    async stop() {
      await inTurn(() => Promise.all([...running.values()].map((job) => stop(job, 'interrupted'))));
    },
  };
}

function shownLane({ plan, run }: RunningJob['lanes'][number]): JobLane {
  const status = run.status();
  const { name, state, reason, lastWords, counters } = status;
  const done = plan.doneOf(status);
  const { delivered, duplicate, deadLettered, filtered, damaged } = counters;
  return {
    ...{ destination: name, done, total: plan.total, delivered, duplicate, deadLettered, filtered },
    state: state === 'stopped' && done >= plan.total ? 'done' : state,
    damaged: damaged + plan.notMade(),
    ...(reason !== undefined && { reason }),
    ...(lastWords !== undefined && { words: lastWords }),
  };
}
