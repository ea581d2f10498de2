// Reads out of a damaged state file what can be read, into a new one.
import { closeSync, copyFileSync, existsSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { storedEntry } from '../dead-letters/entry-row.ts';
import { isSoundDocument } from '../documents.ts';
import { fillStateFile } from '../sqlite/build-file.ts';
import type { Incident } from './incident.ts';

type Row = Record<string, SQLOutputValue>;

type Salvaged = Pick<Incident, 'recovered' | 'lost'>;

/** SQLite's page, the first of which describes all tables. */
const pageBytes = 4096;
/** Rows that are passed over at most in search of the next one that can be read. */
const maxStep = 2 ** 40;

/** `incident` is noted in the new file, which stands whole under `into` when this returns. `from` is not changed. */
export function salvage(
  from: string,
  into: string,
  noteIncident: (database: DatabaseSync, salvaged: Salvaged) => void,
): void {
  const patched = `${from}.patched`;
  const source = openDamaged(from) ?? openDamaged(withFirstPageOf(into, from, patched));
  try {
    fillStateFile(into, (database) => noteIncident(database, copyAll(source, database)));
  } finally {
    source?.close();
    for (const rest of ['', '-wal', '-shm']) rmSync(patched + rest, { force: true });
  }
}

function openDamaged(path: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.prepare('SELECT * FROM dead_letters LIMIT 0').all();
    return database;
  } catch {
    database?.close();
    return undefined;
  }
}

/** The same tables stand at the same pages in every state file: a first page that is destroyed is that of a new one. */
function withFirstPageOf(fresh: string, from: string, patched: string): string {
  fillStateFile(fresh, () => undefined);
  copyFileSync(from, patched);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${patched}-wal`);
  const page = Buffer.alloc(pageBytes);
  const [source, target] = [openSync(fresh, 'r'), openSync(patched, 'r+')];
  readSync(source, page, 0, pageBytes, 0);
  writeSync(target, page, 0, pageBytes, 0);
  closeSync(source);
  closeSync(target);
  return patched;
}

function copyAll(source: DatabaseSync | undefined, target: DatabaseSync): Salvaged {
  if (source === undefined) return { recovered: 0, lost: undefined };
  const copy = (table: string, row: Row): void => {
    const columns = Object.keys(row);
    const values = columns.map(() => '?').join(', ');
    target
      .prepare(`INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${values})`)
      .run(...Object.values(row));
  };
  // Before the entries: a resolution that is added ends its entry.
  for (const table of ['resolved', 'backfilled_ids', 'incidents']) {
    for (const row of rowsOf(source, table)) copy(table, row);
  }
  let recovered = 0;
  for (const { document = '', crc = 0, ...entry } of rowsOf(
    source,
    'dead_letters JOIN dead_letter_documents USING (number)',
    'dead_letters.*, document, crc',
    'number',
  )) {
    if (storedEntry({ ...entry, document, crc }) === undefined) continue;
    copy('dead_letters', entry);
    const { number = 0 } = entry;
    copy('dead_letter_documents', { number, document, crc });
    recovered += 1;
  }
  const open = recovered;
  for (const row of rowsOf(source, 'documents')) {
    if (!isSoundDocument(row)) continue;
    const { rowid: _, ...document } = row;
    copy('documents', document);
    recovered += 1;
  }
  for (const row of wholeTable(source, 'progress')) copy('progress', row);
  for (const { delivered, dropped, from_jobs, destination } of wholeTable(source, 'dead_letter_totals')) {
    target
      .prepare(
        'INSERT OR REPLACE INTO dead_letter_totals (destination, delivered, dropped, from_jobs) VALUES (?, ?, ?, ?)',
      )
      .run(destination ?? '', delivered ?? 0, dropped ?? 0, from_jobs ?? 0);
  }
  const [{ last = 0 } = {}] = wholeTable(source, 'dead_letter_numbers');
  target
    .prepare('UPDATE dead_letter_numbers SET last = max(?, (SELECT coalesce(max(number), 0) FROM dead_letters))')
    .run(last);
  const counted = wholeTable(source, 'dead_letter_groups').map(({ open }) => Number(open));
  const had = counted.reduce((sum, count) => sum + count, 0);
  return { recovered, lost: counted.length === 0 && open === 0 ? undefined : Math.max(0, had - open) };
}

/** Rows in the order of their key; what cannot be read is passed over. */
function* rowsOf(source: DatabaseSync, tables: string, columns = 'rowid, *', key = 'rowid'): Generator<Row> {
  let after = 0;
  let step = 0;
  while (step < maxStep) {
    try {
      const statement = source.prepare(`SELECT ${columns} FROM ${tables} WHERE ${key} > ? ORDER BY ${key}`);
      for (const row of statement.iterate(after)) {
        yield row;
        after = Number(row[key]);
        step = 0;
      }
      return;
    } catch {
      step = Math.max(1, step * 2);
      after += step;
    }
  }
}

/** The first rows of a small table, up to what cannot be read. */
function wholeTable(source: DatabaseSync, table: string): readonly Row[] {
  const rows: Row[] = [];
  try {
    for (const row of source.prepare(`SELECT * FROM ${table}`).iterate()) rows.push(row);
  } catch {
    // What was read before is what there is.
  }
  return rows;
}
