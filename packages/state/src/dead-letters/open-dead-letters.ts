// Opens the store of dead letters: a log of their own in the journal's format, from which only resolved ones are removed.
import { join } from 'node:path';
import { ConnectorError, type Logger, oneAtATime } from '@xiq-siem/core';
import { type JournalOptions, nodeFiles, openJournal, openJournalSnapshot, parseReceipt } from '@xiq-siem/journal';
import { deadLetterReading } from './dead-letter-reading.ts';
import { readState, recordOverheadBytes } from './dead-letter-state.ts';
import type { DeadLetterReading, DeadLetters } from './dead-letters.ts';
import type { EntryIndex } from './entry-index.ts';
import { type DeadLetterRecord, encodeRecord, maxResolvedAtOnce, type ResolutionRecord } from './records.ts';
import { createUpkeep } from './upkeep.ts';

/** The position that holds every entry until it is resolved. */
const holder = 'dead-letters';
const maxSegmentBytes = 8 * 1024 * 1024;
const minSegmentBytes = 16 * 1024;

export interface DeadLetterOptions extends Omit<JournalOptions, 'directory' | 'retainForMs'> {
  /** The first body that the journal of bodies still holds: what became of entries of earlier ones is forgotten. */
  readonly firstBody?: () => number;
}

/**
 * `directory` is their place in the data directory. Full means full: an `append` then rejects with `journal_full`, and
 * its destination waits. A sixteenth of `maxBytes` is kept back, so that a full store can still be emptied.
 */
