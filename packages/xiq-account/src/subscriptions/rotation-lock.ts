// One rotation of a source's secret at a time: a lock that the kernel lets go of, however its holder ends.
import { DatabaseSync } from 'node:sqlite';
import { ConnectorError } from '@xiq-siem/core';

const sqliteBusy = 5;

/** `path`: of the managed list; its directory has to be there. Throws `busy` where another process rotates. */
export function lockRotation(path: string): Disposable {
  const database = new DatabaseSync(`${path}.rotation-lock`, { timeout: 0 });
  try {
    // In memory, so that no journal file appears beside it.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!(cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy)) throw cause;
    throw new ConnectorError('busy', 'This secret is being rotated by another process: wait until that one is done.');
  }
  return { [Symbol.dispose]: () => database.close() };
}
