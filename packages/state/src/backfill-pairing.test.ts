import { hash } from 'node:crypto';
import { type DurablePosition, initialPosition, type NormalizedEvent, type Position } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { describe, expect, it, test } from 'vitest';
import {
  afterDecisions,
  fetchedStatements,
  markDuplicates,
  openBackfillPairing,
  readBackfillPairing,
  slotFinder,
  slotId,
} from './backfill-pairing.ts';
import { newStateDirectory, openTestState } from './test-state.ts';

const day = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);
const idOf = (name: string | number): string => `2${hash('sha1', String(name), 'hex')}`;
const key = '5:audit13:1636337187553';
const eventOf = (name: string, pairingKey = key) => ({ id: idOf(name), pairingKey });
/** A fetch of `rows` events in all of the key. */
const rowsOf = (rows: number, kept: readonly string[] = [], pairingKey = key) => ({
  pairingKey,
  rows,
  kept: () => kept.map(idOf),
});

async function open(directory: string, nowMs = startMs, more: { maxEntries?: number; retainForMs?: number } = {}) {
  const log = createRecordingLogger();
  const state = await openTestState(directory);
  const options = { now: () => nowMs, mayDeleteByAge: () => true, log, ...more };
  const pairing = await openBackfillPairing(state.database, options);
  const filtered = (...names: readonly string[]): readonly boolean[] =>
    names.map((name) => pairing.isDuplicate(eventOf(name)));
  return { pairing, filtered, log, state };
}
const snapshotOf = ({ database }: Awaited<ReturnType<typeof openTestState>>, nowMs = startMs) =>
  readBackfillPairing(database, { now: () => nowMs, log: createRecordingLogger() });

test('the slot of the n-th event of a key is the event.id of versions without pairing keys', () => {
  // Calculated by that version, for an audit event with this key.
  const pairingKey = '5:audit13:16363371870004:65535:990018:number 0';
  expect([slotId(pairingKey, 1), slotId(pairingKey, 12)]).toEqual([
    '103645e28980f88779100f8403b28e9116c976081',
    '1f1cf5afe5a4f6b8825d0e2227eda400a408faae6',
  ]);
});

describe('a fetched event', () => {
  it('filters one later webhook event of its key, and its resends', async () => {
    const { pairing, filtered } = await open(await newStateDirectory());
    expect(filtered('before')).toEqual([false]);
    await pairing.addFetched([rowsOf(1)]);
    expect(filtered('late', 'late', 'another', 'late', 'another')).toEqual([true, true, false, true, false]);
    expect(pairing.isDuplicate(eventOf('late', 'other key'))).toBe(true);
    expect(pairing.isDuplicate(eventOf('of another key', 'other key'))).toBe(false);
  });

  it('does not filter a webhook event that was received before, nor its resends', async () => {
    const { pairing, filtered } = await open(await newStateDirectory());
    await pairing.addFetched([rowsOf(1, ['kept'])]);
    expect(filtered('kept', 'late', 'kept', 'another')).toEqual([false, true, false, false]);
  });

  it('without a pairing key filters webhook events with the same id', async () => {
    const { pairing } = await open(await newStateDirectory());
    await pairing.addFetched([{ id: idOf('no key') }, { id: idOf('no key') }]);
    expect([1, 2].map(() => pairing.isDuplicate({ id: idOf('no key') }))).toEqual([true, true]);
    expect(pairing.isDuplicate({ id: idOf('other') })).toBe(false);
    expect(pairing.size).toBe(1);
  });
});

it.each(Array.from({ length: 36 }, (_, n) => [Math.floor(n / 6), n % 6] as const))(
  '%i fetched and %i late webhook events: as many are filtered as were fetched, also after restarts',
  async (rows, late) => {
    const directory = await newStateDirectory();
    const names = Array.from({ length: late }, (_, n) => `late ${n}`);
    const expected = names.map((_, n) => n < rows);
    const first = await open(directory);
    for (let n = 1; n <= rows; n++) await first.pairing.addFetched([rowsOf(n)]);
    expect(first.pairing.size).toBe(rows);
    expect(first.filtered(...names)).toEqual(expected);
    await first.pairing.flushed();
    await first.state.close();
    const second = await open(directory);
    // In another order: a decision does not depend on who reads first.
    expect(second.filtered(...names.toReversed()).toReversed()).toEqual(expected);
    expect(second.filtered('one more')).toEqual([late < rows]);
  },
);

test('a decision that was not saved is decided again', async () => {
  const directory = await newStateDirectory();
  const first = await open(directory);
  await first.pairing.addFetched([rowsOf(1)]);
  expect(first.filtered('a', 'b')).toEqual([true, false]);
  await first.state.close();
  const second = await open(directory);
  expect(second.filtered('b', 'a')).toEqual([true, false]);
});

