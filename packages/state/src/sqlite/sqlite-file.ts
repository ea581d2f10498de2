// One SQLite connection to the state file, with cached prepared statements and shared transactions.
import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Row, SqlValue, Statement } from './database.ts';
import { isDamage } from './sqlite-errors.ts';

/** Another process may write: the secret rotation of the command line writes one row. */
const busyTimeoutMs = 5_000;

/** Returns a function that runs SQL and prepares each text once. */
export function preparedOnce(database: DatabaseSync) {
  const prepared = new Map<string, StatementSync>();
  return (sql: string, parameters: readonly SqlValue[] = []): readonly Row[] => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement.all(...parameters);
  };
}

export interface SqliteFile {
  readonly database: DatabaseSync;
  /** Whether the paths of the file and its log still refer to the open files. SQLite continues with removed files. */
  isInPlace(): boolean;
  /** Runs `check` again if the schema was changed since the last check. */
  checkTables(): void;
  read(sql: string, parameters?: readonly SqlValue[]): readonly Row[];
  /**
   * Each list of statements succeeds or fails on its own. All that succeed are synced together.
   * @throws Errors of SQLite if the file is damaged: nothing is written then.
   */
  write(requests: readonly (readonly Statement[])[]): readonly Written[];
  close(): void;
}

export type Written = { readonly rows: readonly (readonly Row[])[] } | { readonly error: unknown };

const sqliteIoErrorOfIndex = new Set([18, 19, 20, 21].map((detail) => 10 | (detail << 8)));

interface SqliteFileOptions {
  readonly readOnly?: boolean;
  /** May throw. It is called before any change. */
  readonly check?: (database: DatabaseSync) => void;
}

/** A full disk cannot store the index of the log: it is then in memory, and no other process can read the file. */
function openWritable(path: string, options: SqliteFileOptions): DatabaseSync {
  try {
    return openDatabase(path, options);
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && sqliteIoErrorOfIndex.has(Number(error.errcode)))) throw error;
    return openDatabase(path, options, 'PRAGMA locking_mode = EXCLUSIVE');
  }
}

function openDatabase(path: string, { readOnly = false, check }: SqliteFileOptions, first = ''): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs });
  try {
    database.exec(first);
    check?.(database);
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY');
      // After a failed sync the system may consider pages clean that are not on disk. A checkpoint writes them again.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    }
    database.exec('PRAGMA cell_size_check = ON');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const none = 'none';
/** Undefined if unknown. */
const filesUnder = (path: string): readonly (string | undefined)[] =>
  [path, `${path}-wal`].map((name) => {
    try {
      const { dev, ino } = statSync(name, { throwIfNoEntry: false }) ?? {};
      return ino === undefined ? none : `${dev} ${ino}`;
    } catch {
      return undefined;
    }
  });

/** `path` may be a file URI. Throws errors of SQLite. */
export function openSqliteFile(path: string, options: SqliteFileOptions = {}): SqliteFile {
  const database = options.readOnly === true ? openDatabase(path, options) : openWritable(path, options);
  const run = preparedOnce(database);
  const schemaNow = (): unknown => run('PRAGMA schema_version')[0]?.['schema_version'];
  let checkedSchema = schemaNow();

  function runTogether(statements: readonly Statement[]): Written {
    database.exec('SAVEPOINT request');
    try {
      const rows = statements.map(({ sql, parameters }) => run(sql, parameters));
      database.exec('RELEASE request');
      return { rows };
    } catch (error) {
      // A full disk has already ended the whole transaction. With a damaged file nothing is written.
      if (!database.isTransaction || isDamage(error)) throw error;
      database.exec('ROLLBACK TO request; RELEASE request');
      return { error };
    }
  }

  const [first, second] = [filesUnder(path), filesUnder(path)];
  // Some file systems change the inode number at each call: the result is then unknown.
  const filesAtOpening = first.map((file, index) => (file === second[index] && file !== none ? file : undefined));

  function isInPlace(): boolean {
    const files = filesUnder(path);
    return filesAtOpening.every((file, index) => [file, files[index]].includes(undefined) || file === files[index]);
  }

  function checkTables(): void {
    const schema = schemaNow();
    if (schema === checkedSchema) return;
    options.check?.(database);
    checkedSchema = schema;
  }

  function writeRequests(requests: readonly (readonly Statement[])[]): readonly Written[] {
    try {
      database.exec('BEGIN IMMEDIATE');
      const written = requests.map(runTogether);
      database.exec('COMMIT');
      return written;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      if (isDamage(error)) throw error;
      return requests.map(() => ({ error }));
    }
  }
  return { database, isInPlace, checkTables, read: run, write: writeRequests, close: () => database.close() };
}
