// Reads the state file without changing the data directory, whether a connector runs or not.
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { ConnectorError, type Logger, reasonOf } from '@xiq-siem/core';
import { requireFormat } from '@xiq-siem/journal';
import { migrateInMemory } from './migration/migrate.ts';
import { assertKnownVersion } from './recovery/open-state-file.ts';
import { findLastingWalDamage } from './recovery/write-ahead-log.ts';
import type { Reading } from './sqlite/database.ts';
import { NewerFileError } from './sqlite/sqlite-errors.ts';
import { openSqliteFile } from './sqlite/sqlite-file.ts';
import { stateErrors } from './state-errors.ts';
import { stateFileIn } from './state-file.ts';

export interface StateSnapshot extends Reading {
  close(): Promise<void>;
}

/**
 * `directory` is a data directory of the current format or of format 1.
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
    const text = `${path} cannot be read (${errorTextOf(cause)}): check its permissions. If it is damaged or missing, start the connector: it builds a new file from the readable data`;
    throw new ConnectorError(stateErrors.failed, text, { cause });
  }
}

/** All errors of SQLite have the same code, so their message is used. */
function errorTextOf(cause: unknown): string {
  const reason = reasonOf(cause);
  return reason === 'ERR_SQLITE_ERROR' && cause instanceof Error ? cause.message : reason;
}

async function openReadOnly(path: string): Promise<StateSnapshot> {
  const [file, wal, index] = await Promise.all([path, `${path}-wal`, `${path}-shm`].map(sizeOf));
  // The next start adds an incident for it.
  if (file === undefined) throw new Error('the file is missing');
  const damage = findLastingWalDamage(`${path}-wal`);
  if (damage !== undefined) throw new Error(damage);
  const address = pathToFileURL(path).href;
  // SQLite would create a missing write-ahead log.
  if (wal === undefined) return fileReading(`${address}?immutable=1`, path);
  // The connector runs or was killed: some changes are only in the write-ahead log.
  if (index !== undefined) return fileReading(`${address}?mode=ro&readonly_shm=1`, path);
  if (wal === 0) return fileReading(`${address}?immutable=1`, path);
  // A write-ahead log without its index, as in a copied directory: SQLite would create the index.
  const copy = await mkdtemp(join(tmpdir(), 'xiq-siem-state-'));
  const remove = (): Promise<void> => rm(copy, { recursive: true, force: true });
  try {
    const name = join(copy, 'state.sqlite');
    await Promise.all([copyFile(path, name), copyFile(`${path}-wal`, `${name}-wal`)]);
    const reading = fileReading(name, path);
    return { ...reading, close: () => reading.close().then(remove) };
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
  const check = (database: DatabaseSync): number => assertKnownVersion(path, database);
  const { read, close } = openSqliteFile(address, { readOnly: true, check });
  return { read: async (sql, parameters) => read(sql, parameters), close: async () => close() };
}

function readingOf(database: DatabaseSync): StateSnapshot {
  return {
    read: async (sql, parameters = []) => database.prepare(sql).all(...parameters),
    close: async () => database.close(),
  };
}
