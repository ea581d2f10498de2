// Packs fetched events into bodies for the journal.
import type { LogEvent } from '../rest/log-reader.ts';

/**
 * A body is a JSON array of events as they were sent. Before an event that is not the first of its key stands its number
 * (`[{…},2,{…}]`), so that its id does not depend on skipped events or on the end of a body. `events` must have the order
 * of a `LogReader`. An event larger than `maxBytes` has a body of its own. Append a body with origin `rest` and the
 * message type of the log.
 */
export function* restBodies(events: Iterable<LogEvent>, { maxBytes = 1_048_576, maxEvents = 500 } = {}) {
  let items: string[] = [];
  let packed: LogEvent[] = [];
  // The brackets. Each item includes its comma.
  let bytes = 2;
  const take = () => {
    const body = { bytes: Buffer.from(`[${items.join()}]`), events: packed };
    items = [];
    packed = [];
    bytes = 2;
    return body;
  };
  for (const event of events) {
    const item = event.occurrence === 1 ? event.text : `${event.occurrence},${event.text}`;
    const size = Buffer.byteLength(item) + 1;
    if (packed.length > 0 && (packed.length >= maxEvents || bytes + size > maxBytes)) yield take();
    items.push(item);
    packed.push(event);
    bytes += size;
  }
  if (packed.length > 0) yield take();
}
