// Tests documents that a command changes, if the file is in use or its log is damaged.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test, vi } from 'vitest';
import { openSharedDocuments } from './open-shared-documents.ts';
import { stateFileIn } from './state-file.ts';
import { newStateDirectory, openTestState } from './test-state.ts';

/** A short timeout instead of five seconds. */
vi.mock('node:sqlite', async (original) => {
  const actual = await original<typeof import('node:sqlite')>();
  class ShortTimeoutDatabase extends actual.DatabaseSync {
    constructor(path: string, options: DatabaseSyncOptions = {}) {
      super(path, { ...options, timeout: 20 });
    }
  }
  return { ...actual, DatabaseSync: ShortTimeoutDatabase };
});

const log = createRecordingLogger();

test('rejects with state_busy while another process writes', async () => {
  const directory = await newStateDirectory();
  using beside = openSharedDocuments(directory, log);
  using other = new DatabaseSync(stateFileIn(directory));
  other.exec('BEGIN IMMEDIATE');
  await expect(beside.put('rotation/xiq', 1)).rejects.toMatchObject({ code: 'state_busy' });
  other.exec('ROLLBACK');
  await beside.put('rotation/xiq', 1);
});

test('rejects a damaged log with state_failed, and leaves its repair to the connector', async () => {
  const running = await newStateDirectory();
  const { documents } = await openTestState(running);
  for (const number of [1, 2, 3, 4, 5]) await documents.put(`job/${number}`, 'x'.repeat(5000));
  const killed = await newStateDirectory();
  const path = stateFileIn(killed);
  cpSync(stateFileIn(running), path);
  const damaged = readFileSync(`${stateFileIn(running)}-wal`).fill(0xee, 5000, 5100);
  writeFileSync(`${path}-wal`, damaged);
  expect(() => openSharedDocuments(killed, log)).toThrow(
    expect.objectContaining({ code: 'state_failed', message: expect.stringContaining('start the connector') }),
  );
  expect(readFileSync(`${path}-wal`).equals(damaged)).toBe(true);
  expect(await (await openTestState(killed)).incidents()).toMatchObject([{ kind: 'damaged' }]);
});

test('rejects a file of a newer version or with other tables, and does not change it', async () => {
  for (const [sql, code] of [
    ['PRAGMA user_version = 9', 'data_format_newer'],
    ['DROP TABLE progress', 'state_failed'],
  ] as const) {
    const directory = await newStateDirectory();
    {
      using database = new DatabaseSync(stateFileIn(directory));
      database.exec(sql);
    }
    const before = readFileSync(stateFileIn(directory));
    expect(() => openSharedDocuments(directory, log)).toThrow(expect.objectContaining({ code }));
    expect(readFileSync(stateFileIn(directory)).equals(before)).toBe(true);
  }
});
