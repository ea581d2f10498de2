// The bodies that fetched events are kept in.
import type { LogEvent } from '../rest/log-reader.ts';

/**
 * A body is a JSON array of events as they were sent. An event that is not the first of its key has the number that it
 * is before it (`[{…},2,{…}]`): so it keeps its id whatever else is left out, and wherever a body ends. Takes events in
 * the order that a `LogReader` gave them. An event larger than `maxBytes` has a body of its own. A body is to be kept with
 * origin `rest` and the message type of the log.
 */
export function* restBodies(events: Iterable<LogEvent>, { maxBytes = 1_048_576, maxEvents = 500 } = {}) {
  let items: string[] = [];
  let blocked: LogEvent[] = [];
  // The brackets; each item brings its comma.
  let bytes = 2;
  const take = () => {
    const body = { bytes: Buffer.from(`[${items.join()}]`), events: blocked };
    items = [];
    blocked = [];
    bytes = 2;
    return body;
  };
  for (const event of events) {
    const item = event.occurrence === 1 ? event.text : `${event.occurrence},${event.text}`;
    const size = Buffer.byteLength(item) + 1;
    if (blocked.length > 0 && (blocked.length >= maxEvents || bytes + size > maxBytes)) yield take();
    items.push(item);
    blocked.push(event);
    bytes += size;
  }
  if (blocked.length > 0) yield take();
}
