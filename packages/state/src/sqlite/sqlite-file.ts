// One SQLite connection to the state file: statements that are prepared once, and transactions that several share.
import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Row, SqlValue, Statement } from './database.ts';
import { isDamage } from './sqlite-errors.ts';

/** Another process may write one row: the secret rotation of the command line. */
const busyTimeoutMs = 5_000;

/** Runs statements, each text of which is prepared at its first use. */
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
  /** Whether the file and its log are still under their names: SQLite goes on with files that were removed. */
  isInPlace(): boolean;
  /** Throws what `check` throws, where somebody changed the tables since it was opened. */
  checkTables(): void;
  read(sql: string, parameters?: readonly SqlValue[]): readonly Row[];
  /**
   * Each list of statements succeeds or fails for itself; all that succeed are synced together.
   * @throws What SQLite throws where the file is damaged: nothing is written then.
   */
  write(requests: readonly (readonly Statement[])[]): readonly Written[];
  close(): void;
}

export type Written = { readonly rows: readonly (readonly Row[])[] } | { readonly error: unknown };

const sqliteIoErrorOfIndex = new Set([18, 19, 20, 21].map((detail) => 10 | (detail << 8)));

interface SqliteFileOptions {
  readonly readOnly?: boolean;
  /** May throw: nothing is changed before. */
  readonly check?: (database: DatabaseSync) => void;
}

/** A full disk has no place for the index beside the log: then it is in memory, and no other process can read the file. */
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
      // After a failed sync the system may call pages clean that are not on disk: a checkpoint writes them again.
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
/** Undefined where nobody can say. */
const filesUnder = (path: string): readonly (string | undefined)[] =>
  [path, `${path}-wal`].map((name) => {
    try {
      const { dev, ino } = statSync(name, { throwIfNoEntry: false }) ?? {};
      return ino === undefined ? none : `${dev} ${ino}`;
    } catch {
      return undefined;
    }
  });

/** `path` may be a file URI. Throws what SQLite throws. */
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
      // A full disk has ended the whole transaction already; of a damaged file nothing is kept.
      if (!database.isTransaction || isDamage(error)) throw error;
      database.exec('ROLLBACK TO request; RELEASE request');
      return { error };
    }
  }

  const [first, second] = [filesUnder(path), filesUnder(path)];
  // Some file systems give a file another number each time: there nobody can say.
  const filesAtOpening = first.map((file, index) => (file === second[index] && file !== none ? file : undefined));
  return {
    database,
    isInPlace() {
      const files = filesUnder(path);
      return filesAtOpening.every((file, index) => [file, files[index]].includes(undefined) || file === files[index]);
    },
    checkTables() {
      const schema = schemaNow();
      if (schema === checkedSchema) return;
      options.check?.(database);
      checkedSchema = schema;
    },
    read: run,
    write(requests) {
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
    },
    close: () => database.close(),
  };
}
