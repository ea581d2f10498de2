// Answers what is asked of the dead letters: from the index where that suffices, else from the log.
import type { BodyReader, JournalEntry, KeptBody } from '@xiq-siem/core';
import type { DeadLetterState, ReadableLog } from './dead-letter-state.ts';
import type { DeadLetterReading, ListedDeadLetter, ResolvedDeadLetter, StoredDeadLetter } from './dead-letters.ts';
import { decodeRecord } from './records.ts';

type RecordReader = ReturnType<typeof recordReader>;

const maxPage = 1000;
const batchEntries = 100;
const batchBytes = 1024 * 1024;
/** Tries to find an entry that was moved meanwhile. */
const maxTries = 3;
const never = new AbortController().signal;

export function deadLetterReading(source: ReadableLog, state: DeadLetterState): Omit<DeadLetterReading, 'close'> {
  const { index, history } = state;

  async function load(records: RecordReader, number: number, signal: AbortSignal) {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const at = index.locate(number);
      if (at === undefined) return undefined;
      const body = await records.at(at, signal);
      const record = body && decodeRecord(body.bytes);
      if (record?.kind === 'entry' && (record.number ?? at) === number) return { number, ...record.deadLetter };
    }
    return undefined;
  }

  async function* read(numbers: Iterable<number>, signal: AbortSignal): AsyncGenerator<readonly StoredDeadLetter[]> {
    const records = recordReader(source.reader);
    try {
      let batch: StoredDeadLetter[] = [];
      let bytes = 0;
      for (const number of numbers) {
        const entry = await load(records, number, signal);
        if (signal.aborted) return;
        if (entry === undefined) continue;
        batch.push(entry);
        bytes += entry.json.length;
        if (batch.length < batchEntries && bytes < batchBytes) continue;
        yield batch;
        batch = [];
        bytes = 0;
      }
      if (batch.length > 0) yield batch;
    } finally {
      await records.close();
    }
  }

  return {
    counts: state.counts,
    unreadable: state.unreadable,
    groups: index.groups,
    matching: index.matching,
    read,
    async get(number) {
      for await (const [entry] of read([number], never)) return entry;
      return undefined;
    },
    async find(sequence, element) {
      const open = index.find(sequence, element);
      const numbers = open.map(({ number }) => number);
      const messages = new Map<number, string | undefined>();
      for await (const batch of read(numbers, never)) {
        for (const { number, message } of batch) messages.set(number, message);
      }
      const found = open.map(({ dataset: _, ...entry }) => ({ ...entry, message: messages.get(entry.number) }));
      return [...found, ...history.find(sequence, element)];
    },
    *undelivered(fromSequence) {
      yield* index.from(fromSequence);
      // Dropped once, and delivered by a job later: the last resolution counts.
      const last = new Map<string, ResolvedDeadLetter>();
      for (const one of history.from(fromSequence)) {
        const key = `${one.sequence} ${one.element} ${one.destination}`;
        if ((last.get(key)?.resolved.atMs ?? 0) <= one.resolved.atMs) last.set(key, one);
      }
      for (const one of last.values()) if (one.resolved.how === 'dropped') yield one;
    },
    async list(filter, { after = 0, limit }) {
      const matching = index.matching(filter);
      const from = matching.findIndex((number) => number > after);
      const size = Math.max(1, Math.min(limit, maxPage));
      const numbers = from < 0 ? [] : matching.slice(from, from + size);
      const entries: ListedDeadLetter[] = [];
      for await (const batch of read(numbers, never)) entries.push(...batch.map(({ json: _, ...entry }) => entry));
      const last = numbers.at(-1);
      const page = { entries, matched: matching.length };
      return last === undefined || last === matching.at(-1) ? page : { ...page, next: last };
    },
  };
}

interface OpenReader {
  readonly reader: BodyReader;
  waiting: JournalEntry[];
  /** The sequence that comes next. */
  next: number;
}

const maxReaders = 8;
/** Reading over so many records is cheaper than to begin anew within a segment. */
const maxSkipped = 4096;
const portion = { maxBodies: 64, maxBytes: 1024 * 1024 };

/**
 * Reads records of the log by their sequence. Entries that were moved stand in series of their own, each ascending: a few
 * readers that go forward meet them all.
 */
function recordReader(open: (fromSequence: number) => BodyReader) {
  /** The one that was used last stands last. */
  const readers: OpenReader[] = [];

  async function readerFor(sequence: number): Promise<OpenReader> {
    const near = readers
      .filter(({ next }) => next <= sequence && sequence - next <= maxSkipped)
      .reduce<OpenReader | undefined>(
        (best, one) => (best === undefined || one.next > best.next ? one : best),
        undefined,
      );
    if (near !== undefined) readers.splice(readers.indexOf(near), 1);
    else if (readers.length === maxReaders) await readers.shift()?.reader.close();
    const chosen = near ?? { reader: open(sequence), waiting: [], next: sequence };
    readers.push(chosen);
    return chosen;
  }

  return {
    /** None where it is lost or removed, or `signal` has fired. Must be a sequence below the tail. */
    async at(sequence: number, signal: AbortSignal): Promise<KeptBody | undefined> {
      const from = await readerFor(sequence);
      while (from.next <= sequence) {
        if (from.waiting.length === 0) {
          // Reversed, so that taking one does not move the others.
          from.waiting = [...(await from.reader.read(portion, signal))].reverse();
          if (from.waiting.length === 0) return undefined;
        }
        const entry = from.waiting.pop();
        if (entry?.kind === 'lost') from.next = entry.span.toSequence + 1;
        if (entry?.kind !== 'body') continue;
        from.next = entry.body.sequence + 1;
        if (entry.body.sequence === sequence) return entry.body;
      }
      return undefined;
    },
    async close(): Promise<void> {
      for (const { reader } of readers.splice(0)) await reader.close();
    },
  };
}
