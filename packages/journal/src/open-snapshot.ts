// Opens a view of a data directory by reading alone: of a connector that is stopped, or of one that runs meanwhile.
import { join, resolve } from 'node:path';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { requireFormat } from './data-directory.ts';
import { errorText, nodeFiles } from './files.ts';
import { type JournalSnapshot, logSnapshot } from './log-snapshot.ts';

export interface JournalSnapshotOptions {
  readonly log: Logger;
  /** A log of its own within the data directory, by the name of its room; the journal where not given. */
  readonly room?: 'dead-letters';
}

/**
 * Takes no lock; nothing in the directory is written, made, cut or moved, and what is damaged is passed over and said. Of
 * a running connector it may show the last records before they are synced.
 * @throws ConnectorError usage (no data directory), data_format_newer, data_format_unreadable, journal_failed.
 */
export async function openJournalSnapshot(
  directory: string,
  { log, room }: JournalSnapshotOptions,
): Promise<JournalSnapshot> {
  const path = resolve(directory);
  await requireFormat(path);
  const root = room === undefined ? path : join(path, room);
  try {
    return await logSnapshot(root, nodeFiles, log);
  } catch (error) {
    const text = `the journal in ${root} cannot be read (${errorText(error)}): see to its files' permissions and the disk`;
    throw new ConnectorError('journal_failed', text, { cause: error });
  }
}
