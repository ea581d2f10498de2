// Fetches a span of a log in chunks: memory stays bounded, and a fetch can resume after its last chunk.
import { ConnectorError } from '@xiq-siem/core';
import type { LogSpan } from '../rest/log-pages.ts';
import type { LogEvent, LogReader } from '../rest/log-reader.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { type ReadingOptions, type Readings, readUntilStable, type Uncertainty } from './readings.ts';

/** The longest chunk. Chunks end at full hours. */
const hourMs = 3_600_000;
/**
 * Requested before and after a chunk, then filtered by each event's time: the API documents neither whether the ends
 * belong to a span nor whether it rounds to seconds.
 */
const marginMs = 1_000;
/** The shortest chunk. */
const shortestMs = 1_000;

export interface FetchOptions extends ReadingOptions {
  readonly reader: LogReader;
  /** Epoch milliseconds, inclusive; `toMs` is exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The log may still change for this long: younger entries are not read. */
  readonly logDelayMs: number;
  /**
   * A chunk with more events is split. They are normalized in one go: the default 2,500 block the event loop for 40 ms at
   * most.
   */
  readonly maxEvents?: number;
}

/** All events of one millisecond are in one chunk. */
export interface LogChunk extends Omit<Readings, 'texts'> {
  readonly fromMs: number;
  readonly toMs: number;
  /** The events with a time in the chunk, sorted, then those without a readable time. */
  readonly events: readonly LogEvent[];
}

/** The end of the part of a span whose log is final. */
export const logFinalEnd = (toMs: number, logDelayMs: number, nowMs: number): number =>
  Math.min(toMs, nowMs - logDelayMs);

const defaultSettleMinutes = 10;

/** The age at which a log entry is final. `behindMs`: see `ClockDifference`. */
export const logDelayMsOf = ({ subscriptions }: XiqAccount, behindMs: number): number =>
  (subscriptions?.settleMinutes ?? defaultSettleMinutes) * 60_000 + behindMs;

const isIn = (fromMs: number, toMs: number, timeMs: number | undefined): boolean =>
  timeMs === undefined || (timeMs >= fromMs && timeMs < toMs);

/** If events are outside of the requested span, the API filters by another clock or field, and others may be missing. */
function otherTimes(strays: number): Uncertainty | undefined {
  if (strays === 0) return undefined;
  const message = `ExtremeCloud IQ returned ${strays} events with times outside of the requested span.`;
  return { code: 'other_times', message };
}

async function* fetchChunk(options: FetchOptions, { fromMs, toMs }: LogSpan): AsyncGenerator<LogChunk> {
  const { reader, type, maxEvents = 2_500, maxWaitMs } = options;
  const requested = { fromMs: Math.max(0, fromMs - marginMs), toMs: toMs + marginMs, maxWaitMs };
  const read = await readUntilStable(options, requested, maxEvents, toMs - fromMs > shortestMs);
  if (read === undefined) {
    const middleMs = Math.ceil((fromMs + toMs) / 2);
    yield* fetchChunk(options, { fromMs, toMs: middleMs });
    yield* fetchChunk(options, { fromMs: middleMs, toMs });
    return;
  }
  const { texts, uncertainty, ...readings } = read;
  const all = reader.eventsOf(type, texts);
  const events = all.filter(({ timeMs }) => isIn(fromMs, toMs, timeMs));
  const strays = all.filter(({ timeMs }) => !isIn(requested.fromMs, requested.toMs + 1, timeMs)).length;
  yield { ...readings, fromMs, toMs, events, uncertainty: uncertainty ?? otherTimes(strays) };
}

/**
 * Fetches the part of a span whose log is final, oldest first. Without such a part there is no chunk. To resume, set `fromMs` to
 * the end of the last chunk. Rejects with a ConnectorError, or with the signal's reason when it fires.
 */
export async function* fetchSpan(options: FetchOptions): AsyncGenerator<LogChunk> {
  const { fromMs, logDelayMs, clock } = options;
  if (!(Number.isSafeInteger(fromMs) && Number.isSafeInteger(options.toMs) && fromMs >= 0 && fromMs < options.toMs)) {
    throw new ConnectorError('usage', 'A span needs two times, the first before the second.');
  }
  const toMs = logFinalEnd(options.toMs, logDelayMs, clock.now());
  for (let doneMs = fromMs; doneMs < toMs; ) {
    const endMs = Math.min(toMs, (Math.floor(doneMs / hourMs) + 1) * hourMs);
    yield* fetchChunk(options, { fromMs: doneMs, toMs: endMs });
    doneMs = endMs;
  }
}
