// Opens the state file; one that is damaged or missing is never replaced unseen: it is set aside, and an incident noted.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConnectorError } from '@xiq-siem/core';
import { buildStateFile, newPathOf, putInPlace } from '../sqlite/build-file.ts';
import { schemaVersion } from '../sqlite/schema.ts';
import { openSqliteFile, type SqliteFile } from '../sqlite/sqlite-file.ts';
import { type Incident, noteIncident } from './incident.ts';
import { salvage } from './salvage.ts';

export interface StateFilePaths {
  readonly file: string;
  /** Where a damaged file goes. */
  readonly quarantine: string;
}

const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

export function isDamage(error: unknown): error is Error {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === sqliteCorrupt || code === sqliteNotADatabase;
}

/** The file must have been made once, with the data directory. */
export function openStateFile(
  paths: StateFilePaths,
  now: () => number,
): { readonly file: SqliteFile; readonly incident: Incident | undefined } {
  finishSettingAside(paths.file);
  if (!existsSync(paths.file)) {
    const incident: Incident = {
      kind: 'missing',
      reason: 'the file was not there',
      file: undefined,
      recovered: 0,
      lost: undefined,
    };
    buildStateFile(paths.file, (database) => noteIncident(database, incident, now()));
    return { file: openSqliteFile(paths.file), incident };
  }
  try {
    return { file: openVersioned(paths.file), incident: undefined };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return setAside(paths, error.message, now);
  }
}

function openVersioned(path: string): SqliteFile {
  const file = openSqliteFile(path);
  try {
    const [{ user_version: found } = { user_version: 0 }] = file.read('PRAGMA user_version');
    const version = Number(found);
    if (version === schemaVersion) return file;
    if (version < schemaVersion)
      throw Object.assign(new Error('it has no tables of ours'), { errcode: sqliteNotADatabase });
    const text = `${path} has version ${version}; this version takes ${schemaVersion} and has changed nothing: use the newer version again`;
    throw new ConnectorError('data_format_newer', text);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** To be called when no connection to the file is open. What can be read out of it is in the one that takes its place. */
export function setAside({ file: path, quarantine }: StateFilePaths, reason: string, now: () => number) {
  const atMs = now();
  const name = `state-${new Date(atMs).toISOString().replaceAll(/[-:.]/g, '')}.sqlite`;
  const kept = join(quarantine, name);
  let incident: Incident | undefined;
  salvage(path, newPathOf(path), (database, salvaged) => {
    incident = { kind: 'damaged', reason, file: join(basename(quarantine), name), ...salvaged };
    noteIncident(database, incident, atMs);
  });
  mkdirSync(quarantine, { recursive: true, mode: 0o700 });
  renameSync(path, kept);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${kept}-wal`);
  finishSettingAside(path);
  return { file: openSqliteFile(path), incident };
}

/** The new file must not be taken together with what the old one left beside it. */
function finishSettingAside(path: string): void {
  const next = newPathOf(path);
  if (existsSync(path)) rmSync(next, { force: true });
  if (!existsSync(next)) return;
  for (const rest of ['-wal', '-shm']) rmSync(path + rest, { force: true });
  putInPlace(path);
}
