// Opens the state file. Replaces a damaged or missing one, and adds an incident for it.
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
import { logDamage } from './write-ahead-log.ts';

export interface StateFilePaths {
  readonly file: string;
  /** Directory for damaged files. */
  readonly quarantine: string;
}

export interface OpenedStateFile {
  readonly file: SqliteFile;
  readonly incident: Incident | undefined;
}

/** The file was created with the data directory: a missing one is an incident. */
export async function openStateFile(paths: StateFilePaths, now: () => number): Promise<OpenedStateFile> {
  finishReplacement(paths, now);
  if (!existsSync(paths.file)) return replaceMissing(paths, now);
  try {
    const damage = logDamage(`${paths.file}-wal`);
    if (damage !== undefined) throw new DamagedFileError(damage);
    return { file: openChecked(paths.file), incident: undefined };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return replaceDamaged(paths, error.message, now);
  }
}

const openChecked = (path: string): SqliteFile =>
  openSqliteFile(path, { check: (database) => requireTables(path, database) });

/** Returns the version of the file. @throws NewerFileError. */
export function requireKnownVersion(path: string, database: DatabaseSync): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > schemaVersion) {
    const text = `${path} has version ${version}, and this version supports up to ${schemaVersion}: use the newer version again. Nothing was changed`;
    throw new NewerFileError(text);
  }
  return version;
}

/** @throws NewerFileError, DamagedFileError. */
export function requireTables(path: string, database: DatabaseSync): void {
  const version = requireKnownVersion(path, database);
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
  const kept = quarantineLog(paths, quarantineName(now()));
  const incident: Incident = { kind: 'missing', reason, file: kept, recovered: 0, lost: undefined };
  buildStateFile(paths.file, (database) => noteIncident(database, incident, now()));
  return { file: openChecked(paths.file), incident };
}

/** Replaces a damaged file by one with its readable data. No connection to the file may be open. */
export async function replaceDamaged(
  paths: StateFilePaths,
  reason: string,
  now: () => number,
): Promise<OpenedStateFile> {
  // Rarely needed, and its imports take 50 MB of memory in a thread.
  const { salvage } = await import('./salvage.ts');
  const { file: path, quarantine } = paths;
  const atMs = now();
  const name = quarantineName(atMs);
  let incident: Incident | undefined;
  salvage(path, newPathOf(path), (database, salvaged) => {
    incident = { kind: 'damaged', reason, file: join(basename(quarantine), name), ...salvaged };
    noteIncident(database, incident, atMs);
  });
  mkdirSync(quarantine, { recursive: true, mode: 0o700 });
  renameSync(path, join(quarantine, name));
  installNewFile(paths, name);
  return { file: openChecked(path), incident };
}

/**
 * Replaces a file that was removed, or replaced by another process, while it was open: copies its data from the open file.
 */
export async function replaceMoved(
  paths: StateFilePaths,
  open: SqliteFile,
  now: () => number,
): Promise<OpenedStateFile> {
  const { copyRows } = await import('./copy-rows.ts');
  const { file: path, quarantine } = paths;
  const atMs = now();
  const name = quarantineName(atMs);
  const isReplaced = existsSync(path);
  const reason = `${isReplaced ? 'it was replaced, or its log removed,' : 'it was removed'} while the connector ran`;
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
  quarantineLog(paths, name);
  // SQLite would remove the file that has the name of its log.
  open.close();
  installFile(path);
  return { file: openChecked(path), incident };
}

const quarantineName = (atMs: number): string =>
  `state-${new Date(atMs).toISOString().replaceAll(/[-:.]/g, '')}.sqlite`;

/** After a kill, discards a replacement that was not installed, or installs it if the old file was already moved. */
function finishReplacement(paths: StateFilePaths, now: () => number): void {
  const next = newPathOf(paths.file);
  if (existsSync(paths.file)) removeStateFile(next);
  else if (existsSync(next)) installNewFile(paths, quarantineName(now()));
}

function installNewFile(paths: StateFilePaths, name: string): void {
  quarantineLog(paths, name);
  installFile(paths.file);
}

/** A new file must not be opened with the log of the old one. Returns the new path of the log in the data directory. */
function quarantineLog({ file: path, quarantine }: StateFilePaths, name: string): string | undefined {
  rmSync(`${path}-shm`, { force: true });
  const log = `${path}-wal`;
  if (!existsSync(log)) return undefined;
  mkdirSync(quarantine, { recursive: true, mode: 0o700 });
  renameSync(log, join(quarantine, `${name}-wal`));
  return join(basename(quarantine), `${name}-wal`);
}
