// A log in memory that skips sequences, for tests of code that reads a log, and of the conformance suite.
import {
  type BodyLog,
  type BodyMetadata,
  ConnectorError,
  type DurablePosition,
  type FoundBody,
  initialPosition,
  type LostSpan,
  type Position,
  type PositionOptions,
  type RetentionGap,
} from '@xiq-siem/core';
import { type ModelBody, modelReader } from './model-log-reader.ts';

export interface ModelLogOptions {
  /** The sequence of the n-th body, from 0 on. It must increase. */
  readonly sequenceOf?: (ordinal: number) => number;
  /** Maximum bytes of stored bodies. */
  readonly capacityBytes?: number;
  /** A fault: bodies are acknowledged and readable one turn of the event loop before they are durable. */
  readonly acknowledgesEarly?: boolean;
}

/** The storage of the log. */
export interface ModelLogStore {
  /** Opens the log. Call it again only after `kill`, or when the log is closed. */
  open(): BodyLog;
  /** Stops the open log: its pending appends and saves never end. */
  kill(): void;
  /** Makes the bodies of these sequences unreadable. */
  damage(sequences: readonly number[]): void;
}

interface SavedPosition {
  readonly position: Position;
  readonly whenFull: PositionOptions['whenFull'];
}

interface Waiting {
  readonly metadata: BodyMetadata;
  readonly bytes: Uint8Array;
  resolve(receipt: string): void;
  reject(error: ConnectorError): void;
}

/** 10, 20, 21, 40, 50, 60, 61, 80, … */
export function sequenceWithHoles(ordinal: number): number {
  return 40 * Math.floor(ordinal / 4) + ([10, 20, 21, 40][ordinal % 4] ?? 0);
}

let stores = 0;

