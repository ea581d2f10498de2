// Stores dead letters until they are resolved. A full store rejects new entries.
import { ConnectorError, type Logger } from '@xiq-siem/core';
import type { DeadLetter } from '@xiq-siem/delivery';
import { nodeFiles } from '@xiq-siem/journal';
import { z } from 'zod';
import type { Database, Statement } from '../sqlite/database.ts';
import { stateErrors } from '../state-errors.ts';
import { deadLetterReading } from './dead-letter-reading.ts';
import type { DeadLetterFilter, DeadLetters, Resolution, StoredDeadLetter } from './dead-letters.ts';
import { codeColumn, entryBytes, entryChecksum } from './entry-row.ts';
import { conditionOf } from './filter-sql.ts';

export interface DeadLetterOptions {
  readonly maxBytes: number;
  /** Free bytes of the disk below which new entries are rejected. */
  readonly minFreeBytes: number;
  /** The data directory: free bytes are those of its disk. */
  readonly directory: string;
  readonly now: () => number;
  readonly log: Logger;
  /** The first body in the journal: resolved entries of earlier bodies are removed. */
  readonly firstBody?: () => number;
}

/** Entries that one transaction resolves: other writes wait for it. */
const resolvedAtOnce = 1000;
/** Approximate bytes of a resolved entry, to limit their number. */
const resolvedBytes = 128;
/** How long the store counts as full after a rejection for lack of free disk space. */
const refusedForMs = 1000;
const freeBytesAgeMs = 1000;

const nextNumber: Statement = { sql: 'UPDATE dead_letter_numbers SET last = last + 1' };
const lastNumber = '(SELECT last FROM dead_letter_numbers)';
const usedBytes: Statement = { sql: 'SELECT coalesce(sum(bytes), 0) AS used FROM dead_letter_groups' };
const usedRow = z.tuple([z.object({ used: z.int() })]);
const usedOf = (rows: unknown): number => usedRow.parse(rows)[0].used;
/** An event that is stored again, after a crash or by a job, keeps its number. It stays an entry of the stream if it was one. */
const addEntry = `INSERT INTO dead_letters VALUES (${lastNumber}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (sequence, element, destination) DO UPDATE SET event_id = excluded.event_id, dataset = excluded.dataset,
  code = excluded.code, message = excluded.message, attempts = excluded.attempts,
  first_attempt_ms = excluded.first_attempt_ms, last_attempt_ms = excluded.last_attempt_ms, receipt = excluded.receipt,
  from_job = min(from_job, excluded.from_job), bytes = excluded.bytes`;
const addDocument = `INSERT OR REPLACE INTO dead_letter_documents VALUES
  ((SELECT number FROM dead_letters WHERE sequence = ? AND element = ? AND destination = ?), ?, ?)`;
const renumberEntry = `UPDATE dead_letters SET number = ${lastNumber}, code = ?, message = ?, attempts = ?,
  first_attempt_ms = ?, last_attempt_ms = ?, bytes = ? WHERE number = ?`;
/** Updates the document of the last assigned number, if an entry has it. */
const renewDocument = `UPDATE dead_letter_documents SET document = ?, crc = ? WHERE number = ${lastNumber}`;
const renewParked = `UPDATE dead_letters SET code = ?, message = ?, attempts = ?, last_attempt_ms = ?, bytes = ?
  WHERE number = ?`;
const renewChecksum = 'UPDATE dead_letter_documents SET crc = ? WHERE number = ?';
const resolveWhere = `INSERT INTO resolved (number, destination, code, sequence, element, last_attempt_ms, how, at_ms, resolved_by)
  SELECT number, destination, code, sequence, element, last_attempt_ms, ?, ?, ? FROM dead_letters WHERE`;

/** Frees more pages than one transaction of resolved entries used, so that the file shrinks as it is emptied. */
const giveBack: Statement = { sql: 'PRAGMA incremental_vacuum(2000)' };

/** The statements that add an entry, for one transaction. */
export function entryStatements(entry: DeadLetter, fromJob: boolean): readonly Statement[] {
  const { destination, sequence, element, id, dataset, message = null, attempts, receipt, json } = entry;
  const { firstAttemptMs, lastAttemptMs } = entry;
  const event = [destination, sequence, element, id, dataset];
  const columns = [...event, codeColumn(entry), message, attempts, firstAttemptMs, lastAttemptMs];
  return [
    nextNumber,
    { sql: addEntry, parameters: [...columns, receipt, fromJob ? 1 : 0, entryBytes(entry)] },
    { sql: addDocument, parameters: [sequence, element, destination, json, entryChecksum(entry)] },
  ];
}

/**
 * If the store is full, `append` rejects with `state_full`, and its destination waits. A sixteenth of `maxBytes` is
 * reserved for resolved entries, so that a full store can be emptied.
 */
