// Runs a back-fill job: fetches each log in chunks, and appends the events that the journal does not have.
import type { JobFetch } from '@xiq-siem/admin-api';
import { type BodyLog, ConnectorError, type Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { JobWork, WorkEnd } from '@xiq-siem/jobs';
import type { BackfillPairing, BackfillProgress, JobRecords } from '@xiq-siem/state';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { clockDifference, clockText } from './clock-difference.ts';
import { fetchSpan, type LogChunk, logDelayMsOf, logFinalEnd } from './fetch-span.ts';
import type { JournalAccess } from './journal-events.ts';
import { type KnownEvents, knownEvents, requireRetained } from './known-events.ts';
import { restBodies } from './rest-bodies.ts';
import {
  type BackfillSpan,
  clockTime,
  finishType,
  resumeType,
  shownType,
  storedType,
  type TypeState,
} from './type-progress.ts';

export interface BackfillParts {
  /** Returns a new one for each job, because `yieldNow` throttles one job. */
  access(): JournalAccess;
  readonly journal: Pick<BodyLog, 'append'>;
  readonly pairing: Pick<BackfillPairing, 'addFetched'>;
  readonly records: Pick<JobRecords, 'all' | 'save'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A page waits for the next hour of requests: a restart of the chunk could need more requests than an hour has. */
const maxWaitMs = 2 * 3_600_000;
const longestSleepMs = 60_000;

export function startBackfill(
  span: BackfillSpan,
  before: BackfillProgress,
  account: XiqAccount,
  parts: BackfillParts,
): JobWork {
  const { journal, pairing, records, clock, log } = parts;
  const access = parts.access();
  const { fromMs, toMs, job } = span;
  const stopping = new AbortController();
  const { signal } = stopping;
  const types = before.types.map((type) => resumeType(type, toMs));

  const progress = (): BackfillProgress => ({ source: before.source, types: types.map(storedType) });
  const shownTypes = (): JobFetch[] => types.map((one) => shownType(one, span, account, clock.now()));

  async function storeChunk(type: TypeState, chunk: LogChunk, known: KnownEvents): Promise<void> {
    const origin = { source: account.source, messageType: type.messageType, origin: 'rest' } as const;
    let kept = 0;
    for (;;) {
      // If a webhook brings one of these events between this scan and `addFetched`, it is delivered twice. That is a
      // matter of milliseconds, for an event older than the log delay.
      for await (const _ of known.catchUp(signal));
      const [body] = restBodies(known.missingOf(chunk.events));
      if (body === undefined) break;
      signal.throwIfAborted();
      const metadata = { ...origin, receivedAtMs: clock.now(), contentType: 'application/json' };
      await journal.append(metadata, body.bytes);
      await known.addFetched(body.events);
      kept += body.events.length;
    }
    type.fetched += chunk.events.length;
    type.known += chunk.events.length - kept;
    type.kept += kept;
    type.fetchedToMs = chunk.toMs;
    if (chunk.uncertainty !== undefined) {
      const message = `from ${clockTime(chunk.fromMs)} to ${clockTime(chunk.toMs)}: ${chunk.uncertainty.message}`;
      type.uncertainty ??= { fromMs: chunk.fromMs, message };
    }
    const record = records.all().find((one) => one.job.id === job);
    if (record === undefined) return;
    await records.save({ ...record, backfill: progress(), job: { ...record.job, types: shownTypes() } });
  }

  /** Fetches the part of the span whose log is final. */
  async function fetchType(type: TypeState, known: KnownEvents, logDelayMs: number): Promise<void> {
    const log = logOfMessageType(type.messageType);
    if (log === undefined || type.fetchedToMs >= toMs) return;
    type.state = 'running';
    const { api, reader } = account;
    const options = { api, reader, type: log, clock, signal, fromMs: type.fetchedToMs, toMs, logDelayMs, maxWaitMs };
    for await (const chunk of fetchSpan(options)) await storeChunk(type, chunk, known);
  }

  async function waitUntilLogIsFinal(unfinished: readonly TypeState[], logDelayMs: number): Promise<void> {
    const untilMs = toMs + logDelayMs;
    for (const type of unfinished) {
      type.state = 'waiting';
      type.message = `until ${clockTime(untilMs)}: the log may still get entries with earlier times`;
    }
    // Short sleeps, because the clock may be set meanwhile.
    while (clock.now() < untilMs && !signal.aborted) {
      await clock.sleep(Math.min(longestSleepMs, untilMs - clock.now()), signal);
    }
    signal.throwIfAborted();
    for (const type of unfinished) type.message = undefined;
  }

  function fail(type: TypeState, cause: unknown): void {
    if (signal.aborted) throw cause;
    type.state = 'failed';
    type.message = cause instanceof ConnectorError ? cause.message : 'internal error: see the log';
    const code = cause instanceof ConnectorError ? cause.code : 'internal';
    log.error('backfill.failed', { job, messageType: type.messageType, code, error: String(cause) });
  }

  const isUnfinished = ({ state, fetchedToMs }: TypeState): boolean =>
    state !== 'failed' && state !== 'stopped' && state !== 'done' && fetchedToMs < toMs;

  async function fetchAll(): Promise<void> {
    const difference = await clockDifference(access, account, signal);
    const { behindMs, aheadMs } = difference;
    const since = Math.min(toMs, ...types.map(({ fetchedToMs }) => fetchedToMs));
    if (!span.forceDuplicates) await requireRetained(access.journal, since - aheadMs, signal);
    const differs = clockText(difference);
    if (differs !== undefined) log.warn('backfill.clock_differs', { job, source: account.source, message: differs });
    const logDelayMs = logDelayMsOf(account, behindMs);
    const messageTypes = types.map(({ messageType }) => messageType);
    const found = { access, account, fromMs: since, toMs, messageTypes, aheadMs };
    const known = knownEvents({ ...found, onFetched: pairing.addFetched });
    for await (const { done, total } of known.catchUp(signal)) {
      const message = `scanning the journal for known events: ${done} of ${total} bodies`;
      for (const type of types.filter(isUnfinished)) type.message = message;
    }
    for (const type of types.filter(isUnfinished)) type.message = differs;
    for (;;) {
      for (const type of types.filter(isUnfinished)) {
        if (logFinalEnd(toMs, logDelayMs, clock.now()) <= type.fetchedToMs) continue;
        await fetchType(type, known, logDelayMs).catch((cause) => fail(type, cause));
        if (type.state === 'running' && type.fetchedToMs >= toMs) finishType(type, differs);
      }
      const unfinished = types.filter(isUnfinished);
      if (unfinished.length === 0) return;
      await waitUntilLogIsFinal(unfinished, logDelayMs);
    }
  }

  async function runBackfill(): Promise<WorkEnd> {
    try {
      await fetchAll();
    } catch (cause) {
      if (signal.aborted) return 'stopped';
      for (const type of types.filter(isUnfinished)) fail(type, cause);
    }
    const kept = types.reduce((sum, type) => sum + type.kept, 0);
    log.info('backfill.ended', { job, source: account.source, from: clockTime(fromMs), to: clockTime(toMs), kept });
    return types.some(({ state }) => state === 'failed') ? 'failed' : 'done';
  }

  const ended = runBackfill();

  async function stopBackfill(): Promise<void> {
    stopping.abort();
    await ended;
  }

  return {
    ended,
    progress: () => ({ streams: [], types: shownTypes() }),
    changes: () => ({ backfill: progress() }),
    stop: stopBackfill,
    close: async () => {},
  };
}
