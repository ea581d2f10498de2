// For tests: what the state file of a stopped connector holds, read and written as the product does.
import { join } from 'node:path';
import { linesOf } from '@xiq-siem/queries/test-queries';
import {
  deadLetterReading,
  documentNames,
  openSharedDocuments,
  openStateSnapshot,
  type StateSnapshot,
  type StoredDeadLetter,
} from '@xiq-siem/state';
import { createRecordingLogger } from '@xiq-siem/testkit';

/** Reads the state of the connector whose data directory is `data` in this one. */
export async function withState<Result>(
  directory: string,
  read: (state: StateSnapshot) => Promise<Result>,
): Promise<Result> {
  const state = await openStateSnapshot(join(directory, 'data'), createRecordingLogger());
  try {
    return await read(state);
  } finally {
    await state.close();
  }
}

/** All that are open; throws where the document of one cannot be read. */
export const deadLettersIn = (directory: string): Promise<readonly StoredDeadLetter[]> =>
  withState(directory, async (state) => {
    const log = createRecordingLogger();
    const reading = deadLetterReading(state, log);
    const batches = reading.read({}, Number.MAX_SAFE_INTEGER, new AbortController().signal);
    const letters = (await linesOf(batches)).flat();
    const { matching } = await reading.extent({});
    if (letters.length !== matching || log.lines.length > 0) throw new Error('a dead letter was lost');
    return letters;
  });

/** As if webhooks had last been accepted then, epoch milliseconds. */
export async function setLastAlive(directory: string, ms: number): Promise<void> {
  using documents = openSharedDocuments(join(directory, 'data'), createRecordingLogger());
  await documents.put(documentNames.alive, ms);
}
