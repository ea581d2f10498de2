// Tests the thread of the state file: shared syncs, failures of single requests, a full disk and a failed disk.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import type { ConnectorError } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { range } from '../dead-letters/test-dead-letters.ts';
import { openState } from '../open-state.ts';
import type { Database, Statement } from '../sqlite/database.ts';
import { stateFileIn } from '../state-file.ts';
import { newStateDirectory, openTestState } from '../test-state.ts';

const threads = vi.hoisted((): Worker[] => []);
vi.mock('node:worker_threads', async (original) => {
  const actual = await original<typeof import('node:worker_threads')>();
  class RecordedWorker extends actual.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      threads.push(this);
    }
  }
  return { ...actual, Worker: RecordedWorker };
});

const note = (name: string, json = '1'): Statement => ({
  sql: 'INSERT INTO documents (name, json, crc) VALUES (?, ?, 0)',
  parameters: [name, json],
});
const namesIn = async (database: Database): Promise<readonly unknown[]> =>
  (await database.read('SELECT name FROM documents ORDER BY name')).map(({ name }) => name);

async function opened() {
  const directory = await newStateDirectory();
  const failures: ConnectorError[] = [];
  const onFailure = (error: ConnectorError) => void failures.push(error);
  const state = await openState(directory, { now: Date.now, log: createRecordingLogger(), onFailure });
  onTestFinished(() => state.close());
  return { directory, failures, state, database: state.database };
}

/** Counts transactions in the write-ahead log: the last frame of each has the size of the file. */
function commitsIn(directory: string): number {
  const log = readFileSync(`${stateFileIn(directory)}-wal`);
  const frames = range(0, Math.floor((log.length - 32) / 4120) - 1);
  return frames.filter((frame) => log.readUInt32BE(32 + frame * 4120 + 4) > 0).length;
}

it('writes waiting requests in one transaction', async () => {
  const { directory, database } = await opened();
  for (const number of range(1, 50)) await database.write([note(`one by one ${number}`)]);
  expect(commitsIn(directory)).toBe(50);
  await Promise.all(range(1, 400).map((number) => database.write([note(`at once ${number}`)])));
  expect(commitsIn(directory)).toBeLessThan(60);
  expect(await namesIn(database)).toHaveLength(450);
});

it('a failed request changes nothing, and the others of its group succeed', async () => {
  const { database, failures } = await opened();
  const outcomes = await Promise.allSettled([
    database.write([note('a')]),
    database.write([note('b'), note('a')]),
    database.write([note('c')]),
    database.write([{ sql: 'no SQL' }]),
    database.write([note('d')]),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect(await namesIn(database)).toEqual(['a', 'c', 'd']);
  expect(failures).toEqual([]);
});

it('returns the rows of each statement to its request', async () => {
  const { database } = await opened();
  const returning = (name: string): Statement => ({ ...note(name), sql: `${note(name).sql} RETURNING name` });
  const all = await Promise.all([
    database.write([note('a'), returning('b')]),
    database.write([returning('c'), returning('d')]),
  ]);
  expect(all).toMatchObject([
    [[], [{ name: 'b' }]],
    [[{ name: 'c' }], [{ name: 'd' }]],
  ]);
});

it('a full disk rejects with state_full, keeps its data, and accepts writes again later', async () => {
  const { database, failures } = await opened();
  await database.write([note('before')]);
  const [{ page_count: pages } = { page_count: 0 }] = await database.read('PRAGMA page_count');
  await database.read(`PRAGMA max_page_count = ${Number(pages) + 2}`);
  const large = 'x'.repeat(100_000);
  await expect(database.write([note('large', large)])).rejects.toMatchObject({
    code: 'state_full',
    message: expect.stringContaining('free disk space'),
  });
  expect(await namesIn(database)).toEqual(['before']);
  await database.read('PRAGMA max_page_count = 100000');
  await database.write([note('large', large)]);
  expect(await namesIn(database)).toEqual(['before', 'large']);
  expect(failures).toEqual([]);
});

it('waits for another process that writes, then rejects with state_busy', async () => {
  const { directory, database } = await opened();
  await database.read('PRAGMA busy_timeout = 20');
  using other = new DatabaseSync(stateFileIn(directory));
  other.exec('BEGIN IMMEDIATE');
  await expect(database.write([note('a')])).rejects.toMatchObject({ code: 'state_busy' });
  other.exec('ROLLBACK');
  await database.write([note('a')]);
});

it('a file that cannot be opened is state_failed for all requests, reported once', async () => {
  const directory = await newStateDirectory();
  rmSync(stateFileIn(directory));
  mkdirSync(stateFileIn(directory));
  const failures: ConnectorError[] = [];
  const onFailure = (error: ConnectorError) => void failures.push(error);
  const opening = openState(directory, { now: Date.now, log: createRecordingLogger(), onFailure });
  await expect(opening).rejects.toMatchObject({ code: 'state_failed', exitCode: 74 });
  expect(failures).toHaveLength(1);
});

it('a failed start leaves no thread', async () => {
  const directory = await newStateDirectory();
  rmSync(join(directory, 'positions'), { recursive: true });
  const opening = openState(directory, { now: Date.now, log: createRecordingLogger() });
  await expect(opening).rejects.toMatchObject({ code: 'state_failed' });
  expect(threads.at(-1)?.threadId).toBe(-1);
});

it('a thread that ends is state_failed for waiting and later requests, reported once', async () => {
  const { database, failures, state } = await opened();
  const waits = [database.write([note('a')]), database.write([note('b')])];
  await threads.at(-1)?.terminate();
  const outcomes = await Promise.allSettled(waits);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'state_failed' });
  }
  await expect(database.write([note('c')])).rejects.toMatchObject({ code: 'state_failed' });
  await expect(database.read('SELECT 1')).rejects.toMatchObject({ code: 'state_failed' });
  expect(failures).toHaveLength(1);
  await state.close();
});