test('a position is saved after the decisions before it, and not if they cannot be saved', async () => {
  const directory = await newStateDirectory();
  const { pairing, filtered, state } = await open(directory);
  await pairing.addFetched([rowsOf(2)]);
  const saved: Position[] = [];
  let fails = true;
  const file: DurablePosition = {
    position: initialPosition(1),
    async save(position) {
      // What a crash now would leave.
      const { isDuplicate } = await snapshotOf(state);
      expect(['b', 'a', 'c'].map((name) => isDuplicate(eventOf(name)))).toEqual([true, true, false]);
      saved.push(position);
    },
    close: async () => {},
  };
  const flushed = () => (fails ? Promise.reject(new Error('the disk is full')) : pairing.flushed());
  const position = afterDecisions(file, { flushed });
  expect(filtered('a', 'b')).toEqual([true, true]);
  await expect(position.save(initialPosition(2))).rejects.toThrow('full');
  expect(saved).toEqual([]);
  fails = false;
  await position.save(initialPosition(3));
  expect(saved.map(({ sequence }) => sequence)).toEqual([3]);
});

test('decisions that could not be written are written by the next call', async () => {
  const directory = await newStateDirectory();
  const state = await openTestState(directory);
  let fails = true;
  const database: typeof state.database = {
    ...state.database,
    write: (statements) =>
      fails && statements.some(({ sql }) => sql.startsWith('INSERT'))
        ? Promise.reject(new Error('full'))
        : state.database.write(statements),
  };
  await state.database.write(fetchedStatements([slotId(key, 1)], startMs));
  const options = { now: () => startMs, mayDeleteByAge: () => true, log: createRecordingLogger() };
  const pairing = await openBackfillPairing(database, options);
  expect(pairing.isDuplicate(eventOf('a'))).toBe(true);
  await expect(pairing.flushed()).rejects.toThrow('full');
  await expect(pairing.addFetched([rowsOf(2)])).rejects.toThrow('full');
  expect(pairing.isDuplicate(eventOf('b'))).toBe(false);
  fails = false;
  await pairing.flushed();
  const { isDuplicate } = await snapshotOf(state);
  expect([isDuplicate(eventOf('b')), isDuplicate(eventOf('a'))]).toEqual([false, true]);
});

test('a snapshot decides the same, and writes nothing', async () => {
  const directory = await newStateDirectory();
  const { pairing, state } = await open(directory);
  await pairing.addFetched([rowsOf(1)]);
  const rows = () => state.database.read('SELECT * FROM backfilled_ids');
  const before = await rows();
  const { isDuplicate, size } = await snapshotOf(state);
  expect([size, isDuplicate(eventOf('a')), isDuplicate(eventOf('b')), isDuplicate(eventOf('a'))]).toEqual([
    1,
    true,
    false,
    true,
  ]);
  expect(await rows()).toEqual(before);
});

test('ids that a version without pairing keys stored filter the webhooks of their events', async () => {
  const { state } = await open(await newStateDirectory());
  await state.database.write(fetchedStatements([slotId(key, 1), slotId(key, 2)], startMs));
  const { isDuplicate, size } = await snapshotOf(state);
  expect([size, ...['a', 'b', 'c'].map((name) => isDuplicate(eventOf(name)))]).toEqual([2, true, true, false]);
});

test('after ids of a version without pairing keys, whose first event came by webhook, nothing is lost', async () => {
  const { pairing, filtered, state } = await open(await newStateDirectory());
  await state.database.write(fetchedStatements([slotId(key, 2)], startMs));
  // The webhook event of the first is not known: it must not be filtered.
  expect((await snapshotOf(state)).isDuplicate(eventOf('kept'))).toBe(false);
  await pairing.addFetched([rowsOf(1, ['kept'])]);
  expect(filtered('kept', 'late')).toEqual([false, true]);
});

test('100,000 equal keys take a few hashes each', async () => {
  const { pairing } = await open(await newStateDirectory());
  const count = 100_000;
  const started = performance.now();
  for (let rows = 500; rows <= count; rows += 500) await pairing.addFetched([rowsOf(rows)]);
  let filtered = 0;
  for (let n = 0; n < count + 10; n++) if (pairing.isDuplicate(eventOf(`late ${n}`))) filtered++;
  await pairing.flushed();
  expect(filtered).toBe(count);
  // Quadratic work would take minutes.
  expect(performance.now() - started).toBeLessThan(20_000);
  let asked = 0;
  const free = slotFinder({ has: (id) => ++asked > 0 && pairing.isDuplicate({ id }) });
  expect(free(key).n).toBe(count + 1);
  expect(asked).toBeLessThan(50);
  expect(free(key).n).toBe(count + 1);
  expect(asked).toBeLessThan(55);
}, 60_000);

