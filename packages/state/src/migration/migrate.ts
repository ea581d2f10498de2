// Makes the state file of a data directory that has none yet: a new one, or one of format 1.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ConnectorError, type Logger, reasonOf } from '@xiq-siem/core';
import { type Incident, noteIncident } from '../recovery/incident.ts';
import {
  buildStateFile,
  commitStateFile,
  inMemory,
  installFile,
  newPathOf,
  newStateFile,
} from '../sqlite/build-file.ts';
import { stateErrors } from '../state-errors.ts';
import { stateFileIn } from '../state-file.ts';
import { type Copied, copyFormat1 } from './format-1.ts';

/**
 * To be called under the lock of the directory, before it is given format 2: until then the older program can go on
 * with its files, which stay as they are. Interrupted, it is done again from its beginning.
 * @throws ConnectorError state_failed.
 */
export async function prepareState(
  directory: string,
  fromFormat: 0 | 1,
  { now, log }: { readonly now: () => number; readonly log: Logger },
): Promise<void> {
  const path = stateFileIn(directory);
  try {
    if (fromFormat === 0) {
      // One that is there is whole: it is never replaced by an empty one.
      if (!existsSync(path)) buildStateFile(path);
      return;
    }
    log.info('state.migrating', { directory });
    const database = newStateFile(newPathOf(path));
    try {
      const copied = await copyFormat1(directory, database, log);
      if (copied.unreadable > 0) noteIncident(database, incidentOf(copied), now());
      commitStateFile(database);
      log.info('state.migrated', { ...copied });
    } finally {
      database.close();
    }
    installFile(path);
  } catch (cause) {
    if (cause instanceof ConnectorError) throw cause;
    const text = `the state file ${path} cannot be made (${reasonOf(cause)}): nothing has changed; see to the permissions and the disk, and start again`;
    throw new ConnectorError(stateErrors.failed, text, { cause });
  }
}

/** The tables of a directory of format 1, for one that only reads. */
export async function migrateInMemory(directory: string, log: Logger): Promise<DatabaseSync> {
  const database = newStateFile(inMemory);
  try {
    await copyFormat1(directory, database, log);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const quarantineFolder = 'quarantine/format-1';

function incidentOf({ deadLetters, documents, jobs, unreadable }: Copied): Incident {
  const reason = `${unreadable} records or files of format 1 could not be read when they were migrated`;
  return {
    kind: 'migrated',
    reason,
    file: quarantineFolder,
    recovered: deadLetters + documents + jobs,
    lost: unreadable,
  };
}

/**
 * The files of format 1, once the directory has format 2; nothing where they are gone. `keep`: moves them to the
 * quarantine, since some of them could not be read.
 */
export async function removeMigrated(directory: string, keep: boolean): Promise<void> {
  const positions = join(directory, 'positions');
  const times = (await readdir(positions)).filter((name) => name.endsWith('.times'));
  const old = ['dead-letters', 'jobs', ...times.map((name) => join('positions', name))].filter((name) =>
    existsSync(join(directory, name)),
  );
  if (keep && old.length > 0)
    await mkdir(join(directory, quarantineFolder, 'positions'), { recursive: true, mode: 0o700 });
  for (const name of old) {
    if (keep) await rename(join(directory, name), join(directory, quarantineFolder, name));
    else await rm(join(directory, name), { recursive: true, force: true });
  }
}
