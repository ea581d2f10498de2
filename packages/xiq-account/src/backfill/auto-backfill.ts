// Back-fills that begin by themselves: after a time in which we took nothing, and for gaps of subscriptions.
import { type BackfillRequest, backfillRequest, type Job } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { Jobs } from '@xiq-siem/jobs';
import type { XiqCloud } from '../cloud.ts';
import type { FoundGap } from '../subscriptions/watch.ts';

import { clockDifference } from './clock-difference.ts';
import { type JournalAccess, lookbackMs, retainedSinceMs } from './kept-bodies.ts';
import { clockTime } from './type-progress.ts';
import type { AliveMark, WantedSpan, WantedSpans } from './wanted-spans.ts';

export type AutoBackfill = ReturnType<typeof startAutoBackfill>;

export interface AutoBackfillParts {
  clouds(): ReadonlyMap<string, XiqCloud>;
  access(): JournalAccess;
  readonly jobs: Pick<Jobs, 'list' | 'start'>;
  readonly alive: AliveMark;
  readonly wanted: WantedSpans;
  /** Whether a webhook would be accepted now. */
  ready(): boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const tickMs = 30_000;
/** A tick may be late, and a mark is up to a tick old. */
const downMs = 60_000;
const minuteMs = 60_000;
const togetherMs = 2_000;
const maxTries = 100;

/** To be begun when webhooks are taken. Jobs that an end of the process interrupted are gone on with at once. */
export function startAutoBackfill(parts: AutoBackfillParts) {
  const { clouds, access, jobs, alive, wanted, ready, clock, log } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;

  const isAuto = ({ subscriptions }: XiqCloud): boolean => subscriptions?.backfill === 'auto';

  /** In whole minutes, so that what is one gap is one span; `marginMs` before it is known what came. */
  async function want(cloud: XiqCloud, fromMs: number, toMs: number, why: string, messageTypes?: string[]) {
    const { behindMs, aheadMs } = await clockDifference(access(), cloud, signal);
    const marginMs = Math.max(1, cloud.subscriptions?.settleMinutes ?? 0) * minuteMs + behindMs;
    const wide = floor(fromMs - marginMs);
    const sinceMs = await retainedSinceMs(access().journal, signal);
    // Nothing came meanwhile, but what came just before can only be known from the journal.
    const isGone = sinceMs > wide - lookbackMs;
    const { source } = cloud;
    const start = isGone ? floor(fromMs) : wide;
    const span = { fromMs: start, toMs: floor(toMs + minuteMs + aheadMs) + minuteMs, messageTypes };
    log.warn('backfill.wanted', { source, why, ...spanText(span) });
    await wanted.add({ source, why, forceDuplicates: isGone, ...span });
  }

  async function checkOurselves(): Promise<void> {
    if (!ready()) return;
    const [lastMs, nowMs] = [alive.lastMs(), clock.now()];
    if (lastMs !== undefined && nowMs - lastMs > downMs) {
      const why = `no webhook was accepted from ${clockTime(lastMs)} to ${clockTime(nowMs)}`;
      for (const cloud of clouds().values()) if (isAuto(cloud)) await want(cloud, lastMs, nowMs, why);
    }
    // Only when it is known what is to be fetched: a kill before this looks again.
    await alive.set(nowMs);
  }

  const jobOf = ({ job: named }: WantedSpan): Job | undefined => jobs.list().find(({ id }) => id === named);
  /** One at a time for each source: others wait, for they share its requests, and an operator's jobs need room. */
  const isBusy = (source: string): boolean =>
    wanted.list().some((span) => span.source === source && jobOf(span)?.state === 'running');

  async function beginWanted(): Promise<void> {
    for (const span of wanted.list()) {
      const job = jobOf(span);
      if (job?.state === 'running') continue;
      const isOver = span.job !== undefined && (job === undefined || job.state === 'done' || job.state === 'cancelled');
      if (isOver) await wanted.replace(span, undefined);
      else if (clock.now() >= span.notBeforeMs && !isBusy(span.source)) await begin(span, job);
    }
  }

  async function begin(span: WantedSpan, before: Job | undefined): Promise<void> {
    const { source, why } = span;
    // The clock of a span runs on for as long as it reaches ahead of ours.
    if (span.toMs > clock.now() + minuteMs * 4) return;
    try {
      const job = await jobs.start('backfill', before?.request ?? requestOf(span));
      log.info('backfill.begun', { job: job.id, source, why, ...spanText(span) });
      const tries = span.tries + (before?.state === 'failed' ? 1 : 0);
      const pauseMs = (clouds().get(source)?.subscriptions?.everyMinutes ?? 15) * minuteMs;
      await wanted.replace(span, { ...span, job: job.id, tries, notBeforeMs: clock.now() + pauseMs });
    } catch (cause) {
      const code = cause instanceof ConnectorError ? cause.code : 'internal';
      log.warn('backfill.not_begun', { source, code, why: messageOf(cause) });
      const isHopeless = code === 'usage' || span.tries >= maxTries;
      await wanted.replace(span, isHopeless ? undefined : { ...span, tries: span.tries + 1 });
    }
  }

  async function goOn(): Promise<void> {
    for (const { id, kind, state, request } of jobs.list()) {
      if (kind !== 'backfill' || state !== 'interrupted') continue;
      log.info('backfill.goes_on', { job: id });
      await jobs.start('backfill', request).catch((cause: unknown) => {
        log.warn('backfill.not_begun', { job: id, why: messageOf(cause) });
      });
    }
  }

  const attempt = async (what: () => Promise<void>): Promise<void> => {
    if (signal.aborted) return;
    await what().catch((cause: unknown) => {
      if (!signal.aborted) log.error('backfill.auto_failed', { why: String(cause) });
    });
  };

  let wake = new AbortController();
  async function run(): Promise<void> {
    await attempt(goOn);
    while (!signal.aborted) {
      await attempt(checkOurselves);
      await attempt(beginWanted);
      wake = new AbortController();
      if (!signal.aborted) await clock.sleep(tickMs, wake.signal);
    }
  }
  const running = run();
  const underWay = new Set<Promise<unknown>>();

  return {
    /** Resolves when it is on disk. Nothing is done where the configuration says `backfill: manual`. */
    async gapFound({ source, messageType, reason, sinceMs, untilMs }: FoundGap): Promise<void> {
      const cloud = clouds().get(source);
      if (cloud === undefined || !isAuto(cloud) || signal.aborted) return;
      const work = want(cloud, sinceMs, untilMs, `the subscription to ${messageType} was ${reason}`, [messageType]);
      underWay.add(work);
      await work.finally(() => underWay.delete(work));
      // Gaps of other types with the same span come right after it, and are one with it.
      void clock.sleep(togetherMs, signal).then(() => wake.abort());
    },
    /** Resolves when nothing is under way any more. */
    async stop(): Promise<void> {
      stopping.abort();
      wake.abort();
      await running;
      await Promise.allSettled(underWay);
    },
  };
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
const floor = (ms: number): number => Math.max(0, Math.floor(ms / minuteMs) * minuteMs);

function spanText({ fromMs, toMs, messageTypes }: Pick<WantedSpan, 'fromMs' | 'toMs' | 'messageTypes'>) {
  return { from: clockTime(fromMs), to: clockTime(toMs), messageTypes: messageTypes?.join(', ') ?? 'all' };
}

function requestOf({ source, fromMs, toMs, messageTypes, forceDuplicates }: WantedSpan): BackfillRequest {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  return backfillRequest.parse({ source, from, to, messageTypes, forceDuplicates });
}
