// A back-fill at work: type by type and piece by piece, what did not come is kept as if it had.
import type { JobFetch } from '@xiq-siem/admin-api';
import { ConnectorError, type Log, type Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { JobWork, WorkEnd } from '@xiq-siem/jobs';
import type { BackfilledIds, BackfillProgress, JobRecords } from '@xiq-siem/state';
import type { XiqCloud } from '../cloud.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import { clockDifference, clockText } from './clock-difference.ts';
import { type FetchedPiece, fetchSpan, settledEnd, settleMsOf } from './fetch-span.ts';
import type { JournalAccess } from './kept-bodies.ts';
import { type KnownIds, knownIds, requireRetained } from './known-ids.ts';
import { restBodies } from './rest-bodies.ts';
import { asBegun, type BackfillSpan, clockTime, finish, shownType, type TypeState } from './type-progress.ts';

export interface BackfillParts {
  /** A new one for each job: its `yieldNow` is one work's. */
  access(): JournalAccess;
  readonly journal: Pick<Log, 'append'>;
  readonly backfilled: Pick<BackfilledIds, 'add'>;
  readonly records: Pick<JobRecords, 'all' | 'save'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A page waits for the account's next hour rather than that a piece is begun again: it may cost more than an hour has. */
const maxWaitMs = 2 * 3_600_000;
const longestSleepMs = 60_000;

export function startBackfill(
  span: BackfillSpan,
  before: BackfillProgress,
  cloud: XiqCloud,
  parts: BackfillParts,
): JobWork {
  const { journal, backfilled, records, clock, log } = parts;
  const access = parts.access();
  const { fromMs, toMs, job } = span;
  const stopping = new AbortController();
  const { signal } = stopping;
  const types = before.types.map((type) => asBegun(type, toMs));

  const progress = (): BackfillProgress => ({
    source: before.source,
    types: types.map(({ state: _, message: __, ...one }) => one),
  });
  const shownTypes = (): JobFetch[] => types.map((one) => shownType(one, span, cloud, clock.now()));

  async function keep(type: TypeState, piece: FetchedPiece, known: KnownIds): Promise<void> {
    // What comes by webhook from here on until the body is synced is delivered twice, as one id: these are milliseconds,
    // for an event that is older than what has settled.
    for await (const _ of known.catchUp(signal));
    const fresh = piece.events.filter(({ id }) => !known.has(id));
    const at = { source: cloud.source, messageType: type.messageType, origin: 'rest' } as const;
    let kept = 0;
    for (const { bytes, events } of restBodies(fresh)) {
      signal.throwIfAborted();
      const metadata = { ...at, receivedAtMs: clock.now(), contentType: 'application/json' };
      await journal.append(metadata, bytes);
      const ids = events.map(({ id }) => id);
      for (const id of ids) known.add(id);
      await backfilled.add(ids);
      kept += events.length;
    }
    type.fetched += piece.events.length;
    type.known += piece.events.length - kept;
    type.kept += kept;
    type.fetchedToMs = piece.toMs;
    if (piece.doubt !== undefined) {
      const message = `from ${clockTime(piece.fromMs)} to ${clockTime(piece.toMs)}: ${piece.doubt.message}`;
      type.doubt ??= { fromMs: piece.fromMs, message };
    }
    const record = records.all().find((one) => one.job.id === job);
    if (record === undefined) return;
    await records.save({ ...record, backfill: progress(), job: { ...record.job, types: shownTypes() } });
  }

  /** As far as it has settled. */
  async function fetchType(type: TypeState, known: KnownIds, settleMs: number): Promise<void> {
    const log = logOfMessageType(type.messageType);
    if (log === undefined || type.fetchedToMs >= toMs) return;
    type.state = 'running';
    const { api, reader } = cloud;
    const options = { api, reader, type: log, clock, signal, fromMs: type.fetchedToMs, toMs, settleMs, maxWaitMs };
    for await (const piece of fetchSpan(options)) await keep(type, piece, known);
  }

  async function untilSettled(left: readonly TypeState[], settleMs: number): Promise<void> {
    const untilMs = toMs + settleMs;
    for (const type of left) {
      type.state = 'waiting';
      type.message = `until ${clockTime(untilMs)}: younger log entries may still get company`;
    }
    // Again and again, since a clock may be set meanwhile.
    while (clock.now() < untilMs && !signal.aborted) {
      await clock.sleep(Math.min(longestSleepMs, untilMs - clock.now()), signal);
    }
    signal.throwIfAborted();
    for (const type of left) type.message = undefined;
  }

  function fail(type: TypeState, cause: unknown): void {
    if (signal.aborted) throw cause;
    type.state = 'failed';
    type.message = cause instanceof ConnectorError ? cause.message : 'internal error: see the log';
    const code = cause instanceof ConnectorError ? cause.code : 'internal';
    log.error('backfill.failed', { job, messageType: type.messageType, code, why: String(cause) });
  }

  const isLeft = ({ state, fetchedToMs }: TypeState): boolean =>
    state !== 'failed' && state !== 'stopped' && state !== 'done' && fetchedToMs < toMs;

  async function fetchAll(): Promise<void> {
    const difference = await clockDifference(access, cloud, signal);
    const { behindMs, aheadMs } = difference;
    const since = Math.min(toMs, ...types.map(({ fetchedToMs }) => fetchedToMs));
    if (!span.forceDuplicates) await requireRetained(access.journal, since - aheadMs, signal);
    const differs = clockText(difference);
    if (differs !== undefined) log.warn('backfill.clock_differs', { job, source: cloud.source, message: differs });
    const settleMs = settleMsOf(cloud, behindMs);
    const messageTypes = types.map(({ messageType }) => messageType);
    const found = { access, cloud, fromMs: since, toMs, messageTypes, aheadMs };
    const known = knownIds({ ...found, onFetched: backfilled.add });
    for await (const { done, total } of known.catchUp(signal)) {
      const message = `looking at what came already: ${done} of ${total} bodies`;
      for (const type of types.filter(isLeft)) type.message = message;
    }
    for (const type of types.filter(isLeft)) type.message = differs;
    for (;;) {
      for (const type of types.filter(isLeft)) {
        if (settledEnd(toMs, settleMs, clock.now()) <= type.fetchedToMs) continue;
        await fetchType(type, known, settleMs).catch((cause) => fail(type, cause));
        if (type.state === 'running' && type.fetchedToMs >= toMs) finish(type, differs);
      }
      const left = types.filter(isLeft);
      if (left.length === 0) return;
      await untilSettled(left, settleMs);
    }
  }

  async function run(): Promise<WorkEnd> {
    try {
      await fetchAll();
    } catch (cause) {
      if (signal.aborted) return 'stopped';
      for (const type of types.filter(isLeft)) fail(type, cause);
    }
    const kept = types.reduce((sum, type) => sum + type.kept, 0);
    log.info('backfill.ended', { job, source: cloud.source, from: clockTime(fromMs), to: clockTime(toMs), kept });
    return types.some(({ state }) => state === 'failed') ? 'failed' : 'done';
  }

  const ended = run();
  return {
    ended,
    progress: () => ({ streams: [], types: shownTypes() }),
    changes: () => ({ backfill: progress() }),
    async stop() {
      stopping.abort();
      await ended;
    },
    close: async () => {},
  };
}
