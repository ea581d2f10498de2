// The documents of a data directory for a command that changes one, whether a connector runs on it or not.
import { existsSync } from 'node:fs';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { type Documents, openDocuments } from './documents.ts';
import { openSqliteFile } from './sqlite/sqlite-file.ts';
import { stateErrors } from './state-errors.ts';
import { stateFileIn } from './state-file.ts';

/**
 * SQLite lets the processes take turns; as root it gives what it makes to the owner of the file.
 * @throws ConnectorError state_failed, state_busy; usage where no connector of this version was started there yet.
 */
export function openDocumentsBeside(directory: string, log: Logger): Documents & Disposable {
  const path = stateFileIn(directory);
  if (!existsSync(path)) {
    throw new ConnectorError('usage', `there is no state file ${path}: start the connector once, it makes one`);
  }
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectorError(stateErrors.failed, `the state file ${path} cannot be used (${message})`, { cause });
    }
  };
  const file = attempt(() => openSqliteFile(path));
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