export function modelLog(options: ModelLogOptions = {}): ModelLogStore {
  const { sequenceOf = sequenceWithHoles, capacityBytes = Number.POSITIVE_INFINITY, acknowledgesEarly } = options;
  const prefix = `m${++stores}_`;
  const bodies: ModelBody[] = [];
  const saved = new Map<string, SavedPosition>();
  let gaps: readonly RetentionGap[] = [];
  /** Number of bodies that survive a kill. */
  let durable = 0;
  let current = {};

  const nextSequence = (): number => sequenceOf(bodies.length);
  const firstSequence = (): number => bodies.find(({ state }) => state !== 'removed')?.sequence ?? nextSequence();
  const countBodies = (from: number, to = Number.POSITIVE_INFINITY): number =>
    bodies.filter(({ sequence }) => sequence >= from && sequence <= to).length;
  const bytesFrom = (from: number): number =>
    bodies.reduce((sum, { sequence, state, bytes }) => {
      return sequence < from || state === 'removed' ? sum : sum + bytes.length;
    }, 0);

  /** The destinations that have not settled a body; undefined if it must not be removed. */
  function destinationsWithGapIfRemoved({ sequence }: ModelBody): readonly string[] | undefined {
    const unsettled = [...saved].filter(([, { position }]) => !isSettled(position, sequence));
    const mustStay = unsettled.length === saved.size || unsettled.some(([, { whenFull }]) => whenFull === 'hold');
    return mustStay ? undefined : unsettled.map(([destination]) => destination);
  }

  /** The oldest bodies to remove for so many bytes; undefined if they must not be removed. */
  function bodiesToRemove(bytes: number): readonly ModelBody[] | undefined {
    const removed: ModelBody[] = [];
    let used = bytesFrom(0) + bytes;
    for (const body of bodies) {
      if (used <= capacityBytes) break;
      if (body.state === 'removed') continue;
      if (destinationsWithGapIfRemoved(body) === undefined) return undefined;
      used -= body.bytes.length;
      removed.push(body);
    }
    return used <= capacityBytes ? removed : undefined;
  }

  function openLog(): BodyLog {
    const opened = current;
    const isOver = (): boolean => current !== opened;
    const owners = new Map<string, object>();
    const evictedSpans: LostSpan[] = [];
    const seenDamage = new Map<number, LostSpan>();
    const wakeups = new Set<() => void>();
    let waiting: Waiting[] = [];
    let closed: Promise<void> | undefined;
    let rejectedBytes: number | undefined;

    function removeBody(body: ModelBody): void {
      const { sequence, bytes } = body;
      const unsettled = destinationsWithGapIfRemoved(body) ?? [];
      body.state = 'removed';
      const span = { fromSequence: sequence, toSequence: sequence, bodies: 1, bytes: bytes.length };
      if (unsettled.length > 0) evictedSpans.push({ ...span, reason: 'evicted', where: 'the model was full' });
      gaps = [...gaps, ...unsettled.map((destination) => ({ destination, ...span, lastAtMs: 0 }))];
    }

    function storeBody({ metadata, bytes, resolve, reject }: Waiting): void {
      const toRemove = bodiesToRemove(bytes.length);
      if (toRemove === undefined) {
        rejectedBytes = bytes.length;
        reject(new ConnectorError('journal_full', 'the model is full'));
        return;
      }
      for (const body of toRemove) removeBody(body);
      const sequence = sequenceOf(bodies.length);
      const receipt = `${prefix}${sequence}`;
      bodies.push({ sequence, receipt, metadata, bytes, state: 'stored' });
      if (acknowledgesEarly) setImmediate(makeDurable);
      else makeDurable();
      for (const wake of [...wakeups]) wake();
      resolve(receipt);
    }

    function makeDurable(): void {
      if (!isOver()) durable = bodies.length;
    }

    /** Stores all waiting bodies in one turn, as a group commit does. */
    function flush(): void {
      if (isOver()) return;
      const group = waiting;
      waiting = [];
      for (const one of group) storeBody(one);
    }

    const readingFrom = modelReader({
      bodies,
      nextSequence,
      wakeups,
      isClosed: () => closed !== undefined || isOver(),
      onDamage: (span) => void seenDamage.set(span.fromSequence, span),
    });
    function appendBody(metadata: BodyMetadata, bytes: Uint8Array): Promise<string> {
      if (closed !== undefined) return Promise.reject(new ConnectorError('journal_closed', 'the model is closed'));
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ metadata: { ...metadata }, bytes: Uint8Array.from(bytes), resolve, reject });
      });
    }

    async function findBody(receipt: string): Promise<FoundBody> {
      const body = bodies.find((one) => one.receipt === receipt);
      if (body === undefined) return { kind: 'unknown' };
      if (body.state === 'removed') return { kind: 'removed', sequence: body.sequence };
      const [entry] = await readingFrom(body.sequence).read(
        { maxBodies: 1, maxBytes: 1 },
        new AbortController().signal,
      );
      return entry ?? { kind: 'unknown' };
    }

    async function openPosition(destination: string, { startAt, whenFull }: PositionOptions): Promise<DurablePosition> {
      if (owners.has(destination)) throw new Error(`the position of "${destination}" is already open`);
      const owner = {};
      owners.set(destination, owner);
      const start = initialPosition(startAt === 'now' ? nextSequence() : firstSequence());
      const positionNow = (): Position => saved.get(destination)?.position ?? start;
      saved.set(destination, { position: positionNow(), whenFull });
      return {
        get position() {
          return positionNow();
        },
        async save(position) {
          if (isOver()) return new Promise(() => {});
          if (owners.get(destination) !== owner) {
            throw new ConnectorError('position_failed', `the position of "${destination}" was released`);
          }
          saved.set(destination, { position, whenFull });
        },
        close: async () => {},
      };
    }

    function closeLog(): Promise<void> {
      closed ??= Promise.resolve().then(() => {
        flush();
        for (const wake of [...wakeups]) wake();
      });
      return closed;
    }

    return {
      append: appendBody,
      find: findBody,
      position: openPosition,
      close: closeLog,
      acceptance() {
        if (closed !== undefined) return { ok: false, code: 'journal_closed', message: 'the model is closed' };
        if (rejectedBytes !== undefined && bodiesToRemove(rejectedBytes) === undefined) {
          return { ok: false, code: 'journal_full', message: 'the model is full' };
        }
        return { ok: true };
      },
      usage: () => bytesFrom(0) / capacityBytes,
      extent: () => ({
        firstSequence: firstSequence(),
        nextSequence: nextSequence(),
        bodies: countBodies(firstSequence()),
        bytes: bytesFrom(0),
        hasRemoved: bodies.some(({ state }) => state === 'removed'),
      }),
      countBodies,
      bytesFrom,
      reader: readingFrom,
      async sequenceAt(atMs, signal) {
        signal.throwIfAborted();
        const found = bodies.find(({ state, metadata }) => state === 'stored' && metadata.receivedAtMs >= atMs);
        return found?.sequence ?? nextSequence();
      },
      releasePosition: async (destination) => void owners.delete(destination),
      positions: () => new Map([...saved].map(([destination, { position }]) => [destination, position])),
      orphanedPositions: async () => [...saved.keys()].filter((destination) => !owners.has(destination)).sort(),
      async forgetPosition(destination) {
        if (owners.has(destination)) throw new Error(`the destination "${destination}" is in use`);
        saved.delete(destination);
      },
      lostSpans: () => [...evictedSpans, ...seenDamage.values()],
      retentionGaps: () => gaps,
      async acknowledgeGaps(destination, toSequence) {
        gaps = gaps.filter((gap) => gap.destination !== destination || gap.toSequence > toSequence);
      },
    };
  }

  return {
    open: openLog,
    kill() {
      current = {};
      bodies.length = durable;
    },
    damage(sequences) {
      for (const body of bodies) if (sequences.includes(body.sequence)) body.state = 'damaged';
    },
  };
}

function isSettled({ sequence, settled }: Position, at: number): boolean {
  if (at < sequence) return true;
  return settled.some((one) => one.elements === 'all' && at >= one.sequence && at <= (one.toSequence ?? one.sequence));
}
