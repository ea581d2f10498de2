// Tests records of format 1 in an order that the fixture does not have.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openJournal } from '@xiq-siem/journal';
import { certainAge, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { letterOf } from '../dead-letters/test-dead-letters.ts';
import { inMemory, newStateFile } from '../sqlite/build-file.ts';
import { newStateDirectory } from '../test-state.ts';
import { copyDeadLetters } from './dead-letters.ts';

const log = createRecordingLogger();

/** The tables of a new file, with records copied from a directory of format 1. */
async function copied(records: readonly object[]) {
  const directory = await newStateDirectory();
  const room = join(directory, 'dead-letters');
  for (const name of ['journal', 'positions']) await mkdir(join(room, name), { recursive: true });
  await writeFile(join(directory, 'format'), '1\n');
  const bounds = { maxBytes: 1e8, minFreeBytes: 0, retainForMs: 1e9, segmentBytes: 1e6 };
  const meter = createRecordingMeter();
  const journal = await openJournal({ directory: room, ...bounds, now: Date.now, ageGuard: certainAge, log, meter });
  for (const record of records) {
    const metadata = { source: 'dead-letters', origin: 'webhook', receivedAtMs: 1 } as const;
    await journal.append(metadata, Buffer.from(JSON.stringify(record)));
  }
  await journal.close();
  const database = newStateFile(inMemory);
  expect(await copyDeadLetters(directory, database, log)).toBe(0);
  return database;
}

it('the copy of a resolution does not resolve an entry that was stored again', async () => {
  const { destination, code, sequence, element, lastAttemptMs, ...rest } = letterOf(7);
  const entry = { kind: 'entry', v: 1, destination, code, sequence, element, lastAttemptMs, ...rest };
  const ended = { how: 'delivered', destination, code, entries: [[1, 7, 0, lastAttemptMs]], atMs: 5, by: 'a-job' };
  const resolution = { kind: 'resolution', v: 1, ...ended };
  using database = await copied([entry, resolution, { ...entry, number: 1 }, { ...resolution, copyOf: 2 }]);
  expect(database.prepare('SELECT number, sequence FROM dead_letters').all()).toEqual([{ number: 1, sequence: 7 }]);
  expect(database.prepare('SELECT number, how FROM resolved').all()).toEqual([{ number: 1, how: 'delivered' }]);
  expect(database.prepare('SELECT delivered FROM dead_letter_totals').all()).toEqual([{ delivered: 1 }]);
});
