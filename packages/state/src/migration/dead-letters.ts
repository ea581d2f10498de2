// Copies the dead letters of format 1 from their log into the tables of a new state file.
import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from '@xiq-siem/core';
import { openJournalSnapshot } from '@xiq-siem/journal';
import { entryStatements } from '../dead-letters/open-dead-letters.ts';
import { preparedOnce } from '../sqlite/sqlite-file.ts';
import { type DeadLetterRecord, decodeRecord, type Totals } from './dead-letter-records.ts';

type EntryRecord = Extract<DeadLetterRecord, { kind: 'entry' }>;
type ResolutionRecord = Extract<DeadLetterRecord, { kind: 'resolution' }>;

const readLimits = { maxBodies: 256, maxBytes: 1024 * 1024 };
const never = new AbortController().signal;
const nothing: Totals = { delivered: 0, dropped: 0, fromRuns: 0 };

/** Returns how many records could not be read. `database` has the tables of a new file, and an open transaction. */
export async function copyDeadLetters(directory: string, database: DatabaseSync, log: Logger): Promise<number> {
  const letters = letterTables(database);
  const source = await openJournalSnapshot(directory, { log, subdirectory: 'dead-letters' });
  const { firstSequence, nextSequence } = source.extent();
  const reader = source.reader(firstSequence, nextSequence - 1);
  let unreadable = 0;
  try {
    for (;;) {
      const entries = await reader.read(readLimits, never);
      if (entries.length === 0) break;
      for (const entry of entries) {
        const record = entry.kind === 'body' ? decodeRecord(entry.body.bytes) : undefined;
        if (entry.kind === 'body' && record !== undefined) letters.apply(record, entry.body.sequence);
        else unreadable += 1;
      }
    }
  } finally {
    await reader.close();
    await source.close();
  }
  letters.finish(nextSequence - 1);
  return unreadable;
}

/** Applies records in their order, as the version with format 1 did at each start. */
function letterTables(database: DatabaseSync) {
  let counted = new Map<string, Totals>();
  /** By the sequence of the first copy: the log may have several. */
  const resolutions = new Map<number, ResolutionRecord>();
  const run = preparedOnce(database);
  const rowOf = database.prepare('SELECT number, from_job FROM dead_letters WHERE number = ?');
  const sameEvent = database.prepare(
    'SELECT number, from_job FROM dead_letters WHERE sequence = ? AND element = ? AND destination = ?',
  );
  const remove = database.prepare('DELETE FROM dead_letters WHERE number = ? RETURNING destination');
  const nextNumber = database.prepare('UPDATE dead_letter_numbers SET last = ?');

  function addToTotal(destination: string, what: keyof Totals, more: number): void {
    const before = counted.get(destination) ?? nothing;
    counted.set(destination, { ...before, [what]: Math.max(0, before[what] + more) });
  }

  function addEntry({ number = 0, replaces, from, deadLetter }: EntryRecord, at: number): void {
    const { sequence, element, destination } = deadLetter;
    const isNumbered = number > 0;
    const own = isNumbered ? number : at;
    const before = sameEvent.get(sequence, element, destination) ?? rowOf.get(own);
    const { number: previousNumber = own, from_job: fromJob } = before ?? {};
    remove.get(own);
    remove.get(previousNumber);
    nextNumber.run(own);
    const [, ...statements] = entryStatements(deadLetter, from === 'run' && fromJob !== 0);
    for (const { sql, parameters } of statements) run(sql, parameters);
    if (replaces !== undefined) remove.get(replaces);
    const isNew = before === undefined && !isNumbered && replaces === undefined;
    if (from === 'run' && isNew) addToTotal(destination, 'fromRuns', 1);
    if (from === undefined && fromJob === 1) addToTotal(destination, 'fromRuns', -1);
  }

  function addResolution(record: ResolutionRecord, at: number): void {
    resolutions.delete(record.copyOf ?? at);
    resolutions.set(record.copyOf ?? at, record);
    if (record.copyOf !== undefined) return;
    for (const [number] of record.entries) {
      const { destination } = remove.get(number) ?? {};
      if (destination !== undefined) addToTotal(String(destination), record.how, 1);
    }
  }

  function applyRecord(record: DeadLetterRecord, at: number): void {
    if (record.kind === 'entry') addEntry(record, at);
    else if (record.kind === 'resolution') addResolution(record, at);
    else counted = new Map(Object.entries(record.totals));
  }

  function finishTables(lastNumber: number): void {
    nextNumber.run(lastNumber);
    // Resolutions were applied above: the trigger would remove an entry that was stored again under its old number.
    const { sql: trigger } = {
      ...database.prepare("SELECT sql FROM sqlite_schema WHERE name = 'dead_letter_resolved'").get(),
    };
    database.exec('DROP TRIGGER dead_letter_resolved');
    const insert = database.prepare(
      'INSERT INTO resolved (number, destination, code, sequence, element, last_attempt_ms, how, at_ms, resolved_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    for (const { destination, code, entries, how, atMs, by } of resolutions.values()) {
      for (const [number, sequence, element, lastAttemptMs] of entries) {
        insert.run(number, destination, code, sequence, element, lastAttemptMs, how, atMs, by);
      }
    }
    database.exec(String(trigger));
    const total = database.prepare(
      'INSERT OR REPLACE INTO dead_letter_totals (destination, delivered, dropped, from_jobs) VALUES (?, ?, ?, ?)',
    );
    for (const [destination, { delivered, dropped, fromRuns }] of counted) {
      total.run(destination, delivered, dropped, fromRuns);
    }
  }
  return { apply: applyRecord, finish: finishTables };
}
