// Opens the state file; one that is damaged or missing is never replaced unseen: it is set aside, and an incident noted.
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
  /** Where a damaged file goes. */
  readonly quarantine: string;
}

export interface OpenedStateFile {
  readonly file: SqliteFile;
  readonly incident: Incident | undefined;
}

/** The file must have been made once, with the data directory. */
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

/** @throws NewerFileError. Gives the version that it has. */
export function requireKnownVersion(path: string, database: DatabaseSync): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > schemaVersion) {
    const text = `${path} has version ${version}; this version takes ${schemaVersion} and has changed nothing: use the newer version again`;
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
  const reason = 'the file was not there';
  const kept = quarantineLog(paths, quarantineName(now()));
  const incident: Incident = { kind: 'missing', reason, file: kept, recovered: 0, lost: undefined };
  buildStateFile(paths.file, (database) => noteIncident(database, incident, now()));
  return { file: openChecked(paths.file), incident };
}

/** To be called when no connection to the file is open. What can be read out of it is in the one that takes its place. */
export async function replaceDamaged(
  paths: StateFilePaths,
  reason: string,
  now: () => number,
): Promise<OpenedStateFile> {
  // Hardly ever needed, and what it stands on takes 50 MB of memory in a thread of its own.
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
 * To be called where the file that is open is no longer under its name, or its log: what it holds is still to be read, and is
 * in the one that takes its place.
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
  // It would remove what is under the name of its log.
  open.close();
  installFile(path);
  return { file: openChecked(path), incident };
}

const quarantineName = (atMs: number): string =>
  `state-${new Date(atMs).toISOString().replaceAll(/[-:.]/g, '')}.sqlite`;

/** A kill may have come before the damaged file was moved: then that is done again, or after. */
function finishReplacement(paths: StateFilePaths, now: () => number): void {
  const next = newPathOf(paths.file);
  if (existsSync(paths.file)) removeStateFile(next);
  else if (existsSync(next)) installNewFile(paths, quarantineName(now()));
}

function installNewFile(paths: StateFilePaths, name: string): void {
  quarantineLog(paths, name);
  installFile(paths.file);
}

/** A new file must not be taken together with the log of the one before. Gives where that is, within the data directory. */
function quarantineLog({ file: path, quarantine }: StateFilePaths, name: string): string | undefined {
  rmSync(`${path}-shm`, { force: true });
  const log = `${path}-wal`;
  if (!existsSync(log)) return undefined;
  mkdirSync(quarantine, { recursive: true, mode: 0o700 });
  renameSync(log, join(quarantine, `${name}-wal`));
  return join(basename(quarantine), `${name}-wal`);
}