test('keeps each fetched event once after a restart', async () => {
  const directory = await newStateDirectory();
  const { pairing, state } = await open(directory);
  await Promise.all([pairing.addFetched([rowsOf(2)]), pairing.addFetched([rowsOf(2), { id: idOf(1) }])]);
  await state.close();
  const { pairing: again, filtered } = await open(directory);
  expect(again.size).toBe(3);
  expect(filtered('a', 'b', 'c')).toEqual([true, true, false]);
});

test('does not treat events as fetched if they could not be written', async () => {
  const { pairing, filtered, state } = await open(await newStateDirectory());
  await state.close();
  await expect(pairing.addFetched([rowsOf(1)])).rejects.toMatchObject({ code: 'state_closed' });
  expect(filtered('a')).toEqual([false]);
});

test('reads many rows in parts', async () => {
  const { state } = await open(await newStateDirectory());
  const rows = Array.from({ length: 1_200 }, (_, row) =>
    fetchedStatements([idOf(2 * row), idOf(2 * row + 1)], startMs),
  );
  await state.database.write(rows.flat());
  expect((await snapshotOf(state)).size).toBe(2_400);
});

test('forgets an event after 30 days, also on disk, but not while the journal retains its webhook', async () => {
  const directory = await newStateDirectory();
  const { state } = await open(directory);
  await state.database.write([
    ...fetchedStatements([idOf(1)], startMs - 31 * day),
    ...fetchedStatements([idOf(2)], startMs - 29 * day),
  ]);
  const rows = async () => (await state.database.read('SELECT id FROM backfilled_ids')).length;
  expect((await snapshotOf(state)).isDuplicate({ id: idOf(1) })).toBe(false);
  const isFetched = async (retainForMs: number) => {
    const { pairing } = await open(directory, startMs, { retainForMs });
    return [1, 2].map((name) => pairing.isDuplicate({ id: idOf(name) }));
  };
  expect(await isFetched(40 * day)).toEqual([true, true]);
  expect(await rows()).toBe(2);
  expect(await isFetched(3 * day)).toEqual([false, true]);
  expect(await rows()).toBe(1);
});

test('an id that was kept is not forgotten before a later fetch of its key', async () => {
  const directory = await newStateDirectory();
  await (await open(directory, startMs)).pairing.addFetched([rowsOf(1, ['kept'])]);
  await (await open(directory, startMs + 20 * day)).pairing.addFetched([rowsOf(2, ['kept'])]);
  const { filtered } = await open(directory, startMs + 31 * day);
  expect(filtered('kept')).toEqual([false]);
});

test('L11: forgets nothing while the age may be wrong', async () => {
  const { state } = await open(await newStateDirectory());
  await state.database.write([
    ...fetchedStatements([idOf(1)], startMs),
    ...fetchedStatements([idOf(2)], startMs + 365 * day),
  ]);
  const options = { mayDeleteByAge: () => false, log: createRecordingLogger() };
  for (const nowMs of [startMs + 365 * day, startMs - 365 * day]) {
    const pairing = await openBackfillPairing(state.database, { ...options, now: () => nowMs });
    expect([1, 2].map((name) => pairing.isDuplicate({ id: idOf(name) }))).toEqual([true, true]);
  }
});

test('above the limit it stores nothing of a key, so that no kept event is filtered, and logs that once', async () => {
  const { pairing, filtered, log } = await open(await newStateDirectory(), startMs, { maxEntries: 3 });
  await pairing.addFetched([rowsOf(1, ['a'], 'one'), rowsOf(1, ['b']), { id: idOf('fits') }]);
  await pairing.addFetched([rowsOf(1, ['c']), { id: idOf('one too many') }]);
  expect([pairing.size, ...filtered('b', 'c')]).toEqual([2, false, false]);
  // Decisions need no capacity.
  expect(pairing.isDuplicate(eventOf('late', 'one'))).toBe(true);
  expect(log.lines.map(({ event }) => event)).toEqual(['backfill.ids_full']);
});

test('marks only webhook events', async () => {
  const { pairing } = await open(await newStateDirectory());
  await pairing.addFetched([rowsOf(1)]);
  const events: NormalizedEvent[] = [1, 2].map((number) => ({
    element: number,
    ...eventOf(`event ${number}`),
    dataset: 'x',
    timeMs: 0,
    document: { '@timestamp': '' },
  }));
  const marks = (origin: 'webhook' | 'rest') => {
    const metadata = { source: 'xiq', origin, receivedAtMs: 0 };
    const body = { sequence: 1, receipt: 'r1_', bytes: Buffer.alloc(0), metadata };
    return [...markDuplicates(events, body, pairing)].map(({ filtered }) => filtered);
  };
  expect(marks('rest')).toEqual([undefined, undefined]);
  expect(marks('webhook')).toEqual(['duplicate_of_backfill', undefined]);
});
