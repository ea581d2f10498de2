// One span of a log, read again until its total holds still: while it is read, pages may shift.
import type { Clock } from '@xiq-siem/delivery';
import { xiqError } from '../rest/api-errors.ts';
import type { LogSpan, LogType } from '../rest/log-pages.ts';
import { vendorId } from '../rest/log-reader.ts';
import { pause } from '../rest/pause.ts';
import type { XiqApi } from '../rest/xiq-api.ts';

/** Why what was read of a span may not be all that ExtremeCloud IQ has of it. */
export interface Doubt {
  readonly code: 'total_moves' | 'events_missing' | 'other_times' | 'not_events';
  /** A sentence in plain words. */
  readonly message: string;
}

export interface ReadingOptions {
  readonly api: Pick<XiqApi, 'logs'>;
  readonly type: LogType;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whole readings of one span; 5 where it is not said, 2 at least. */
  readonly maxReadings?: number;
  /** The longest wait for the request budget, a page; that of the API where it is not said. */
  readonly maxWaitMs?: number | undefined;
}

export interface Readings {
  /** Each event once, as it was sent. */
  readonly texts: readonly string[];
  /** As of the last page. */
  readonly totalCount: number;
  readonly readings: number;
  /** Events that stood on two pages of one reading, left out. */
  readonly repeated: number;
  /** Undefined where all was read. */
  readonly doubt: Doubt | undefined;
}

/** Far more than a span is cut to: where it can be cut no further, an API that speaks nonsense must not fill our memory. */
const tooManyFactor = 10;

type Reading = NonNullable<Awaited<ReturnType<typeof readOnce>>>;

async function readOnce(options: ReadingOptions, span: LogSpan, limit: number, cuttable: boolean) {
  const ids = new Set<string>();
  const withId = new Set<string>();
  /** Events without an id of the vendor's: none is left out, since two equal ones may be two. */
  const withoutId: string[] = [];
  let [notEvents, repeated, totalCount, moved] = [0, 0, 0, false];
  for await (const page of options.api.logs(options.type, span, options.signal)) {
    if (page.page > 1 && page.totalCount !== totalCount) moved = true;
    totalCount = page.totalCount;
    if (cuttable && totalCount > limit) return undefined;
    if (withId.size + withoutId.length > limit * tooManyFactor) {
      throw xiqError(
        'xiq_invalid_response',
        `The ${options.type} log has more than ${limit * tooManyFactor} events from ${new Date(span.fromMs).toISOString()} ` +
          `to ${new Date(span.toMs).toISOString()}: more than can be read at once. Leave this span out.`,
      );
    }
    for (const text of page.elements) {
      const id = text.startsWith('{') ? vendorId(text) : undefined;
      if (!text.startsWith('{')) notEvents++;
      else if (id === undefined) withoutId.push(text);
      else {
        if (ids.has(id)) repeated++;
        ids.add(id);
        // The same id with other words may be another event: nothing that was read is lost.
        withId.add(text);
      }
    }
  }
  return { ids, withId: [...withId], withoutId, notEvents, repeated, totalCount, moved };
}

function doubtOf({ totalCount, notEvents }: Reading, steady: boolean, read: number): Doubt | undefined {
  if (read < totalCount) {
    const message = `ExtremeCloud IQ counts ${totalCount} events, but gave only ${read} on all of its pages.`;
    return { code: 'events_missing', message };
  }
  if (!steady) {
    const message = `The number of events changed from one reading to the next, last to ${totalCount}.`;
    return { code: 'total_moves', message };
  }
  if (notEvents === 0) return undefined;
  return { code: 'not_events', message: `${notEvents} of ${totalCount} entries are no JSON objects; left out.` };
}

/**
 * Reads a span wholly until two readings in a row give one total, and all of it was read. Undefined where the span has
 * more than `limit` events and may be cut. Rejects with a ConnectorError, or with the signal's reason when it fires.
 */
export async function readUntilSteady(
  options: ReadingOptions,
  span: LogSpan,
  limit: number,
  cuttable: boolean,
): Promise<Readings | undefined> {
  const maxReadings = Math.max(2, options.maxReadings ?? 5);
  /** Over all readings: what one of them missed by a shifted page, another has. */
  const texts = new Set<string>();
  const ids = new Set<string>();
  let previousTotal: number | undefined;
  let repeated = 0;
  for (let readings = 1; ; readings++) {
    // The second follows at once: of a span that has settled it finds the same.
    if (readings > 2) await pause(options.clock, 1_000 * 2 ** (readings - 3), options.signal);
    const reading = await readOnce(options, span, limit, cuttable && readings === 1);
    if (reading === undefined) return undefined;
    for (const text of reading.withId) texts.add(text);
    for (const id of reading.ids) ids.add(id);
    repeated += reading.repeated;
    const others = reading.withoutId.length + reading.notEvents;
    const { totalCount } = reading;
    const steady = !reading.moved && previousTotal === totalCount;
    const isWhole = reading.ids.size + others === totalCount || ids.size + others === totalCount;
    if ((steady && isWhole) || readings >= maxReadings) {
      const read = Math.max(reading.ids.size, ids.size) + others;
      const doubt = doubtOf(reading, steady && isWhole, read);
      return { texts: [...texts, ...reading.withoutId], totalCount, readings, repeated, doubt };
    }
    previousTotal = totalCount;
  }
}
