// Creates the state file of a new data directory, or migrates it from format 1.
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
 * Call it under the lock of the directory, before `format` becomes 2: until then the older version can use the directory,
 * whose files are unchanged. After an interruption it starts again.
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
      // An existing file is complete, and is never replaced by an empty one.
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
    const text = `the state file ${path} cannot be created (${reasonOf(cause)}): check the permissions and the disk, then start again. Nothing was changed`;
    throw new ConnectorError(stateErrors.failed, text, { cause });
  }
}

/** Copies the state of format 1 into memory, for commands that only read. */
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
 * Removes the files of format 1 from a directory of format 2. `keep`: moves them to the quarantine, because some could
 * not be read.
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
