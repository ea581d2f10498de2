// Reads the rows of a damaged database that SQLite can read.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Yields rows in the order of their keys, and skips unreadable ones. */
export function* rowsOf(source: DatabaseSync, tables: string, onDamage: () => void, columns = '*'): Generator<Row> {
  const [table] = tables.split(' ');
  const key = `${table}.rowid`;
  const sql = `SELECT ${key} AS row_key, ${columns} FROM ${tables} WHERE ${key} > ? ORDER BY ${key}`;
  let after: number | undefined = 0;
  while (after !== undefined) {
    try {
      for (const { row_key: found, ...row } of source.prepare(sql).iterate(after)) {
        after = Number(found);
        yield row;
      }
      return;
    } catch {
      onDamage();
      after = pastDamage(source, `${sql} LIMIT 1`, after);
    }
  }
}

/** Finds a key after which rows are readable: by steps that double, then by bisecting the last one. */
function pastDamage(source: DatabaseSync, sql: string, from: number): number | undefined {
  const isReadable = (after: number): boolean => {
    try {
      source.prepare(sql).get(after);
      return true;
    } catch {
      return false;
    }
  };
  let damaged = from;
  let readable = from + 1;
  while (!isReadable(readable)) {
    damaged = readable;
    readable = from + 2 * (readable - from);
    if (readable > Number.MAX_SAFE_INTEGER) return undefined;
  }
  while (readable - damaged > 1) {
    const middle = damaged + Math.floor((readable - damaged) / 2);
    if (isReadable(middle)) readable = middle;
    else damaged = middle;
  }
  return readable;
}

/** Rows of a small table up to the first unreadable one. */
export function firstRows(
  source: DatabaseSync,
  table: string,
): { readonly rows: readonly Row[]; readonly isWhole: boolean } {
  const rows: Row[] = [];
  try {
    for (const row of source.prepare(`SELECT * FROM ${table}`).iterate()) rows.push(row);
    return { rows, isWhole: true };
  } catch {
    return { rows, isWhole: false };
  }
}
