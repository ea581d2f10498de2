// Copies the rows of a damaged state file that are as they were written into the tables of a new one.
import type { DatabaseSync } from 'node:sqlite';
import { isSoundIds } from '../backfilled-ids.ts';
import { storedEntry } from '../dead-letters/entry-row.ts';
import { isSoundDocument } from '../documents.ts';
import { isRefusedRow } from '../sqlite/sqlite-errors.ts';
import type { Incident } from './incident.ts';
import { firstRows, type Row, rowsOf } from './readable-rows.ts';

const entries = 'dead_letters JOIN dead_letter_documents ON dead_letter_documents.number = dead_letters.number';
/** At least so many; the totals that can be read replace them. */
const totalsOfResolved = `INSERT INTO dead_letter_totals (destination, delivered, dropped)
  SELECT destination, sum(how = 'delivered'), sum(how = 'dropped') FROM resolved GROUP BY destination`;
const highestNumber = 'SELECT max(number) FROM (SELECT number FROM dead_letters UNION ALL SELECT number FROM resolved)';

/** `target` has the tables of a new file, and a transaction. */
export function copyRows(
  database: DatabaseSync | undefined,
  target: DatabaseSync,
): Pick<Incident, 'recovered' | 'lost'> {
  if (database === undefined) return { recovered: 0, lost: undefined };
  const tables = newTables(target);
  // Before the entries: a resolution that is added ends its entry.
  for (const table of ['resolved', 'incidents']) {
    for (const row of rowsOf(database, table)) tables.put(table, row);
  }
  target.exec(totalsOfResolved);
  for (const row of rowsOf(database, entries, 'dead_letters.*, document, crc')) tables.putEntry(row);
  for (const row of rowsOf(database, 'documents')) tables.putDocument(row);
  for (const row of rowsOf(database, 'backfilled_ids')) tables.putIds(row);
  for (const row of firstRows(database, 'progress').rows) tables.put('progress', row);
  for (const total of firstRows(database, 'dead_letter_totals').rows)
    tables.put('dead_letter_totals', total, 'REPLACE');
  const groups = firstRows(database, 'dead_letter_groups');
  const had = groups.isWhole ? groups.rows.reduce((sum, { open }) => sum + Number(open), 0) : undefined;
  const [{ last = 0 } = {}] = firstRows(database, 'dead_letter_numbers').rows;
  target.prepare(`UPDATE dead_letter_numbers SET last = max(?, coalesce((${highestNumber}), 0))`).run(last);
  const open = tables.count('dead_letters');
  const lost = had === undefined ? undefined : Math.max(0, had - open);
  return { recovered: open + tables.count('documents'), lost };
}

/** Adds rows to the tables of a new file, if they are as they were written and not there yet. */
function newTables(target: DatabaseSync) {
  const isResolved = target.prepare('SELECT 1 FROM resolved WHERE number = ?');
  const columnNames = target.prepare('SELECT name FROM pragma_table_info(?)');

  /** A table that somebody changed may have columns that ours has not, or values of another type. */
  function put(table: string, row: Row, otherwise: 'IGNORE' | 'REPLACE' = 'IGNORE'): void {
    const columns = columnNames.all(table).map(({ name }) => String(name));
    const taken = Object.entries(row).filter(([column]) => columns.includes(column));
    const names = taken.map(([column]) => column).join(', ');
    const values = taken.map(() => '?').join(', ');
    try {
      const insert = target.prepare(`INSERT OR ${otherwise} INTO ${table} (${names}) VALUES (${values})`);
      insert.run(...taken.map(([, value]) => value));
    } catch (error) {
      if (!isRefusedRow(error)) throw error;
    }
  }
  return {
    put,
    /** Of an entry that is open, with its document. */
    putEntry(row: Row): void {
      const { document = '', crc = 0, ...entry } = row;
      const { number = 0 } = entry;
      if (storedEntry(row) === undefined || isResolved.get(number) !== undefined) return;
      put('dead_letters', entry);
      put('dead_letter_documents', { number, document, crc });
    },
    putDocument(row: Row): void {
      if (isSoundDocument(row)) put('documents', row);
    },
    putIds(row: Row): void {
      if (isSoundIds(row)) put('backfilled_ids', row);
    },
    count: (table: 'dead_letters' | 'documents') =>
      Number(target.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']),
  };
}
