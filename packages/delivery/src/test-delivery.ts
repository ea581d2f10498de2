// The fixture of the delivery tests: a journal in memory, scripted destinations, and the engine.
import type {
  Batch,
  BodyReader,
  DeliveryReport,
  Destination,
  DurablePosition,
  ItemVerdict,
  JournalEntry,
  NormalizedEvent,
  Position,
  StoredBody,
} from '@xiq-siem/core';
import { createManualClock, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { z } from 'zod';
import { type DeliveryInput, startDelivery } from './delivery.ts';
import { deliveryOptions } from './options.ts';
import type { ReplayStreamOptions } from './replay-stream.ts';
import type { DeadLetter, DeadLetterStore, DeliveryDestination, ParkedEvent, ParkedEvents } from './services.ts';

const bodyEvents = z.array(z.object({ id: z.string(), dataset: z.string() }));

export function body(sequence: number, ids: readonly string[], dataset = 'test.events', source = 'xiq'): StoredBody {
  return {
    sequence,
    receipt: `r1_${sequence}`,
    metadata: { source, origin: 'webhook', receivedAtMs: 0 },
    bytes: Buffer.from(JSON.stringify(ids.map((id) => ({ id, dataset })))),
  };
}

/** Bodies with `size` events each and ids `<sequence>.<element>`. */
export function bodies(count: number, size: number, from = 0): readonly StoredBody[] {
  return Array.from({ length: count }, (_, index) =>
    body(
      from + index,
      Array.from({ length: size }, (_, element) => `${from + index}.${element}`),
    ),
  );
}

export function* normalize({ bytes }: StoredBody): Generator<NormalizedEvent> {
  const events = bodyEvents.parse(JSON.parse(Buffer.from(bytes).toString()));
  for (const [element, { id, dataset }] of events.entries()) {
    yield { element, id, dataset, timeMs: 0, document: { event: { id, dataset } } };
  }
}

export interface MemoryJournal {
  append(...entries: readonly (StoredBody | JournalEntry)[]): void;
  readonly openReader: (fromSequence: number) => BodyReader;
  /** Number of bodies returned to readers. */
  reads(): number;
}

export function memoryJournal(...first: readonly (StoredBody | JournalEntry)[]): MemoryJournal {
  const entries: JournalEntry[] = [];
  const waiting = new Set<() => void>();
  let reads = 0;
  const journal: MemoryJournal = {
    append(...more) {
      for (const entry of more) entries.push('kind' in entry ? entry : { kind: 'body', body: entry });
      for (const wake of [...waiting]) wake();
    },
    reads: () => reads,
    openReader(fromSequence) {
      const lastOf = (entry: JournalEntry) => (entry.kind === 'body' ? entry.body.sequence : entry.span.toSequence);
      let at = entries.findIndex((entry) => lastOf(entry) >= fromSequence);
      if (at < 0) at = entries.length;
      return {
        async read({ maxBodies }, signal) {
          while (at >= entries.length && !signal.aborted) {
            await new Promise<void>((resolve) => {
              const wake = () => {
                waiting.delete(wake);
                resolve();
              };
              waiting.add(wake);
              signal.addEventListener('abort', wake, { once: true });
            });
          }
          if (signal.aborted) return [];
          const given = entries.slice(at, at + maxBodies);
          at += given.length;
          reads += given.length;
          return given;
        },
        close: async () => {},
      };
    },
  };
  journal.append(...first);
  return journal;
}

/** Opens readers of these bodies. They have an end. */
export function endingReader(kept: readonly StoredBody[]): (fromSequence: number) => BodyReader {
  return (fromSequence) => {
    const rest = kept.filter(({ sequence }) => sequence >= fromSequence);
    return {
      read: async ({ maxBodies }) => rest.splice(0, maxBodies).map((one) => ({ kind: 'body', body: one })),
      close: async () => {},
    };
  };
}

/** Options of a replay of these bodies. */
export function replayOptions(
  destinationName: string,
  kept: readonly StoredBody[],
  more: Partial<ReplayStreamOptions> = {},
): ReplayStreamOptions {
  const own = { position: memoryPosition(), deadLetters: memoryDeadLetters(), openReader: endingReader(kept) };
  const rules = { where: {}, pauseOnRejections: true };
  return { id: 'job-1', destination: destinationName, normalize, ...own, ...rules, ...more };
}

export const start: Position = {
  sequence: 0,
  settled: [],
  counters: { normalized: 0, delivered: 0, degraded: 0, duplicate: 0, deadLettered: 0, filtered: 0, damaged: 0 },
};

export interface MemoryPosition extends DurablePosition {
  readonly saves: readonly Position[];
}

export function memoryPosition(position: Position = start): MemoryPosition {
  const saves: Position[] = [];
  return {
    saves,
    get position() {
      return saves.at(-1) ?? position;
    },
    async save(saved) {
      saves.push(saved);
    },
    close: async () => {},
  };
}

/** The behavior of the plugin for one batch. It may return an invalid report, or throw. */
export type Script = (batch: Batch, call: number, signal: AbortSignal) => unknown;

export interface ScriptedDestination extends Destination {
  /** The ids of each batch. */
  readonly batches: readonly (readonly string[])[];
  /** Ids of delivered events, in order, including resends. */
  readonly taken: readonly string[];
  /** Maximum number of concurrent calls. */
  mostAtOnce(): number;
  closed(): number;
}

export function scripted(script: Script = deliverAll): ScriptedDestination {
  const batches: string[][] = [];
  const taken: string[] = [];
  let atOnce = 0;
  let most = 0;
  let closed = 0;
  return {
    batches,
    taken,
    mostAtOnce: () => most,
    closed: () => closed,
    async deliver(batch, signal) {
      batches.push(batch.items.map(({ id }) => id));
      most = Math.max(most, ++atOnce);
      try {
        const report = (await script(batch, batches.length, signal)) as DeliveryReport;
        if (typeof report === 'object' && 'items' in report && Array.isArray(report.items)) {
          for (const item of report.items) {
            const id = batch.items[item?.index]?.id;
            if (item?.verdict === 'delivered' && id !== undefined) taken.push(id);
          }
        }
        return report;
      } finally {
        atOnce--;
      }
    },
    async close() {
      closed++;
    },
  };
}

export const deliverAll: Script = (batch) => each(batch, () => ({ verdict: 'delivered' }));

type VerdictOnly = ItemVerdict extends infer Item ? (Item extends ItemVerdict ? Omit<Item, 'index'> : never) : never;

export function each(batch: Batch, verdict: (id: string, index: number) => VerdictOnly): unknown {
  return { items: batch.items.map(({ id, index }) => ({ index, ...verdict(id, index) })) };
}

export interface MemoryDeadLetters extends DeadLetterStore {
  readonly entries: readonly DeadLetter[];
  full: boolean;
}

export function memoryDeadLetters(): MemoryDeadLetters {
  const entries: DeadLetter[] = [];
  return {
    entries,
    full: false,
    async append(entry) {
      entries.push(entry);
    },
  };
}

export interface MemoryQueue extends DeadLetterStore, ParkedEvents {
  /** Dead letters and parked events that are not resolved. */
  entries(): readonly ParkedEvent[];
  readonly resolved: readonly string[];
  hasParkingCapacity: boolean;
  /** Entries are stored, and then the call fails, as in a crash. */
  failsAfterAppend: boolean;
}

/** A dead-letter queue with parked events. It stays over a restart. */
export function memoryQueue(): MemoryQueue {
  const stored = new Map<string, ParkedEvent>();
  const resolved: string[] = [];
  let last = 0;
  const keyOf = ({ destination, sequence, element }: DeadLetter) => `${destination} ${sequence} ${element}`;
  const find = (number: number) => [...stored.values()].find((one) => one.number === number);
  const queue: MemoryQueue = {
    full: false,
    hasParkingCapacity: true,
    failsAfterAppend: false,
    resolved,
    entries: () => [...stored.values()],
    async append(entry) {
      stored.set(keyOf(entry), { ...entry, number: stored.get(keyOf(entry))?.number ?? ++last });
      if (queue.failsAfterAppend) throw new Error('killed');
    },
    async readParked(destination, after, { maxEvents }) {
      const entries = [...stored.values()]
        .filter((one) => one.parked === true && one.destination === destination && one.number > after)
        .sort((one, other) => one.number - other.number)
        .slice(0, maxEvents);
      return { entries, next: entries.at(-1)?.number };
    },
    async resolve(numbers) {
      for (const number of numbers) {
        const entry = find(number);
        if (entry === undefined) continue;
        stored.delete(keyOf(entry));
        resolved.push(entry.id);
      }
    },
    async replace(number, entry) {
      if (find(number) !== undefined) stored.set(keyOf(entry), { ...entry, number: ++last });
    },
    async keepParked(entries) {
      for (const entry of entries) if (find(entry.number) !== undefined) stored.set(keyOf(entry), entry);
    },
    storedFrom: async (destination, sequence) =>
      [...stored.values()].filter((one) => one.destination === destination && one.sequence >= sequence),
  };
  return queue;
}

/** The destination has taken events before. */
const proven = { proven: true, onProven() {} };

export function destination(
  name: string,
  plugin: Destination,
  options: z.input<typeof deliveryOptions> = {},
  more: Partial<DeliveryDestination> = {},
): DeliveryDestination {
  const definition = { type: 'scripted', assurance: 'stored' as const, codes: ['down', 'bad', 'busy', 'large'] };
  const parsed = deliveryOptions.parse(options);
  return {
    name,
    destination: plugin,
    definition,
    options: parsed,
    position: memoryPosition(),
    settings: proven,
    ...more,
  };
}

export function fixture(
  journal: MemoryJournal,
  destinations: readonly DeliveryDestination[],
  more: Partial<DeliveryInput> = {},
) {
  const clock = createManualClock();
  const log = createRecordingLogger();
  const meter = createRecordingMeter();
  const deadLetters = memoryDeadLetters();
  const isJournalHalfUsed = () => false;
  const services = { clock, log, meter, deadLetters, normalize, openReader: journal.openReader, isJournalHalfUsed };
  const redact = (text: string) => text.replaceAll('hunter2', '[secret]');
  const delivery = startDelivery({ ...services, redact, random: () => 0.5, eventsPerTurn: 256, destinations, ...more });
  const statusOf = (name: string) => {
    const status = delivery.status().find((one) => one.name === name);
    if (status === undefined) throw new Error(`no destination ${name}`);
    return status;
  };
  return { clock, log, meter, deadLetters, delivery, statusOf };
}
