// Creates new state files atomically.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { schema } from './schema.ts';

export const inMemory = ':memory:';

/** Creates the tables in a transaction that `commitStateFile` ends. `path` is replaced; it may be `inMemory`. */
export function newStateFile(path: string): DatabaseSync {
  if (path !== inMemory) {
    removeStateFile(path);
    // SQLite would make it readable by all. Its log and index get the same mode.
    closeSync(openSync(path, 'wx', 0o600));
  }
  const database = new DatabaseSync(path);
  try {
    // Set before the first table is created: SQLite can then shrink the file.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL; BEGIN');
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Switches to a write-ahead log before the file is installed: the switch uses a rollback journal, which a power cut could
 * restore, and which would undo it.
 */
export const commitStateFile = (database: DatabaseSync): void => database.exec('COMMIT; PRAGMA journal_mode = WAL');

export function removeStateFile(path: string): void {
  for (const rest of ['', '-journal', '-wal', '-shm']) rmSync(path + rest, { force: true });
}

/** Creates a file, calls `fill`, commits and closes it. */
export function fillStateFile(path: string, fill: (database: DatabaseSync) => void): void {
  const database = newStateFile(path);
  try {
    fill(database);
    commitStateFile(database);
  } finally {
    database.close();
  }
}

export const newPathOf = (path: string): string => `${path}.new`;

/** Renames `newPathOf(path)` to `path`. */
export function installFile(path: string): void {
  renameSync(newPathOf(path), path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

export function buildStateFile(path: string, fill: (database: DatabaseSync) => void = () => undefined): void {
  fillStateFile(newPathOf(path), fill);
  installFile(path);
}
