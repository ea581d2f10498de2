// Where dead letters rest: a log of their own in the journal's format, from which nothing is ever let go.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadLetterStore } from '@xiq-siem/delivery';
import { type JournalOptions, openJournal } from '@xiq-siem/journal';

export interface DeadLetters extends DeadLetterStore {
  close(): Promise<void>;
}

/** The position that holds every entry until a person has seen to it. */
const holder = 'dead-letters';

/** `directory` is the data directory's room for them. Full means full: an `append` then rejects, and its destination waits. */
export async function openDeadLetters(
  directory: string,
  options: Omit<JournalOptions, 'directory' | 'retainForMs'>,
): Promise<DeadLetters> {
  for (const room of ['journal', 'positions', 'quarantine'])
    await mkdir(join(directory, room), { recursive: true, mode: 0o700 });
  const log = await openJournal({ ...options, directory, retainForMs: Number.POSITIVE_INFINITY });
  await log.position(holder, { startAt: 'earliest', whenFull: 'hold' });
  return {
    get full() {
      return !log.acceptance().ok;
    },
    async append(entry) {
      const metadata = { source: entry.destination, origin: 'self', receivedAtMs: entry.lastAttemptMs } as const;
      await log.append(metadata, Buffer.from(JSON.stringify(entry)));
    },
    close: () => log.close(),
  };
}
