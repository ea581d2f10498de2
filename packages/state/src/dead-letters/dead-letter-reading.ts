// Answers what is asked of the dead letters: from the index where that suffices, else from the log.
import type { DeadLetterReading, FoundDeadLetter, ListedDeadLetter, StoredDeadLetter } from './dead-letters.ts';
import { type RecordReader, recordReader } from './record-reader.ts';
import { decodeRecord } from './records.ts';
import type { ReadableLog, ScannedLog } from './scan-log.ts';

type ResolvedPlace = ReturnType<ScannedLog['state']['history']['from']> extends Iterable<infer Place> ? Place : never;

const maxPage = 1000;
const batchEntries = 100;
const batchBytes = 1024 * 1024;
/** An entry that was moved while it was looked for is looked for again so often. */
const maxLooks = 3;
const never = new AbortController().signal;

export function deadLetterReading(source: ReadableLog, scanned: ScannedLog): Omit<DeadLetterReading, 'close'> {
  const { state, unreadable } = scanned;
  const { index, history } = state;

  async function load(
    records: RecordReader,
    number: number,
    signal: AbortSignal,
  ): Promise<StoredDeadLetter | undefined> {
    for (let look = 0; look < maxLooks; look += 1) {
      const at = index.locate(number);
      if (at === undefined) return undefined;
      const body = await records.at(at, signal);
      const record = body && decodeRecord(body.bytes);
      if (record?.kind === 'entry' && (record.number ?? at) === number) return { number, ...record.letter };
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
    unreadable: () => unreadable,
    groups: index.groups,
    matching: index.matching,
    read,
    async get(number) {
      for await (const [entry] of read([number], never)) return entry;
      return undefined;
    },
    async find(sequence, element) {
      const open = index.find(sequence, element);
      const words = new Map<number, Pick<FoundDeadLetter, 'message'>>();
      for await (const batch of read(
        open.map(({ number }) => number),
        never,
      )) {
        for (const { number, message } of batch) if (message !== undefined) words.set(number, { message });
      }
      const found = open.map(({ dataset: _, ...entry }) => ({ ...entry, ...words.get(entry.number) }));
      return [...found, ...history.find(sequence, element)];
    },
    *undelivered(fromSequence) {
      yield* index.from(fromSequence);
      // Dropped once, and delivered by a job later: the last word counts.
      const last = new Map<string, ResolvedPlace>();
      for (const place of history.from(fromSequence)) {
        const key = `${place.sequence} ${place.element} ${place.destination}`;
        if ((last.get(key)?.resolved.atMs ?? 0) <= place.resolved.atMs) last.set(key, place);
      }
      for (const place of last.values()) if (place.resolved.how === 'dropped') yield place;
    },
    async list(filter, { after = 0, limit }) {
      const matching = index.matching(filter);
      const from = matching.findIndex((number) => number > after);
      const size = Math.max(1, Math.min(limit, maxPage));
      const numbers = from < 0 ? [] : matching.slice(from, from + size);
      const entries: ListedDeadLetter[] = [];
      for await (const batch of read(numbers, never)) entries.push(...batch.map(({ json: _, ...entry }) => entry));
      const last = numbers.at(-1);
      const isEnd = last === undefined || last === matching.at(-1);
      return { entries, matched: matching.length, ...(isEnd ? {} : { next: last }) };
    },
  };
}
