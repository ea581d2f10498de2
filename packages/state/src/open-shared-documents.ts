// The documents of a data directory for a command that changes one, whether a connector runs on it or not.
import { existsSync } from 'node:fs';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { type Documents, openDocuments } from './documents.ts';
import { requireTables } from './recovery/open-state-file.ts';
import { lastingLogDamage } from './recovery/write-ahead-log.ts';
import { DamagedFileError, failureKindOf, isDamage, NewerFileError } from './sqlite/sqlite-errors.ts';
import { openSqliteFile } from './sqlite/sqlite-file.ts';
import { stateErrors } from './state-errors.ts';
import { stateFileIn } from './state-file.ts';

/**
 * SQLite lets the processes take turns; as root it gives what it makes to the owner of the file.
 * @throws ConnectorError data_format_newer, state_failed, state_full, state_busy; data_directory_missing where no connector of this version was started there yet.
 */
export function openSharedDocuments(directory: string, log: Logger): Documents & Disposable {
  const path = stateFileIn(directory);
  if (!existsSync(path)) {
    throw new ConnectorError(
      'data_directory_missing',
      `there is no state file ${path}: start the connector once, it makes one`,
    );
  }
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      if (cause instanceof NewerFileError) throw new ConnectorError('data_format_newer', message, { cause });
      const kind = failureKindOf(cause);
      const error = stateErrors[kind === 'refused' ? 'failed' : kind];
      const next = isDamage(cause)
        ? 'start the connector, which sets it aside'
        : 'see to its permissions and the disk, and run this again';
      throw new ConnectorError(error, `the state file ${path} cannot be used (${message}): ${next}`, { cause });
    }
  };
  const file = attempt(() => {
    // SQLite would take the log up to there, and remove the rest: what is read out of it is for the connector.
    const damage = lastingLogDamage(`${path}-wal`);
    if (damage !== undefined) throw new DamagedFileError(damage);
    return openSqliteFile(path, { check: (database) => requireTables(path, database) });
  });
  const documents = openDocuments(
    {
      read: async (sql, parameters) => attempt(() => file.read(sql, parameters)),
      write: async (statements) =>
        attempt(() =>
          file.write([statements]).flatMap((one) => {
            if ('error' in one) throw one.error;
            return one.rows;
          }),
        ),
    },
    log,
  );
  return { ...documents, [Symbol.dispose]: () => file.close() };
}
