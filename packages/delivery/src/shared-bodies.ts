// Bodies as events, parsed and serialised once for all destinations that read in step.
import type { NormalizedEvent, StoredBody } from '@xiq-siem/core';
import type { DeliveryServices } from './services.ts';

/** An event as every destination is given it, and where it came from. */
export interface PreparedEvent extends NormalizedEvent {
  readonly sequence: number;
  readonly receipt: string;
  readonly source: string;
  /** Of its body; epoch milliseconds. */
  readonly receivedAtMs: number;
  readonly json: string;
  /** UTF-8 bytes of `json`. */
  readonly bytes: number;
}

export interface SharedBodiesOptions extends Pick<DeliveryServices, 'normalize' | 'log'> {
  /** Bytes of bodies and JSON that are kept now; what goes beyond is parsed again by whoever comes later. */
  readonly maxBytes: () => number;
}

interface Chunk {
  readonly events: readonly PreparedEvent[];
  readonly bytes: number;
  readonly ending: 'more' | 'end' | 'damaged';
}

/** A body that is being parsed, chunk by chunk, by whichever destination is ahead. */
interface SharedBody {
  readonly parser: Iterator<Chunk, void>;
  parsed: number;
  readonly chunks: Map<number, Chunk>;
  kept: boolean;
}

/** What a kept thing weighs beside its text: the objects around it. Measured, roughly. */
const overheadBytes = 1024;
const chunkEvents = 64;
const chunkBytes = 262_144;

export type SharedBodies = ReturnType<typeof createSharedBodies>;

export function createSharedBodies({ normalize, maxBytes, log }: SharedBodiesOptions) {
  const bodies = new Map<number, SharedBody>();
  // A queue: what stands before `oldest` is gone already, and cut off now and then.
  const kept: ({ readonly bytes: number; readonly drop: () => void } | undefined)[] = [];
  let oldest = 0;
  let keptBytes = 0;

  const trim = () => {
    const allowed = maxBytes();
    for (let first = kept[oldest]; keptBytes > allowed && first !== undefined; first = kept[++oldest]) {
      keptBytes -= first.bytes;
      first.drop();
      kept[oldest] = undefined;
    }
    if (oldest > 1024 && oldest * 2 > kept.length) oldest -= kept.splice(0, oldest).length;
  };
  const keep = (bytes: number, drop: () => void) => {
    keptBytes += bytes;
    kept.push({ bytes, drop });
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
    const made: SharedBody = { parser: parse(body), parsed: 0, chunks: new Map(), kept: true };
    bodies.set(body.sequence, made);
    keep(body.bytes.length + overheadBytes, () => {
      made.kept = false;
      bodies.delete(body.sequence);
    });
    return made;
  };

  const parseNext = (shared: SharedBody): Chunk => {
    const chunk = pull(shared.parser);
    const number = shared.parsed++;
    if (shared.kept) {
      shared.chunks.set(number, chunk);
      // A document weighs about as much as its JSON.
      keep(2 * chunk.bytes + overheadBytes, () => shared.chunks.delete(number));
    }
    return chunk;
  };

  return {
    /** Evicts what `maxBytes` no longer allows. */
    trim,
    /** Bytes that are kept for destinations to come. */
    keptBytes: () => keptBytes,
    open(body: StoredBody) {
      const shared = share(body);
      let own: Iterator<Chunk, void> | undefined;
      let chunk: Chunk = { events: [], bytes: 0, ending: 'more' };
      let nextChunk = 0;
      let nextEvent = 0;
      const advance = (): Chunk => {
        const number = nextChunk++;
        if (own !== undefined) return pull(own);
        const cached = shared.chunks.get(number);
        if (cached !== undefined) return cached;
        if (shared.parsed === number) return parseNext(shared);
        own = parse(body);
        for (let passed = 0; passed < number; passed++) pull(own);
        return pull(own);
      };
      return {
        /** The body's events in order. `damaged` ends it too: the rest could not be normalized. */
        next(): PreparedEvent | 'end' | 'damaged' {
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
        },
      };
    },
  };
}

function pull(parser: Iterator<Chunk, void>): Chunk {
  const next = parser.next();
  return next.done ? { events: [], bytes: 0, ending: 'end' } : next.value;
}

function prepare(event: NormalizedEvent, body: StoredBody): PreparedEvent {
  const json = JSON.stringify(event.document);
  freeze(event.document);
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

/** A plugin that writes to a document fails by itself, instead of changing what the others send. */
function freeze(value: object): void {
  Object.freeze(value);
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) freeze(inner);
  }
}