export async function openDeadLetters(database: Database, options: DeadLetterOptions): Promise<DeadLetters> {
  const { maxBytes, minFreeBytes, directory, now, log, firstBody = () => 0 } = options;
  const max = maxBytes - Math.floor(maxBytes / 16);
  const maxResolved = Math.floor(maxBytes / 32 / resolvedBytes);
  let used = usedOf(await database.read(usedBytes.sql));
  /** Bytes of entries that are being written, and of the last rejected one. */
  let pendingBytes = 0;
  let refusedBytes = 0;
  let refusedUntilMs = Number.NEGATIVE_INFINITY;
  let freeBytes = Number.POSITIVE_INFINITY;
  let checkedAtMs = 0;

  async function writeEntries(statements: readonly Statement[]): Promise<void> {
    const rows = await database.write([...statements, usedBytes]);
    used = usedOf(rows.at(-1));
  }

  async function updateFreeBytes(): Promise<void> {
    checkedAtMs = performance.now();
    freeBytes = await nodeFiles.freeBytes(directory).catch(() => Number.POSITIVE_INFINITY);
  }
  await updateFreeBytes();

  function refuse(text: string): never {
    throw new ConnectorError(stateErrors.full, text);
  }

  /** Uses the last known free space of the disk, without waiting: entries stay in order. */
  function requireCapacity(bytes: number): void {
    if (used + pendingBytes + bytes > max) {
      refusedBytes = bytes;
      refuse(`the dead letters use ${used} of ${max} bytes: retry or drop some of them, or raise deadLetters.maxBytes`);
    }
    if (performance.now() - checkedAtMs >= freeBytesAgeMs) void updateFreeBytes();
    if (freeBytes - pendingBytes - bytes < minFreeBytes) {
      refusedUntilMs = performance.now() + refusedForMs;
      refuse(
        `the disk of ${directory} has ${freeBytes} bytes free, and ${minFreeBytes} must stay free: free disk space`,
      );
    }
  }

  /** Removes resolved entries whose body is gone, the oldest ones above the limit, and empty pages. */
  const prune = (): readonly Statement[] => [
    giveBack,
    { sql: 'DELETE FROM resolved WHERE sequence < ?', parameters: [firstBody()] },
    { sql: 'DELETE FROM resolved WHERE id <= (SELECT max(id) FROM resolved) - ?', parameters: [maxResolved] },
  ];
  const resolution = (how: string, by: string) => [how, now(), by] as const;

  const hasParkingCapacity = (): boolean => used + pendingBytes <= max / 2 && performance.now() >= refusedUntilMs;

  async function appendEntry(deadLetter: DeadLetter, from?: 'job'): Promise<void> {
    const bytes = entryBytes(deadLetter);
    if (deadLetter.parked && !hasParkingCapacity())
      refuse('the dead letters use half of their bytes: nothing is parked');
    requireCapacity(bytes);
    pendingBytes += bytes;
    try {
      await writeEntries(entryStatements(deadLetter, from === 'job'));
    } finally {
      pendingBytes -= bytes;
    }
    refusedBytes = 0;
  }

  async function resolveEntries(numbers: readonly number[], how: Resolution, by: string): Promise<void> {
    for (let from = 0; from < numbers.length; from += resolvedAtOnce) {
      const some = JSON.stringify(numbers.slice(from, from + resolvedAtOnce));
      const sql = `${resolveWhere} number IN (SELECT value FROM json_each(?))`;
      await writeEntries([{ sql, parameters: [...resolution(how, by), some] }, ...prune()]);
    }
    refusedBytes = 0;
  }

  async function dropEntries(filter: DeadLetterFilter, last: number): Promise<void> {
    const { sql, parameters } = conditionOf(filter, 0, last);
    const some = {
      sql: `${resolveWhere} ${sql} ORDER BY number LIMIT ${resolvedAtOnce} RETURNING 1`,
      parameters: [...resolution('dropped', 'operator'), ...parameters],
    };
    for (;;) {
      const [dropped = [], ...rest] = await database.write([some, ...prune(), usedBytes]);
      used = usedOf(rest.at(-1));
      if (dropped.length < resolvedAtOnce) break;
    }
    refusedBytes = 0;
  }

  async function writeOffEntries(destination: string, entries: number): Promise<void> {
    const sql = `INSERT INTO dead_letter_totals (destination, lost) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET lost = lost + excluded.lost`;
    await writeEntries([{ sql, parameters: [destination, entries] }]);
  }

  async function replaceEntry(number: number, deadLetter: DeadLetter): Promise<void> {
    const { message = null, attempts, firstAttemptMs, lastAttemptMs, json } = deadLetter;
    const parameters = [
      codeColumn(deadLetter),
      message,
      attempts,
      firstAttemptMs,
      lastAttemptMs,
      entryBytes(deadLetter),
      number,
    ];
    const document = { sql: renewDocument, parameters: [json, entryChecksum(deadLetter)] };
    await writeEntries([nextNumber, { sql: renumberEntry, parameters }, document]);
  }

  async function keepParked(entries: readonly StoredDeadLetter[]): Promise<void> {
    await writeEntries(
      entries.flatMap((entry) => {
        const { number, message = null, attempts, lastAttemptMs } = entry;
        const columns = [codeColumn(entry), message, attempts, lastAttemptMs, entryBytes(entry)];
        return [
          { sql: renewParked, parameters: [...columns, number] },
          { sql: renewChecksum, parameters: [entryChecksum(entry), number] },
        ];
      }),
    );
  }

  return {
    ...deadLetterReading(database, log),
    get full() {
      return used + pendingBytes + refusedBytes > max || performance.now() < refusedUntilMs;
    },
    bytes: () => ({ used, max }),
    append: appendEntry,
    resolve: resolveEntries,
    drop: dropEntries,
    writeOff: writeOffEntries,
    replace: replaceEntry,
    get hasParkingCapacity() {
      return hasParkingCapacity();
    },
    keepParked,
  };
}
