// The state file of a connector that is stopped, or that runs meanwhile: read, and not a byte of the directory changed.
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { ConnectorError, type Logger, reasonOf } from '@xiq-siem/core';
import { requireFormat } from '@xiq-siem/journal';
import { migrateInMemory } from './migration/migrate.ts';
import { requireKnownVersion } from './recovery/open-state-file.ts';
import { lastingLogDamage } from './recovery/write-ahead-log.ts';
import type { Reading } from './sqlite/database.ts';
import { NewerFileError } from './sqlite/sqlite-errors.ts';
import { openSqliteFile } from './sqlite/sqlite-file.ts';
import { stateErrors } from './state-errors.ts';
import { stateFileIn } from './state-file.ts';

export interface StateSnapshot extends Reading {
  close(): Promise<void>;
}

/**
 * `directory` is the data directory, of this format or of the first.
 * @throws ConnectorError usage (no data directory), data_format_newer, data_format_unreadable, state_failed (so does `read`).
 */
export async function openStateSnapshot(directory: string, log: Logger): Promise<StateSnapshot> {
  const format = await requireFormat(directory);
  const path = stateFileIn(directory);
  const snapshot = await withStateError(path, async () => {
    if (format === 1) return readingOf(await migrateInMemory(directory, log));
    return await openReadOnly(path);
  });
  const read: Reading['read'] = (sql, parameters) => withStateError(path, () => snapshot.read(sql, parameters));
  try {
    await read('SELECT 1 FROM dead_letters LIMIT 1');
  } catch (error) {
    await snapshot.close();
    throw error;
  }
  return { read, close: snapshot.close };
}

async function withStateError<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ConnectorError) throw cause;
    if (cause instanceof NewerFileError) throw new ConnectorError('data_format_newer', cause.message, { cause });
    const text = `${path} cannot be read (${errorTextOf(cause)}): start the connector, which sets a damaged file aside, or see to its permissions`;
    throw new ConnectorError(stateErrors.failed, text, { cause });
  }
}

/** The code of an error of SQLite is the same for all of them. */
function errorTextOf(cause: unknown): string {
  const reason = reasonOf(cause);
  return reason === 'ERR_SQLITE_ERROR' && cause instanceof Error ? cause.message : reason;
}

async function openReadOnly(path: string): Promise<StateSnapshot> {
  const [file, log, index] = await Promise.all([path, `${path}-wal`, `${path}-shm`].map(sizeOf));
  // Nothing was lost without being said: the next start notes it.
  if (file === undefined) throw new Error('it is not there');
  const damage = lastingLogDamage(`${path}-wal`);
  if (damage !== undefined) throw new Error(damage);
  const address = pathToFileURL(path).href;
  // SQLite would make a log that is not there.
  if (log === undefined) return fileReading(`${address}?immutable=1`, path);
  // A connector that runs, or was killed: what was not yet moved from the log to the file is read from the log.
  if (index !== undefined) return fileReading(`${address}?mode=ro&readonly_shm=1`, path);
  if (log === 0) return fileReading(`${address}?immutable=1`, path);
  // A log without its index, as in a copy: SQLite would make the index beside it.
  const copy = await mkdtemp(join(tmpdir(), 'xiq-siem-state-'));
  const remove = (): Promise<void> => rm(copy, { recursive: true, force: true });
  try {
    const name = join(copy, 'state.sqlite');
    await Promise.all([copyFile(path, name), copyFile(`${path}-wal`, `${name}-wal`)]);
    const reading = fileReading(name, path);
    return {
      ...reading,
      async close() {
        await reading.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

function fileReading(address: string, path: string): StateSnapshot {
  const check = (database: DatabaseSync): number => requireKnownVersion(path, database);
  const { read, close } = openSqliteFile(address, { readOnly: true, check });
  return { read: async (sql, parameters) => read(sql, parameters), close: async () => close() };
}

function readingOf(database: DatabaseSync): StateSnapshot {
  return {
    read: async (sql, parameters = []) => database.prepare(sql).all(...parameters),
    close: async () => database.close(),
  };
}
