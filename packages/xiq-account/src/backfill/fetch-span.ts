// A long span of a log, piece by piece: memory stays bounded, and a fetch that was ended goes on behind its last piece.
import { ConnectorError } from '@xiq-siem/core';
import type { XiqCloud } from '../cloud.ts';
import type { LogSpan } from '../rest/log-pages.ts';
import type { LogEvent, LogReader } from '../rest/log-reader.ts';
import { type Doubt, type ReadingOptions, type Readings, readUntilSteady } from './readings.ts';

/** The longest piece; pieces end at its multiples. */
const hourMs = 3_600_000;
/**
 * Asked for beyond both ends, and left out again by each event's own time: whether the ends belong to a span, and
 * whether it is taken in whole seconds, is not public.
 */
const marginMs = 1_000;
/** A piece is cut no shorter. */
const shortestMs = 1_000;

export interface FetchOptions extends ReadingOptions {
  readonly reader: LogReader;
  /** Epoch milliseconds; the first belongs to the span, the second does not. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What is younger than this is not read. */
  readonly settleMs: number;
  /**
   * A piece with more events than this is cut; 2,500 where it is not said. They are normalized without a pause: so many
   * delay what else the process does by 40 ms at most.
   */
  readonly maxEvents?: number;
}

/** A piece of the span. All events of one millisecond are in one piece. */
export interface FetchedPiece extends Omit<Readings, 'texts'> {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whose own times are in the piece, in their order, then those without a time that can be read. */
  readonly events: readonly LogEvent[];
}

/** Where a fetch of a span ends now: what is younger than `settleMs` has not settled. */
export const settledEnd = (toMs: number, settleMs: number, nowMs: number): number => Math.min(toMs, nowMs - settleMs);

const defaultSettleMinutes = 10;

/**
 * Age that a log entry has before it is read. `behindMs` as of `clockDifference`: by a clock that is behind, what we
 * take for old is young.
 */
export const settleMsOf = ({ subscriptions }: XiqCloud, behindMs: number): number =>
  (subscriptions?.settleMinutes ?? defaultSettleMinutes) * 60_000 + behindMs;

const isIn = (fromMs: number, toMs: number, timeMs: number | undefined): boolean =>
  timeMs === undefined || (timeMs >= fromMs && timeMs < toMs);

/** ExtremeCloud IQ would seem to ask another clock, or another field: then what lies within may be elsewhere too. */
function otherTimes(strays: number): Doubt | undefined {
  if (strays === 0) return undefined;
  const message = `${strays} of the events that ExtremeCloud IQ gave have times outside of the span that it was asked for.`;
  return { code: 'other_times', message };
}

async function* fetchPiece(options: FetchOptions, { fromMs, toMs }: LogSpan): AsyncGenerator<FetchedPiece> {
  const { reader, type, maxEvents = 2_500, maxWaitMs } = options;
  const asked = { fromMs: Math.max(0, fromMs - marginMs), toMs: toMs + marginMs, maxWaitMs };
  const read = await readUntilSteady(options, asked, maxEvents, toMs - fromMs > shortestMs);
  if (read === undefined) {
    const middleMs = Math.ceil((fromMs + toMs) / 2);
    yield* fetchPiece(options, { fromMs, toMs: middleMs });
    yield* fetchPiece(options, { fromMs: middleMs, toMs });
    return;
  }
  const { texts, doubt, ...attributes } = read;
  const all = reader.eventsOf(type, texts);
  const events = all.filter(({ timeMs }) => isIn(fromMs, toMs, timeMs));
  const strays = all.filter(({ timeMs }) => !isIn(asked.fromMs, asked.toMs + 1, timeMs)).length;
  yield { ...attributes, fromMs, toMs, events, doubt: doubt ?? otherTimes(strays) };
}

/**
 * Fetches a span of a log, oldest first, up to what has settled; a span of which nothing has gives no piece. After a
 * failure or a kill, go on with `fromMs` at the end of the last piece. Rejects with a ConnectorError, or with the
 * signal's reason when it fires.
 */
export async function* fetchSpan(options: FetchOptions): AsyncGenerator<FetchedPiece> {
  const { fromMs, settleMs, clock } = options;
  if (!(Number.isSafeInteger(fromMs) && Number.isSafeInteger(options.toMs) && fromMs >= 0 && fromMs < options.toMs)) {
    throw new ConnectorError('usage', 'A span is two times, the first before the second.');
  }
  const toMs = settledEnd(options.toMs, settleMs, clock.now());
  for (let doneMs = fromMs; doneMs < toMs; ) {
    const endMs = Math.min(toMs, (Math.floor(doneMs / hourMs) + 1) * hourMs);
    yield* fetchPiece(options, { fromMs: doneMs, toMs: endMs });
    doneMs = endMs;
  }
}
