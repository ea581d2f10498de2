// Opens the state file. Replaces a damaged or missing file, and adds an incident for it.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  buildStateFile,
  fillStateFile,
  inMemory,
  installFile,
  newPathOf,
  newStateFile,
  removeStateFile,
} from '../sqlite/build-file.ts';
import { schemaVersion } from '../sqlite/schema.ts';
import { DamagedFileError, isDamage, NewerFileError } from '../sqlite/sqlite-errors.ts';
import { openSqliteFile, type SqliteFile } from '../sqlite/sqlite-file.ts';
import { type Incident, noteIncident } from './incident.ts';
import { findWalDamage } from './write-ahead-log.ts';

export interface StateFilePaths {
  readonly file: string;
  /** Directory for damaged files. */
  readonly quarantine: string;
}

export interface OpenedStateFile {
  readonly file: SqliteFile;
  readonly incident: Incident | undefined;
}

/** Opens the file, or repairs it. A missing file is an incident, because the data directory is created with a state file. */
export async function openStateFile(paths: StateFilePaths, now: () => number): Promise<OpenedStateFile> {
  finishReplacement(paths, now);
  if (!existsSync(paths.file)) return replaceMissing(paths, now);
  try {
    const damage = findWalDamage(`${paths.file}-wal`);
    if (damage !== undefined) throw new DamagedFileError(damage);
    return { file: openChecked(paths.file), incident: undefined };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return replaceDamaged(paths, error.message, now);
  }
}

const openChecked = (path: string): SqliteFile =>
  openSqliteFile(path, { check: (database) => assertTables(path, database) });

/** Returns the version of the file. @throws NewerFileError. */
export function assertKnownVersion(path: string, database: DatabaseSync): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > schemaVersion) {
    const text = `${path} has file format ${version}; this program supports up to ${schemaVersion}. Start the newer program again. The state file was not changed.`;
    throw new NewerFileError(text);
  }
  return version;
}

/** @throws NewerFileError, DamagedFileError. */
export function assertTables(path: string, database: DatabaseSync): void {
  const version = assertKnownVersion(path, database);
  // A lower version means that the file has no schema: the first version is 1.
  if (version < schemaVersion || tablesOf(database) !== expectedTables()) {
    throw new DamagedFileError('it does not have the tables of a state file');
  }
}

const tablesOf = (database: DatabaseSync): string =>
  JSON.stringify(database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all());

function expectedTables(): string {
  const database = newStateFile(inMemory);
  try {
    return tablesOf(database);
  } finally {
    database.close();
  }
}

function replaceMissing(paths: StateFilePaths, now: () => number): OpenedStateFile {
  const reason = 'the file was missing';
  const wal = quarantineWal(paths, quarantineName(now()));
  const incident: Incident = { kind: 'missing', reason, file: wal, recovered: 0, lost: undefined };
  buildStateFile(paths.file, (database) => noteIncident(database, incident, now()));
  return { file: openChecked(paths.file), incident };
}

/** Replaces a damaged file by one with its readable data. No connection to the file may be open. */
export async function replaceDamaged(
  paths: StateFilePaths,
  reason: string,
  now: () => number,
): Promise<OpenedStateFile> {
  // A static import would take 50 MB of memory in each thread, and repairs are rare.
  const { copyReadableData } = await import('./copy-readable-data.ts');
  const { file: path, quarantine } = paths;
  const atMs = now();
  const name = quarantineName(atMs);
  let incident: Incident | undefined;
  copyReadableData(path, newPathOf(path), (database, copied) => {
    incident = { kind: 'damaged', reason, file: join(basename(quarantine), name), ...copied };
    noteIncident(database, incident, atMs);
  });
  mkdirSync(quarantine, { recursive: true, mode: 0o700 });
  renameSync(path, join(quarantine, name));
  installNewFile(paths, name);
  return { file: openChecked(path), incident };
}

/**
 * Replaces a file that another process removed or replaced while it was open. Copies the data from the open file.
 */
export async function rebuildFromOpenFile(
  paths: StateFilePaths,
  open: SqliteFile,
  now: () => number,
): Promise<OpenedStateFile> {
  const { copyRows } = await import('./copy-rows.ts');
  const { file: path, quarantine } = paths;
  const atMs = now();
  const name = quarantineName(atMs);
  const isReplaced = existsSync(path);
  const reason = `${isReplaced ? 'it was replaced, or its write-ahead log removed,' : 'it was removed'} while the connector ran`;
  const file = isReplaced ? join(basename(quarantine), name) : undefined;
  let incident: Incident | undefined;
  fillStateFile(newPathOf(path), (database) => {
    incident = { kind: 'missing', reason, file, ...copyRows({ database: open.database }, database) };
    noteIncident(database, incident, atMs);
  });
  if (isReplaced) {
    mkdirSync(quarantine, { recursive: true, mode: 0o700 });
    renameSync(path, join(quarantine, name));
  }
  // Move the write-ahead log away first: close deletes whatever file has its path.
  quarantineWal(paths, name);
  open.close();
  installFile(path);
  return { file: openChecked(path), incident };
}

const quarantineName = (atMs: number): string =>
  `state-${new Date(atMs).toISOString().replaceAll(/[-:.]/g, '')}.sqlite`;

/** If the process was killed during a replacement: finish it if the old file is gone, else discard the new file. */
function finishReplacement(paths: StateFilePaths, now: () => number): void {
  const newPath = newPathOf(paths.file);
  if (existsSync(paths.file)) removeStateFile(newPath);
  else if (existsSync(newPath)) installNewFile(paths, quarantineName(now()));
}

function installNewFile(paths: StateFilePaths, name: string): void {
  quarantineWal(paths, name);
  installFile(paths.file);
}

/**
 * Moves the write-ahead log to quarantine: SQLite must not apply the log of the old file to a new one. Returns its new path,
 * relative to the data directory.
 */
function quarantineWal({ file: path, quarantine }: StateFilePaths, name: string): string | undefined {
  rmSync(`${path}-shm`, { force: true });
  const wal = `${path}-wal`;
  if (!existsSync(wal)) return undefined;
  mkdirSync(quarantine, { recursive: true, mode: 0o700 });
  renameSync(wal, join(quarantine, `${name}-wal`));
  return join(basename(quarantine), `${name}-wal`);
}
