import { hash } from 'node:crypto';
import type { NormalizedEvent } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { idsStatement, markDuplicates, openBackfilledIds, readBackfilledIds } from './backfilled-ids.ts';
import { newStateDirectory, openTestState } from './test-state.ts';

const day = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);
const idOf = (number: number): string => `1${hash('sha1', String(number), 'hex')}`;

async function open(directory: string, nowMs = startMs, more: { readonly maxIds?: number } = {}) {
  const log = createRecordingLogger();
  const state = await openTestState(directory);
  return {
    ids: await openBackfilledIds(state.database, { now: () => nowMs, mayDeleteByAge: () => true, log, ...more }),
    log,
    state,
  };
}

test('keeps each added id once after a restart', async () => {
  const directory = await newStateDirectory();
  const { ids, state } = await open(directory);
  expect(ids.has(idOf(1))).toBe(false);
  await Promise.all([ids.add([idOf(1), idOf(2), idOf(1)]), ids.add([idOf(2), idOf(3)])]);
  await state.close();
  const { ids: again } = await open(directory);
  expect([1, 2, 3, 4].map((number) => again.has(idOf(number)))).toEqual([true, true, true, false]);
  expect(again.size).toBe(3);
});

test('does not treat ids as known if they could not be written', async () => {
  const { ids, state } = await open(await newStateDirectory());
  await state.close();
  await expect(ids.add([idOf(1)])).rejects.toMatchObject({ code: 'state_closed' });
  expect(ids.has(idOf(1))).toBe(false);
});

test('reads many ids in parts', async () => {
  const directory = await newStateDirectory();
  const { state } = await open(directory);
  const rows = Array.from({ length: 1_200 }, (_, row) => idsStatement([idOf(2 * row), idOf(2 * row + 1)], startMs));
  await state.database.write(rows);
  expect((await readBackfilledIds(state.database, startMs, createRecordingLogger())).size).toBe(2_400);
});

test('removes an id after 30 days, also on disk', async () => {
  const directory = await newStateDirectory();
  const { state } = await open(directory);
  await state.database.write([
    idsStatement([idOf(1)], startMs - 31 * day),
    idsStatement([idOf(2)], startMs - 29 * day),
  ]);
  const rows = async () => (await state.database.read('SELECT id FROM backfilled_ids')).length;
  expect((await readBackfilledIds(state.database, startMs, createRecordingLogger())).has(idOf(1))).toBe(false);
  expect(await rows()).toBe(2);
  const ids = await openBackfilledIds(state.database, {
    now: () => startMs,
    mayDeleteByAge: () => true,
    log: createRecordingLogger(),
  });
  expect([ids.has(idOf(1)), ids.has(idOf(2))]).toEqual([false, true]);
  expect(await rows()).toBe(1);
});

test('L11: forgets no id while the age may be wrong', async () => {
  const { state } = await open(await newStateDirectory());
  await state.database.write([idsStatement([idOf(1)], startMs), idsStatement([idOf(2)], startMs + 365 * day)]);
  const options = { mayDeleteByAge: () => false, log: createRecordingLogger() };
  for (const nowMs of [startMs + 365 * day, startMs - 365 * day]) {
    const ids = await openBackfilledIds(state.database, { ...options, now: () => nowMs });
    expect([ids.has(idOf(1)), ids.has(idOf(2))]).toEqual([true, true]);
  }
});

test('stores no ids above the limit, and logs that once', async () => {
  const directory = await newStateDirectory();
  const { ids, log } = await open(directory, startMs, { maxIds: 2 });
  await ids.add([idOf(1), idOf(2), idOf(3)]);
  await ids.add([idOf(4)]);
  expect([ids.size, ids.has(idOf(3))]).toEqual([2, false]);
  expect(log.lines.map(({ event }) => event)).toEqual(['backfill.ids_full']);
});

test('treats only webhook events as duplicates of a back-fill', async () => {
  const { ids } = await open(await newStateDirectory());
  const events: NormalizedEvent[] = [1, 2].map((number) => ({
    element: number,
    id: idOf(number),
    dataset: 'x',
    timeMs: 0,
    document: { '@timestamp': '' },
  }));
  const marks = (origin: 'webhook' | 'rest') =>
    [
      ...markDuplicates(
        events,
        {
          sequence: 1,
          receipt: 'r1_',
          bytes: Buffer.alloc(0),
          metadata: { source: 'xiq', origin, receivedAtMs: 0 },
        },
        ids,
      ),
    ].map(({ filtered }) => filtered);
  expect(marks('webhook')).toEqual([undefined, undefined]);
  await ids.add([idOf(2)]);
  expect(marks('webhook')).toEqual([undefined, 'duplicate_of_backfill']);
  expect(marks('rest')).toEqual([undefined, undefined]);
});
