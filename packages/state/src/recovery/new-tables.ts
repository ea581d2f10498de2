// Adds rows to the tables of a new state file, if they are as they were written and not there yet.
import type { DatabaseSync } from 'node:sqlite';
import { isSoundIds } from '../backfilled-ids.ts';
import { storedEntry } from '../dead-letters/entry-row.ts';
import { isSoundDocument } from '../documents.ts';
import type { Row } from './readable-rows.ts';

export interface NewTables {
  /** Whether it was not there. */
  put(table: string, row: Row): boolean;
  /** Of an entry that is open, with its document. */
  putEntry(row: Row): void;
  putDocument(row: Row): void;
  putIds(row: Row): void;
  count(table: 'dead_letters' | 'documents'): number;
}

export function newTables(target: DatabaseSync): NewTables {
  const isResolved = target.prepare('SELECT 1 FROM resolved WHERE number = ?');

  function put(table: string, row: Row): boolean {
    const columns = Object.keys(row);
    const values = columns.map(() => '?').join(', ');
    const insert = target.prepare(`INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${values})`);
    return insert.run(...Object.values(row)).changes > 0;
  }
  return {
    put,
    putEntry(row) {
      const { document = '', crc = 0, ...entry } = row;
      const { number = 0 } = entry;
      if (storedEntry(row) === undefined || isResolved.get(number) !== undefined) return;
      if (put('dead_letters', entry)) put('dead_letter_documents', { number, document, crc });
    },
    putDocument(row) {
      if (isSoundDocument(row)) put('documents', row);
    },
    putIds(row) {
      if (isSoundIds(row)) put('backfilled_ids', row);
    },
    count: (table) => Number(target.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']),
  };
}