it('a thread that ends without waiting requests is reported too', async () => {
  const { database, failures } = await opened();
  await threads.at(-1)?.terminate();
  await vi.waitFor(() => expect(failures).toMatchObject([{ code: 'state_failed' }]));
  await expect(database.write([note('a')])).rejects.toMatchObject({ code: 'state_failed' });
});

it('completes earlier requests before it closes, and rejects later ones', async () => {
  const { directory, database, failures, state } = await opened();
  const asked = range(1, 100).map((number) => database.write([note(`${number}`)]));
  const closed = state.close();
  await expect(database.write([note('late')])).rejects.toMatchObject({ code: 'state_closed' });
  await expect(database.read('SELECT 1')).rejects.toMatchObject({ code: 'state_closed' });
  await closed;
  await Promise.all(asked);
  await state.close();
  expect(failures).toEqual([]);
  expect(await namesIn((await openTestState(directory)).database)).toHaveLength(100);
});

it('replaces the file if a request finds damage, and applies all requests once', async () => {
  const directory = await newStateDirectory();
  const first = await openTestState(directory);
  const [{ rootpage: page } = { rootpage: 0 }] = await first.database.read(
    "SELECT rootpage FROM sqlite_schema WHERE name = 'documents'",
  );
  await first.close();
  const bytes = readFileSync(stateFileIn(directory));
  writeFileSync(stateFileIn(directory), bytes.fill(0xee, (Number(page) - 1) * 4096, Number(page) * 4096));
  const { database, incidents } = await openTestState(directory);
  const ids: Statement = { sql: "INSERT INTO backfilled_ids (at_ms, ids, crc) VALUES (1, x'00', 0)" };
  await Promise.all([database.write([ids]), database.write([note('a')]), database.write([ids])]);
  expect(await database.read('SELECT id FROM backfilled_ids')).toHaveLength(2);
  expect(await namesIn(database)).toEqual(['a']);
  expect(await incidents()).toMatchObject([{ kind: 'damaged' }]);
});

it('rejects a file of a newer version with its own code', async () => {
  const directory = await newStateDirectory();
  new DatabaseSync(stateFileIn(directory)).exec('PRAGMA user_version = 2');
  const opening = openState(directory, { now: Date.now, log: createRecordingLogger() });
  await expect(opening).rejects.toMatchObject({ code: 'data_format_newer', exitCode: 78 });
});
