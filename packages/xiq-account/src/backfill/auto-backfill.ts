// Starts back-fill jobs automatically: after a downtime, and for gaps of subscriptions.
import { type BackfillRequest, backfillRequest, type Job } from '@xiq-siem/admin-api';
import { ConnectorError, exitCodes, type Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { Jobs } from '@xiq-siem/jobs';
import type { FoundGap } from '../subscriptions/watch.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { clockDifference } from './clock-difference.ts';
import { type JournalAccess, lookbackMs, retainedSinceMs } from './journal-events.ts';
import type { LastAccepting, PendingSpan, PendingSpans } from './pending-spans.ts';
import { clockTime } from './type-progress.ts';

export type AutoBackfill = ReturnType<typeof startAutoBackfill>;

export interface AutoBackfillParts {
  accounts(): ReadonlyMap<string, XiqAccount>;
  access(): JournalAccess;
  readonly jobs: Pick<Jobs, 'list' | 'start'>;
  readonly lastAccepting: LastAccepting;
  readonly pending: PendingSpans;
  /** Whether the receiver would accept a webhook now. */
  ready(): boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const tickMs = 30_000;
/** A shorter time may be a late tick: the stored time is up to one tick old. */
const minDowntimeMs = 60_000;
const minuteMs = 60_000;
const groupDelayMs = 2_000;
const maxStartAttempts = 100;

/** Call this when the receiver accepts webhooks. First resumes the jobs that the last stop of the process interrupted. */
export function startAutoBackfill(parts: AutoBackfillParts) {
  const { accounts, access, jobs, lastAccepting, pending, ready, clock, log } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;

  const isAuto = ({ subscriptions }: XiqAccount): boolean => subscriptions?.backfill === 'auto';

  /** Adds a span in whole minutes, so that equal gaps share it. It may start before the gap: back-fill skips known events. */
  async function addSpan(account: XiqAccount, fromMs: number, toMs: number, why: string, messageTypes?: string[]) {
    const { behindMs, aheadMs } = await clockDifference(access(), account, signal);
    const marginMs = Math.max(1, account.subscriptions?.settleMinutes ?? 0) * minuteMs + behindMs;
    const earliestMs = floorToMinute(fromMs - marginMs);
    const sinceMs = await retainedSinceMs(access().journal, signal);
    // Without this history, back-fill cannot skip the events that were received shortly before the gap.
    const isHistoryIncomplete = sinceMs > earliestMs - lookbackMs;
    const { source } = account;
    const startMs = isHistoryIncomplete ? floorToMinute(fromMs) : earliestMs;
    const span = { fromMs: startMs, toMs: floorToMinute(toMs + minuteMs + aheadMs) + minuteMs, messageTypes };
    log.warn('backfill.span_added', { source, why, ...spanText(span) });
    await pending.add({ source, why, forceDuplicates: isHistoryIncomplete, ...span });
  }

  async function checkDowntime(): Promise<void> {
    if (!ready()) return;
    const [lastMs, nowMs] = [lastAccepting.lastMs(), clock.now()];
    if (lastMs !== undefined && nowMs - lastMs > minDowntimeMs) {
      const why = `the connector could not accept webhooks from ${clockTime(lastMs)} to ${clockTime(nowMs)}`;
      for (const account of accounts().values()) if (isAuto(account)) await addSpan(account, lastMs, nowMs, why);
    }
    // Store the time last: if the process is killed before this, the next start finds the same downtime.
    await lastAccepting.set(nowMs);
  }

  const jobOf = ({ job: jobId }: PendingSpan): Job | undefined => jobs.list().find(({ id }) => id === jobId);
  /** Each source has one automatic job at a time: its jobs share one request budget, and an operator needs free job slots. */
  const isBusy = (source: string): boolean =>
    pending.list().some((span) => span.source === source && jobOf(span)?.state === 'running');

  async function startPending(): Promise<void> {
    for (const span of pending.list()) {
      const job = jobOf(span);
      if (job?.state === 'running') continue;
      const isFinished =
        span.job !== undefined && (job === undefined || job.state === 'done' || job.state === 'cancelled');
      if (isFinished) await pending.replace(span, undefined);
      else if (clock.now() >= span.notBeforeMs && !isBusy(span.source)) await startSpan(span, job);
    }
  }

  async function startSpan(span: PendingSpan, previousJob: Job | undefined): Promise<void> {
    const { source, why } = span;
    // Wait: a job rejects a span that ends too far in the future.
    if (span.toMs > clock.now() + minuteMs * 4) return;
    try {
      const job = await jobs.start('backfill', previousJob?.request ?? requestOf(span));
      log.info('backfill.started', { job: job.id, source, why, ...spanText(span) });
      const tries = span.tries + (previousJob?.state === 'failed' ? 1 : 0);
      const pauseMs = (accounts().get(source)?.subscriptions?.everyMinutes ?? 15) * minuteMs;
      await pending.replace(span, { ...span, job: job.id, tries, notBeforeMs: clock.now() + pauseMs });
    } catch (cause) {
      const code = cause instanceof ConnectorError ? cause.code : 'internal';
      log.warn('backfill.start_failed', { source, code, error: messageOf(cause) });
      const isInvalid = cause instanceof ConnectorError && cause.exitCode === exitCodes.usage;
      if (!isInvalid && span.tries < maxStartAttempts) return pending.replace(span, { ...span, tries: span.tries + 1 });
      const remediation = `fix the cause, then run ${commandOf(span)}`;
      log.error('backfill.span_dropped', { source, why, ...spanText(span), error: messageOf(cause), remediation });
      await pending.replace(span, undefined);
    }
  }

  async function resumeInterrupted(): Promise<void> {
    for (const { id, kind, state, request } of jobs.list()) {
      if (kind !== 'backfill' || state !== 'interrupted') continue;
      log.info('backfill.resumed', { job: id });
      await jobs.start('backfill', request).catch((cause: unknown) => {
        log.warn('backfill.start_failed', { job: id, error: messageOf(cause) });
      });
    }
  }

  const attempt = async (task: () => Promise<void>): Promise<void> => {
    if (signal.aborted) return;
    await task().catch((cause: unknown) => {
      if (!signal.aborted) log.error('backfill.auto_failed', { error: String(cause) });
    });
  };

  let wakeAbort = new AbortController();
  async function runTicks(): Promise<void> {
    await attempt(resumeInterrupted);
    while (!signal.aborted) {
      await attempt(checkDowntime);
      await attempt(startPending);
      wakeAbort = new AbortController();
      if (!signal.aborted) await clock.sleep(tickMs, wakeAbort.signal);
    }
  }
  const running = runTicks();
  const adding = new Set<Promise<unknown>>();

  async function addGap({ source, messageType, reason, sinceMs, untilMs }: FoundGap): Promise<void> {
    const account = accounts().get(source);
    if (account === undefined || !isAuto(account) || signal.aborted) return;
    const added = addSpan(account, sinceMs, untilMs, `the subscription to ${messageType} was ${reason}`, [messageType]);
    adding.add(added);
    await added.finally(() => adding.delete(added));
    // Wait: gaps of other types follow immediately, and share the span.
    void clock.sleep(groupDelayMs, signal).then(() => wakeAbort.abort());
  }

  async function stopAutoBackfill(): Promise<void> {
    stopping.abort();
    wakeAbort.abort();
    await running;
    await Promise.allSettled(adding);
  }

  return {
    /** Resolves when the span is on disk. Ignores sources with `backfill: manual`. */
    addGap,
    /** Resolves when the ticks have ended. Running jobs continue. */
    stop: stopAutoBackfill,
  };
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
const floorToMinute = (ms: number): number => Math.max(0, Math.floor(ms / minuteMs) * minuteMs);

function spanText({ fromMs, toMs, messageTypes }: Pick<PendingSpan, 'fromMs' | 'toMs' | 'messageTypes'>) {
  return { from: clockTime(fromMs), to: clockTime(toMs), messageTypes: messageTypes?.join(', ') ?? 'all' };
}

function commandOf(span: PendingSpan): string {
  const { source, from, to, messageTypes, forceDuplicates } = requestOf(span);
  const types = messageTypes === undefined ? '' : ` --types ${messageTypes.join(',')}`;
  return `xiq-siem backfill --source ${source} --from ${from} --to ${to}${types}${forceDuplicates ? ' --force-duplicates' : ''}`;
}

function requestOf({ source, fromMs, toMs, messageTypes, forceDuplicates }: PendingSpan): BackfillRequest {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  return backfillRequest.parse({ source, from, to, messageTypes, forceDuplicates });
}
