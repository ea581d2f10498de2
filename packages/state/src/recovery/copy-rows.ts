// Copies the intact rows of a damaged state file into the tables of a new one.
import type { DatabaseSync } from 'node:sqlite';
import { isIntactIds } from '../backfill-pairing.ts';
import { storedEntry } from '../dead-letters/entry-row.ts';
import { isIntactDocument } from '../documents.ts';
import { isRefusedRow } from '../sqlite/sqlite-errors.ts';
import type { Incident } from './incident.ts';
import { leafRows } from './leaf-rows.ts';
import { firstRows, type Row, rowsOf } from './readable-rows.ts';

/** `path` is set for a damaged file, whose pages can be read too. */
export type SourceFile = { readonly path?: string; readonly database: DatabaseSync };

const entries = 'dead_letters JOIN dead_letter_documents ON dead_letter_documents.number = dead_letters.number';
/** A lower bound. Readable totals replace it. */
const totalsOfResolved = `INSERT INTO dead_letter_totals (destination, delivered, dropped)
  SELECT destination, sum(how = 'delivered'), sum(how = 'dropped') FROM resolved GROUP BY destination`;
const highestNumber = 'SELECT max(number) FROM (SELECT number FROM dead_letters UNION ALL SELECT number FROM resolved)';

/** `target` has the tables of a new file, and a transaction. */
export function copyRows(source: SourceFile | undefined, target: DatabaseSync): Pick<Incident, 'recovered' | 'lost'> {
  if (source === undefined) return { recovered: 0, lost: undefined };
  const { path, database } = source;
  const tables = newTables(target);
  let isDamaged = false;
  const onDamage = (): void => {
    isDamaged = true;
  };
  // Before the entries: a resolution removes its entry.
  for (const table of ['resolved', 'incidents']) {
    for (const row of rowsOf(database, table, onDamage)) tables.put(table, row);
  }
  target.exec(totalsOfResolved);
  for (const row of rowsOf(database, entries, onDamage, 'dead_letters.*, document, crc')) tables.putEntry(row);
  for (const row of rowsOf(database, 'documents', onDamage)) tables.putDocument(row);
  for (const row of rowsOf(database, 'backfilled_ids', onDamage)) tables.putIds(row);
  for (const row of firstRows(database, 'progress').rows) tables.put('progress', row);
  for (const total of firstRows(database, 'dead_letter_totals').rows)
    tables.put('dead_letter_totals', total, 'REPLACE');
  const groups = firstRows(database, 'dead_letter_groups');
  const had = groups.isWhole ? groups.rows.reduce((sum, { open }) => sum + Number(open), 0) : undefined;
  if (path !== undefined && (isDamaged || tables.count('dead_letters') !== had)) copyLeaves(path, target, tables);
  const [{ last = 0 } = {}] = firstRows(database, 'dead_letter_numbers').rows;
  target.prepare(`UPDATE dead_letter_numbers SET last = max(?, coalesce((${highestNumber}), 0))`).run(last);
  const open = tables.count('dead_letters');
  const lost = had === undefined ? undefined : Math.max(0, had - open);
  return { recovered: open + tables.count('documents'), lost };
}

/** Copies rows of pages that damaged pages no longer lead to. They may be of an older state, which a checksum cannot show. */
function copyLeaves(path: string, target: DatabaseSync, tables: ReturnType<typeof newTables>): void {
  target.exec('CREATE TEMP TABLE found_entries AS SELECT * FROM dead_letters WHERE FALSE');
  target.exec('CREATE INDEX temp.found_by_number ON found_entries (number)');
  const addFound = target.prepare(`INSERT INTO found_entries VALUES (${'?, '.repeat(13)}?)`);
  const found = target.prepare('SELECT * FROM found_entries WHERE number = ?');
  for (const { rowid, values } of leafRows(path)) {
    if (values.length === 14) addFound.run(rowid, ...values.slice(1));
  }
  for (const { rowid, values } of leafRows(path)) {
    const [first = null, second = null, third = null, fourth = null] = values;
    if (values.length === 3 && first !== null) tables.putDocument({ name: first, json: second, crc: third });
    else if (values.length === 3) {
      for (const entry of found.all(rowid)) tables.putEntry({ ...entry, document: second, crc: third });
    } else if (values.length === 4) tables.putIds({ id: rowid, at_ms: second, ids: third, crc: fourth });
  }
  target.exec('DROP TABLE temp.found_entries');
}

/** Adds rows to the tables of a new file, if they are intact and new. */
function newTables(target: DatabaseSync) {
  const isResolved = target.prepare('SELECT 1 FROM resolved WHERE number = ?');
  const columnNames = target.prepare('SELECT name FROM pragma_table_info(?)');

  /** Returns whether the row was added. A table that was altered may have unknown columns or values of another type. */
  function putRow(table: string, row: Row, otherwise: 'IGNORE' | 'REPLACE' = 'IGNORE'): boolean {
    const columns = columnNames.all(table).map(({ name }) => String(name));
    const taken = Object.entries(row).filter(([column]) => columns.includes(column));
    const names = taken.map(([column]) => column).join(', ');
    const values = taken.map(() => '?').join(', ');
    try {
      const insert = target.prepare(`INSERT OR ${otherwise} INTO ${table} (${names}) VALUES (${values})`);
      return insert.run(...taken.map(([, value]) => value)).changes === 1;
    } catch (error) {
      if (!isRefusedRow(error)) throw error;
      return false;
    }
  }

  /** Adds an open entry with its document. */
  function putEntry(row: Row): void {
    const { document = '', crc = 0, ...entry } = row;
    const { number = 0 } = entry;
    if (storedEntry(row) === undefined || isResolved.get(number) !== undefined) return;
    // An event may have two entries, if a page was not written when its number changed. The first is added.
    if (putRow('dead_letters', entry)) putRow('dead_letter_documents', { number, document, crc });
  }
  return {
    put: putRow,
    putEntry,
    putDocument(row: Row): void {
      if (isIntactDocument(row)) putRow('documents', row);
    },
    putIds(row: Row): void {
      if (isIntactIds(row)) putRow('backfilled_ids', row);
    },
    count: (table: 'dead_letters' | 'documents') =>
      Number(target.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']),
  };
}
