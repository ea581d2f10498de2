// Makes a new state file: whole under its name, or not at all.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { schema } from './schema.ts';

export const inMemory = ':memory:';

/** With its tables, in a transaction that `commitStateFile` ends; or `inMemory`. What stands under `path` is replaced. */
export function newStateFile(path: string): DatabaseSync {
  if (path !== inMemory) {
    removeStateFile(path);
    // SQLite would make it readable by all; the files that it makes beside it get the same mode.
    closeSync(openSync(path, 'wx', 0o600));
  }
  const database = new DatabaseSync(path);
  try {
    // Before any table is made: what is freed can be given back to the disk.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL; BEGIN');
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * From its first opening on it has a write-ahead log: the change to that has a journal of its own, which a power cut may
 * bring back, and which would undo it.
 */
export const commitStateFile = (database: DatabaseSync): void => database.exec('COMMIT; PRAGMA journal_mode = WAL');

export function removeStateFile(path: string): void {
  for (const rest of ['', '-journal', '-wal', '-shm']) rmSync(path + rest, { force: true });
}

/** As `newStateFile`, committed and closed once `fill` has written to it. */
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

/** Gives a file that was made under `newPathOf(path)` its name. */
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
