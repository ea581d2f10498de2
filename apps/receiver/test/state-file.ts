// For tests: reads and writes the state file of a stopped connector with the product's own code.
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

/** Reads the state of a connector with the data directory `data` in `directory`. */
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

/** All open dead letters; throws where a document cannot be read. */
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

/** Sets the time at which webhooks were last accepted, in epoch milliseconds. */
export async function setLastAlive(directory: string, ms: number): Promise<void> {
  using documents = openSharedDocuments(join(directory, 'data'), createRecordingLogger());
  await documents.put(documentNames.alive, ms);
}