export async function openDeadLetters(directory: string, options: DeadLetterOptions): Promise<DeadLetters> {
  const { maxBytes, now, log, files = nodeFiles, firstBody = () => 0 } = options;
  for (const name of ['journal', 'positions', 'quarantine']) await files.makeDirectory(join(directory, name));
  const max = maxBytes - Math.floor(maxBytes / 16);
  const segmentBytes = Math.min(
    options.segmentBytes,
    maxSegmentBytes,
    Math.max(Math.floor(maxBytes / 32), minSegmentBytes),
  );
  // The size is ours to bound: a journal at its own bound, as after a smaller `maxBytes` was configured, would not take
  // the resolutions either, by which it is emptied.
  const journal = await openJournal({
    ...options,
    directory,
    segmentBytes,
    maxBytes: Number.MAX_SAFE_INTEGER,
    retainForMs: 0,
  });
  const [position, state] = await Promise.all([
    journal.position(holder, { startAt: 'earliest', whenFull: 'hold' }),
    readState(journal, log),
  ]).catch(async (error: unknown) => {
    await journal.close();
    throw error;
  });
  const { index, history } = state;

  /** Bytes of records that are being written, and of the last entry that was refused. */
  let pendingBytes = 0;
  let refusedBytes = 0;
  /** For each record that is being written, oldest first, a sequence that it will not be below. */
  const pending = new Set<{ readonly from: number }>();
  const used = (): number => journal.extent().bytes + pendingBytes;

  /** Resolves with the record's sequence once it is synced and counted. */
  async function write(record: DeadLetterRecord): Promise<number> {
    const payload = encodeRecord(record);
    const bytes = payload.length + recordOverheadBytes;
    const mine = { from: journal.extent().nextSequence };
    pending.add(mine);
    pendingBytes += bytes;
    try {
      const metadata = { source: holder, messageType: record.kind, origin: 'self', receivedAtMs: now() } as const;
      const receipt = parseReceipt(await journal.append(metadata, payload));
      if (receipt === undefined) throw new ConnectorError('journal_failed', 'a journal gave an invalid receipt');
      state.apply(record, receipt.sequence, payload.length);
      return receipt.sequence;
    } finally {
      pendingBytes -= bytes;
      pending.delete(mine);
    }
  }

  const exclusively = oneAtATime();
  let waiting: (() => Promise<void>)[] = [];

  /** As `exclusively`, but together with others that were given so while they wait for their turn. */
  function together(work: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.push(() => work().then(resolve, reject));
    if (waiting.length === 1) {
      void exclusively(async () => {
        const all = waiting;
        waiting = [];
        await Promise.all(all.map((one) => one()));
      });
    }
    return promise;
  }

  const upkeep = createUpkeep({
    journal,
    position,
    state,
    log,
    segmentBytes,
    exclusively,
    write,
    forget: () => history.forget(firstBody(), maxBytes / 32),
    firstPending: () => pending.values().next().value?.from ?? Number.POSITIVE_INFINITY,
    isTight: () => used() + refusedBytes > (max / 4) * 3,
  });
  void upkeep.check();

  return {
    ...deadLetterReading(journal, state),
    get full() {
      return !journal.acceptance().ok || used() + refusedBytes > max;
    },
    bytes: () => ({ used: journal.extent().bytes, max }),
    async append(deadLetter, from) {
      // Stored before a crash, and not counted as settled: the same event again.
      const number = index.numberOf(deadLetter);
      const bytes = deadLetter.json.length + recordOverheadBytes;
      if (used() + bytes > max) {
        refusedBytes = bytes;
        void upkeep.check();
        const text = `the dead letters take ${used()} of ${max} bytes, and none is let go unseen: retry or drop some of them, or raise deadLetters.maxBytes`;
        throw new ConnectorError('journal_full', text);
      }
      await write({ kind: 'entry', number, replaces: undefined, from, deadLetter });
      refusedBytes = 0;
      if (number !== undefined) void upkeep.check();
    },
    async resolve(numbers, how, by) {
      await exclusively(async () => {
        for (const { entries, ...group } of alike(numbers, index)) {
          for (let from = 0; from < entries.length; from += maxResolvedAtOnce) {
            const some = entries.slice(from, from + maxResolvedAtOnce);
            await write({ kind: 'resolution', how, ...group, entries: some, atMs: now(), by });
          }
        }
      });
      void upkeep.check();
    },
    async replace(number, deadLetter) {
      // What a whole store of entries that are rejected again adds is freed as it goes.
      if (used() > maxBytes) await upkeep.check();
      await together(async () => {
        const origin = index.origin(number);
        if (origin === undefined) return;
        const from = origin === 'run' ? origin : undefined;
        await write({ kind: 'entry', number: undefined, replaces: number, from, deadLetter });
      });
      void upkeep.check();
    },
    compact: upkeep.compact,
    async close() {
      await upkeep.close();
      await exclusively(journal.close);
    },
  };
}

/**
 * The dead letters of a connector that is stopped, or that runs meanwhile: nothing is changed. `directory` is the data
 * directory.
 * @throws ConnectorError usage (no data directory), data_format_newer, data_format_unreadable, journal_failed.
 */
export async function openDeadLettersSnapshot(
  directory: string,
  { log }: { readonly log: Logger },
): Promise<DeadLetterReading> {
  const snapshot = await openJournalSnapshot(directory, { log, room: 'dead-letters' });
  try {
    return { ...deadLetterReading(snapshot, await readState(snapshot, log)), close: snapshot.close };
  } catch (error) {
    await snapshot.close();
    throw error;
  }
}

type Alike = Pick<ResolutionRecord, 'destination' | 'code' | 'entries'>;

/** Those that are open, each once, by destination and code. */
function alike(numbers: Iterable<number>, index: EntryIndex): Iterable<Alike> {
  const groups = new Map<string, Alike>();
  for (const number of new Set(numbers)) {
    const entry = index.get(number);
    if (entry === undefined) continue;
    const { destination, code, sequence, element, lastAttemptMs } = entry;
    const key = JSON.stringify([destination, code]);
    const group = groups.get(key) ?? { destination, code, entries: [] };
    groups.set(key, group);
    group.entries.push([number, sequence, element, lastAttemptMs]);
  }
  return groups.values();
}
