// Opens the documents of a data directory for a command that changes one, whether a connector runs or not.
import { existsSync } from 'node:fs';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { type Documents, openDocuments } from './documents.ts';
import { assertTables } from './recovery/open-state-file.ts';
import { findLastingWalDamage } from './recovery/write-ahead-log.ts';
import { DamagedFileError, failureKindOf, isDamage, NewerFileError } from './sqlite/sqlite-errors.ts';
import { openSqliteFile } from './sqlite/sqlite-file.ts';
import { stateErrors } from './state-errors.ts';
import { stateFileIn } from './state-file.ts';

/**
 * SQLite serializes the writes of the processes. As root it creates its files for the owner of the state file.
 * @throws ConnectorError data_format_newer, state_failed, state_full, state_busy; data_directory_missing if no connector of this version was started there.
 */
export function openSharedDocuments(directory: string, log: Logger): Documents & Disposable {
  const path = stateFileIn(directory);
  if (!existsSync(path)) {
    throw new ConnectorError(
      'data_directory_missing',
      `there is no state file ${path}: start the connector once to create it`,
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
        ? 'start the connector, which moves it to the quarantine'
        : 'check its permissions and the disk, then run the command again';
      throw new ConnectorError(error, `the state file ${path} cannot be used (${message}): ${next}`, { cause });
    }
  };
  const file = attempt(() => {
    // SQLite would apply the log up to the damage and remove the rest. The connector recovers more of it.
    const damage = findLastingWalDamage(`${path}-wal`);
    if (damage !== undefined) throw new DamagedFileError(damage);
    return openSqliteFile(path, { check: (database) => assertTables(path, database) });
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
