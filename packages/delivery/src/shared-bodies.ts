// Parses and serializes the events of bodies once for all destinations that read in step.
import type { NormalizedEvent, StoredBody } from '@xiq-siem/core';
import type { DeliveryServices } from './services.ts';

/** An event with its JSON and its origin. */
export interface PreparedEvent extends NormalizedEvent {
  readonly sequence: number;
  readonly receipt: string;
  readonly source: string;
  /** When its body was received; epoch milliseconds. */
  readonly receivedAtMs: number;
  readonly json: string;
  /** UTF-8 bytes of `json`. */
  readonly bytes: number;
}

export interface SharedBodiesOptions extends Pick<DeliveryServices, 'normalize' | 'log'> {
  /** Maximum size of the cache. Slower destinations parse bodies again that are not in it. */
  readonly maxBytes: () => number;
}

interface Chunk {
  readonly events: readonly PreparedEvent[];
  readonly bytes: number;
  readonly ending: 'more' | 'end' | 'damaged';
}

/** A body that the fastest destination parses, chunk by chunk. */
interface SharedBody {
  readonly parser: Iterator<Chunk, void>;
  parsed: number;
  readonly chunks: Map<number, Chunk>;
  isCached: boolean;
}

/** Estimated memory of the objects of a cache entry, beside its text. */
const overheadBytes = 1024;
const chunkEvents = 64;
const chunkBytes = 262_144;

export type SharedBodies = ReturnType<typeof createSharedBodies>;

export function createSharedBodies({ normalize, maxBytes, log }: SharedBodiesOptions) {
  const bodies = new Map<number, SharedBody>();
  // A queue of cache entries. Those before `oldest` are removed, and cut off periodically.
  const cache: ({ readonly bytes: number; readonly drop: () => void } | undefined)[] = [];
  let oldest = 0;
  let cachedBytes = 0;

  const trim = () => {
    const allowed = maxBytes();
    for (let first = cache[oldest]; cachedBytes > allowed && first !== undefined; first = cache[++oldest]) {
      cachedBytes -= first.bytes;
      first.drop();
      cache[oldest] = undefined;
    }
    if (oldest > 1024 && oldest * 2 > cache.length) oldest -= cache.splice(0, oldest).length;
  };
  const addCacheEntry = (bytes: number, drop: () => void) => {
    cachedBytes += bytes;
    cache.push({ bytes, drop });
    trim();
  };

  function* parse(body: StoredBody): Generator<Chunk, void> {
    let events: PreparedEvent[] = [];
    let bytes = 0;
    try {
      for (const event of normalize(body)) {
        const prepared = prepare(event, body);
        if (events.length >= chunkEvents || bytes >= chunkBytes) {
          yield { events, bytes, ending: 'more' };
          events = [];
          bytes = 0;
        }
        events.push(prepared);
        bytes += prepared.bytes;
      }
    } catch (error) {
      log.error('delivery.normalize_failed', { sequence: body.sequence, receipt: body.receipt, error: String(error) });
      yield { events, bytes, ending: 'damaged' };
      return;
    }
    yield { events, bytes, ending: 'end' };
  }

  const share = (body: StoredBody): SharedBody => {
    const known = bodies.get(body.sequence);
    if (known !== undefined) return known;
    const created: SharedBody = { parser: parse(body), parsed: 0, chunks: new Map(), isCached: true };
    bodies.set(body.sequence, created);
    addCacheEntry(body.bytes.length + overheadBytes, () => {
      created.isCached = false;
      bodies.delete(body.sequence);
    });
    return created;
  };

  const parseNext = (shared: SharedBody): Chunk => {
    const chunk = nextChunk(shared.parser);
    const number = shared.parsed++;
    if (shared.isCached) {
      shared.chunks.set(number, chunk);
      // A document uses about as much memory as its JSON.
      addCacheEntry(2 * chunk.bytes + overheadBytes, () => shared.chunks.delete(number));
    }
    return chunk;
  };

  function openBody(body: StoredBody) {
    const shared = share(body);
    let ownParser: Iterator<Chunk, void> | undefined;
    let chunk: Chunk = { events: [], bytes: 0, ending: 'more' };
    let chunkNumber = 0;
    let nextEvent = 0;
    const advance = (): Chunk => {
      const number = chunkNumber++;
      if (ownParser !== undefined) return nextChunk(ownParser);
      const cached = shared.chunks.get(number);
      if (cached !== undefined) return cached;
      if (shared.parsed === number) return parseNext(shared);
      ownParser = parse(body);
      for (let skipped = 0; skipped < number; skipped++) nextChunk(ownParser);
      return nextChunk(ownParser);
    };
    function takeNextEvent(): PreparedEvent | 'end' | 'damaged' {
      for (;;) {
        const event = chunk.events[nextEvent];
        if (event !== undefined) {
          nextEvent++;
          return event;
        }
        if (chunk.ending !== 'more') return chunk.ending;
        chunk = advance();
        nextEvent = 0;
      }
    }
    return {
      /** The next event of the body. `damaged`: the remaining events could not be normalized. */
      next: takeNextEvent,
    };
  }

  return {
    /** Removes cache entries beyond `maxBytes`. */
    trim,
    /** Bytes in the cache. */
    cachedBytes: () => cachedBytes,
    /** Opens a body to read its events. */
    open: openBody,
  };
}

function nextChunk(parser: Iterator<Chunk, void>): Chunk {
  const next = parser.next();
  return next.done ? { events: [], bytes: 0, ending: 'end' } : next.value;
}

function prepare(event: NormalizedEvent, body: StoredBody): PreparedEvent {
  const json = JSON.stringify(event.document);
  return {
    ...event,
    json,
    bytes: Buffer.byteLength(json),
    sequence: body.sequence,
    receipt: body.receipt,
    source: body.metadata.source,
    receivedAtMs: body.metadata.receivedAtMs,
  };
}
