// The dead letters of a connector that is stopped, or that runs meanwhile: read, and nothing changed.
import type { Logger } from '@xiq-siem/core';
import { openJournalSnapshot } from '@xiq-siem/journal';
import { deadLetterReading } from './dead-letter-reading.ts';
import type { DeadLetterReading } from './dead-letters.ts';
import { scanLog } from './scan-log.ts';

/**
 * `directory` is the data directory.
 * @throws ConnectorError usage (no data directory), data_format_newer, data_format_unreadable, journal_failed.
 */
export async function openDeadLettersSnapshot(
  directory: string,
  { log }: { readonly log: Logger },
): Promise<DeadLetterReading> {
  const snapshot = await openJournalSnapshot(directory, { log, room: 'dead-letters' });
  try {
    return { ...deadLetterReading(snapshot, await scanLog(snapshot, log)), close: snapshot.close };
  } catch (error) {
    await snapshot.close();
    throw error;
  }
}
