// The bodies that fetched events are kept in.
import type { LogEvent } from './log-reader.ts';

export interface RestBodyLimits {
  /** 1 MiB where it is not said; an event larger than this has a body of its own. */
  readonly maxBytes?: number;
  /** Events of a body; 500 where it is not said. */
  readonly maxEvents?: number;
}

export interface RestBody {
  /** To be kept with origin `rest` and the message type of the log. */
  readonly bytes: Buffer;
  readonly events: readonly LogEvent[];
}

/**
 * A body is a JSON array of events as they were sent. An event that is not the first of its key has the number that it
 * is before it (`[{…},2,{…}]`): so it keeps its id whatever else is left out, and wherever a body ends. Takes events in
 * the order that a `LogReader` gave them.
 */
export function* restBodies(
  events: Iterable<LogEvent>,
  { maxBytes = 1_048_576, maxEvents = 500 }: RestBodyLimits = {},
): Generator<RestBody> {
  let items: string[] = [];
  let held: LogEvent[] = [];
  // The brackets; each item brings its comma.
  let bytes = 2;
  const take = (): RestBody => {
    const body = { bytes: Buffer.from(`[${items.join()}]`), events: held };
    items = [];
    held = [];
    bytes = 2;
    return body;
  };
  for (const event of events) {
    const item = event.occurrence === 1 ? event.text : `${event.occurrence},${event.text}`;
    const size = Buffer.byteLength(item) + 1;
    if (held.length > 0 && (held.length >= maxEvents || bytes + size > maxBytes)) yield take();
    items.push(item);
    held.push(event);
    bytes += size;
  }
  if (held.length > 0) yield take();
}
