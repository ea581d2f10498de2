// Opens the store of dead letters: a log of their own in the journal's format, from which only resolved ones are let go.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectorError } from '@xiq-siem/core';
import { type JournalOptions, openJournal, parseReceipt } from '@xiq-siem/journal';
import { deadLetterReading } from './dead-letter-reading.ts';
import { recordOverheadBytes } from './dead-letter-state.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { EntryIndex } from './entry-index.ts';
import { type DeadLetterRecord, encodeRecord, maxResolvedAtOnce, type ResolutionRecord } from './records.ts';
import { scanLog } from './scan-log.ts';
import { takingTurns } from './taking-turns.ts';
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
 * `directory` is the data directory's room for them. Full means full: an `append` then rejects with `journal_full`, and
 * its destination waits. A sixteenth of `maxBytes` is kept back, so that a full store can still be emptied.
 */
export async function openDeadLetters(directory: string, options: DeadLetterOptions): Promise<DeadLetters> {
  const { maxBytes, now, log, firstBody = () => 0 } = options;
  const makeDirectory =
    options.files?.makeDirectory ?? ((path: string) => mkdir(path, { recursive: true, mode: 0o700 }));
  for (const room of ['journal', 'positions', 'quarantine']) await makeDirectory(join(directory, room));
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
    ...{ directory, segmentBytes, maxBytes: Number.MAX_SAFE_INTEGER, retainForMs: 0 },
  });
  const opened = await Promise.all([
    journal.position(holder, { startAt: 'earliest', whenFull: 'hold' }),
    scanLog(journal, log),
  ]).catch(async (error: unknown) => {
    await journal.close();
    throw error;
  });
  const [position, scanned] = opened;
  const { state } = scanned;
  const { index, history } = state;

  /** Bytes of entries on their way to the disk, and of the last that was refused. */
  let pendingBytes = 0;
  let refusedBytes = 0;
  /** For each record on its way, oldest first, a sequence that it will not be below. */
  const onTheirWay = new Set<{ readonly from: number }>();
  const used = (): number => journal.extent().bytes + pendingBytes;

  /** Resolves with the record's sequence once it is synced and counted. */
  async function write(record: DeadLetterRecord): Promise<number> {
    const payload = encodeRecord(record);
    const onItsWay = { from: journal.extent().nextSequence };
    onTheirWay.add(onItsWay);
    const bytes = payload.length + recordOverheadBytes;
    pendingBytes += bytes;
    try {
      const metadata = { source: holder, messageType: record.kind, origin: 'self', receivedAtMs: now() } as const;
      const receipt = parseReceipt(await journal.append(metadata, payload));
      if (receipt === undefined) throw new ConnectorError('journal_failed', 'a journal gave a receipt that is none');
      state.apply(record, receipt.sequence, payload.length);
      return receipt.sequence;
    } finally {
      pendingBytes -= bytes;
      onTheirWay.delete(onItsWay);
    }
  }

  const turns = takingTurns();
  const upkeep = createUpkeep({
    ...{ journal, position, state, log, segmentBytes, exclusively: turns.alone },
    write,
    forget: () => history.forget(firstBody(), maxBytes / 32),
    firstOnItsWay: () => onTheirWay.values().next().value?.from ?? Number.POSITIVE_INFINITY,
    isTight: () => used() + refusedBytes > (max / 4) * 3,
  });
  void upkeep.look();

  return {
    ...deadLetterReading(journal, scanned),
    get full() {
      return !journal.acceptance().ok || used() + refusedBytes > max;
    },
    bytes: () => ({ used: journal.extent().bytes, max }),
    async append(letter, from) {
      // Kept before a crash, and not counted as settled: the same event again.
      const number = index.numberOf(letter);
      const bytes = letter.json.length + recordOverheadBytes;
      if (used() + bytes > max) {
        refusedBytes = bytes;
        void upkeep.look();
        const text = `the dead letters take ${used()} of ${max} bytes, and none is let go unseen: retry or drop some of them, or raise deadLetters.maxBytes`;
        throw new ConnectorError('journal_full', text);
      }
      await write({ kind: 'entry', number, from, letter });
      refusedBytes = 0;
      if (number !== undefined) void upkeep.look();
    },
    async resolve(numbers, how, by) {
      await turns.alone(async () => {
        for (const { destination, code, entries } of alike(numbers, index)) {
          for (let from = 0; from < entries.length; from += maxResolvedAtOnce) {
            const some = entries.slice(from, from + maxResolvedAtOnce);
            await write({ kind: 'resolution', how, destination, code, entries: some, atMs: now(), by });
          }
        }
      });
      void upkeep.look();
    },
    async replace(number, letter) {
      // What a whole store of entries that are rejected again adds is freed as it goes.
      if (used() > maxBytes) await upkeep.look();
      await turns.together(async () => {
        const came = index.came(number);
        if (came === undefined) return;
        await write({ kind: 'entry', replaces: number, from: came === 'run' ? came : undefined, letter });
      });
      void upkeep.look();
    },
    compact: upkeep.compact,
    async close() {
      await upkeep.close();
      await turns.over();
      await journal.close();
    },
  };
}

/** Those that are open, each once, by destination and code. */
function alike(
  numbers: Iterable<number>,
  index: EntryIndex,
): Iterable<Pick<ResolutionRecord, 'destination' | 'code' | 'entries'>> {
  const groups = new Map<
    string,
    Pick<ResolutionRecord, 'destination' | 'code'> & { readonly entries: ResolutionRecord['entries'][number][] }
  >();
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
