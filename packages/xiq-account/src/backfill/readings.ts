// Reads a span of a log repeatedly until its total is stable, because pages may shift during a read.
import type { Clock } from '@xiq-siem/delivery';
import { xiqError } from '../rest/api-errors.ts';
import type { LogSpan, LogType } from '../rest/log-pages.ts';
import { vendorId } from '../rest/log-reader.ts';
import { pause } from '../rest/pause.ts';
import type { XiqApi } from '../rest/xiq-api.ts';

/** Why a read of a span may be incomplete. */
export interface Uncertainty {
  readonly code: 'total_unstable' | 'events_missing' | 'other_times' | 'not_events';
  /** One sentence. */
  readonly message: string;
}

export interface ReadingOptions {
  readonly api: Pick<XiqApi, 'logs'>;
  readonly type: LogType;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Complete reads of one span, at least 2. Default: 5. */
  readonly maxReadings?: number;
  /** The longest wait of one page for the request budget. Default: that of the API client. */
  readonly maxWaitMs?: number | undefined;
}

export interface Readings {
  /** The JSON of each event, without repetitions. */
  readonly texts: readonly string[];
  /** The total of the last page. */
  readonly totalCount: number;
  readonly readings: number;
  /** Events that were on two pages of one read; counted once in `texts`. */
  readonly repeated: number;
  /** Undefined: the read is complete. */
  readonly uncertainty: Uncertainty | undefined;
}

/** Limits the memory for a span that cannot be split further. */
const tooManyFactor = 10;

type Reading = NonNullable<Awaited<ReturnType<typeof readOnce>>>;

async function readOnce(options: ReadingOptions, span: LogSpan, limit: number, cuttable: boolean) {
  const ids = new Set<string>();
  const withId = new Set<string>();
  /** Events without a vendor id. All are kept, because equal ones may be different events. */
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
          `to ${new Date(span.toMs).toISOString()}: more than can be read at once. Exclude this span.`,
      );
    }
    for (const text of page.elements) {
      const id = text.startsWith('{') ? vendorId(text) : undefined;
      if (!text.startsWith('{')) notEvents++;
      else if (id === undefined) withoutId.push(text);
      else {
        if (ids.has(id)) repeated++;
        ids.add(id);
        // Another text with the same id may be another event: keep both.
        withId.add(text);
      }
    }
  }
  return { ids, withId: [...withId], withoutId, notEvents, repeated, totalCount, moved };
}

function uncertaintyOf({ totalCount, notEvents }: Reading, stable: boolean, read: number): Uncertainty | undefined {
  if (read < totalCount) {
    const message = `ExtremeCloud IQ counts ${totalCount} events, but its pages have only ${read}.`;
    return { code: 'events_missing', message };
  }
  if (!stable) {
    const message = `The number of events changed with each read, last to ${totalCount}.`;
    return { code: 'total_unstable', message };
  }
  if (notEvents === 0) return undefined;
  return {
    code: 'not_events',
    message: `${notEvents} of ${totalCount} entries are not JSON objects and were skipped.`,
  };
}

/**
 * Reads the span until two reads in a row have the same total and all events were read. Undefined if it has more than
 * `limit` events and is `cuttable`. Rejects with a ConnectorError, or with the signal's reason when it fires.
 */
export async function readUntilStable(
  options: ReadingOptions,
  span: LogSpan,
  limit: number,
  cuttable: boolean,
): Promise<Readings | undefined> {
  const maxReadings = Math.max(2, options.maxReadings ?? 5);
  /** From all reads: an event that one read missed because a page shifted is in another. */
  const texts = new Set<string>();
  const ids = new Set<string>();
  let previousTotal: number | undefined;
  let repeated = 0;
  for (let readings = 1; ; readings++) {
    // The second read follows immediately: a final log does not change.
    if (readings > 2) await pause(options.clock, 1_000 * 2 ** (readings - 3), options.signal);
    const reading = await readOnce(options, span, limit, cuttable && readings === 1);
    if (reading === undefined) return undefined;
    for (const text of reading.withId) texts.add(text);
    for (const id of reading.ids) ids.add(id);
    repeated += reading.repeated;
    const others = reading.withoutId.length + reading.notEvents;
    const { totalCount } = reading;
    const stable = !reading.moved && previousTotal === totalCount;
    const isWhole = reading.ids.size + others === totalCount || ids.size + others === totalCount;
    if ((stable && isWhole) || readings >= maxReadings) {
      const read = Math.max(reading.ids.size, ids.size) + others;
      const uncertainty = uncertaintyOf(reading, stable && isWhole, read);
      return { texts: [...texts, ...reading.withoutId], totalCount, readings, repeated, uncertainty };
    }
    previousTotal = totalCount;
  }
}
