// Webhooks and log rows of one pairing key: which rows are fetched, and which webhooks are filtered.
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { destinations, type Fixture, never, openFixture } from '@xiq-siem/queries/test-queries';
import type { FetchedEvents } from '@xiq-siem/state';
import { modelLog } from '@xiq-siem/testkit';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { testAccount } from '../test-account.ts';
import { knownEvents } from './known-events.ts';
import { type PairingWorld, pairingWorld, T } from './test-pairing.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture(destinations('unused'));
});
afterAll(() => fixture[Symbol.asyncDispose]());

const key = 0;
const pushedOf = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ key, n: first + index }));
const receiveEach = async (world: PairingWorld, first: number, count: number): Promise<void> => {
  for (const one of pushedOf(first, count)) await world.receive([one]);
};
/** All that a destination gets: webhook events as `w1`, fetched rows as `r1`, by their numbers. */
const deliveredOf = async (world: PairingWorld) => {
  const { events } = await world.read(world.extent().firstSequence, 10_000);
  return events.map(({ name }) => name);
};
const numbered = (letter: string, first: number, next: number): readonly string[] =>
  Array.from({ length: Math.max(0, next - first) }, (_, index) => `${letter}${first + index}`);

const small = [0, 1, 2, 3];
const cases = small.flatMap((rows) => small.flatMap((kept) => small.map((late) => ({ rows, kept, late }))));

it.each(cases)('$rows rows, $kept webhooks before the fetch and $late after it', async ({ rows, kept, late }) => {
  const world = await pairingWorld(fixture, [rows]);
  await receiveEach(world, 0, kept);
  await world.fetch();
  const fetched = numbered('r', kept, rows);
  expect(await deliveredOf(world)).toEqual([...numbered('w', 0, kept), ...fetched]);
  await receiveEach(world, kept, late);
  const filtered = Math.min(late, fetched.length);
  const all = [...numbered('w', 0, kept), ...fetched, ...numbered('w', kept + filtered, kept + late)];
  expect(await deliveredOf(world)).toEqual(all);
  expect(all).toHaveLength(Math.max(rows, kept + late));
  // Resends change nothing, nor does another fetch.
  await receiveEach(world, 0, kept + late);
  await world.fetch();
  expect(new Set(await deliveredOf(world))).toEqual(new Set(all));
  await world.restart();
  expect(new Set(await deliveredOf(world))).toEqual(new Set(all));
});

test('resends of a kept event use no count, and hide no loss', async () => {
  const world = await pairingWorld(fixture, [2]);
  for (let resend = 0; resend < 5; resend++) await world.receive(pushedOf(0, 1));
  await world.fetch();
  await world.receive(pushedOf(0, 1));
  await world.receive(pushedOf(1, 1));
  expect(new Set(await deliveredOf(world))).toEqual(new Set(['w0', 'r1']));
});

test('a webhook that was kept after a fetch is kept after another fetch of its key', async () => {
  const world = await pairingWorld(fixture, [1]);
  await world.fetch();
  await receiveEach(world, 0, 2);
  expect(await deliveredOf(world)).toEqual(['r0', 'w1']);
  world.addRow(key);
  world.addRow(key);
  await world.fetch();
  await world.receive([...pushedOf(0, 3), ...pushedOf(1, 1)]);
  expect(new Set(await deliveredOf(world))).toEqual(new Set(['r0', 'w1', 'r2']));
});

test('a late webhook that is sent twice is filtered twice, and another one is delivered', async () => {
  const world = await pairingWorld(fixture, [1]);
  await world.fetch();
  for (const n of [7, 7, 8, 7]) await world.receive([{ key, n }]);
  expect(await deliveredOf(world)).toEqual(['r0', 'w8']);
});

describe('a restart', () => {
  it('before a decision is saved: it is decided again, and the position is not beyond it', async () => {
    const world = await pairingWorld(fixture, [1]);
    await world.fetch();
    await world.receive(pushedOf(0, 1));
    await world.deliver('one', 10);
    await world.restart();
    await world.receive(pushedOf(1, 1));
    await world.deliver('one', 10);
    expect(world.received('one')).toEqual(['r0', 'w1']);
  });

  it('after a decision was saved with a position: the next webhook is not filtered in its place', async () => {
    const world = await pairingWorld(fixture, [1]);
    await world.fetch();
    await world.receive(pushedOf(0, 1));
    await world.deliver('one', 10);
    await world.savePosition('one');
    await world.restart();
    await world.receive(pushedOf(1, 1));
    // It does not read the first one again.
    await world.deliver('one', 10);
    expect(world.received('one')).toEqual(['r0', 'w1']);
  });

  it.each([
    ['before the body is stored', { at: 1, isDone: false }, []],
    ['between the body and its slots', { at: 1, isDone: true }, ['r0', 'r1']],
    ['before the slots are stored', { at: 2, isDone: false }, ['r0', 'r1']],
    ['after the slots are stored', { at: 2, isDone: true }, ['r0', 'r1']],
  ])('%s: the resumed fetch stores what is missing', async (_, kill, stored) => {
    const world = await pairingWorld(fixture, [2]);
    expect(await world.fetch({ kill })).toBe('killed');
    expect(await deliveredOf(world)).toEqual(stored);
    expect(await world.fetch()).toBe('done');
    await receiveEach(world, 0, 3);
    expect(await deliveredOf(world)).toEqual(['r0', 'r1', 'w2']);
  });
});

test('destinations at different speeds, and a replay from the middle, get the same events', async () => {
  const world = await pairingWorld(fixture, [3]);
  await world.receive(pushedOf(0, 1));
  await world.deliver('fast', 1);
  await world.fetch();
  await world.deliver('fast', 1);
  await receiveEach(world, 1, 4);
  // Reads the last two bodies before anyone else has read the others.
  const middle = (await world.read(world.extent().firstSequence, 4)).next;
  await world.restart();
  expect((await world.read(middle, 10)).events).toHaveLength(0);
  for (const name of ['fast', 'slow']) await world.deliver(name, 100);
  expect(world.received('slow')).toEqual(['w0', 'r1', 'r2', 'w1', 'w2']);
  expect(world.received('fast')).toEqual(world.received('slow'));
});

test('an id that a version without pairing keys stored filters the late webhook of its event', async () => {
  const world = await pairingWorld(fixture, [0]);
  // What version 0.1.0 with ids that start with 1 stored for rowOf(0, 0).
  const ids = Buffer.from('0103645e28980f88779100f8403b28e9116c976081', 'hex');
  const sql = 'INSERT INTO backfilled_ids (at_ms, ids, crc) VALUES (?, ?, ?)';
  await fixture.state.database.write([{ sql, parameters: [T, ids, crc32(ids)] }]);
  await world.restart();
  await receiveEach(world, 0, 2);
  expect(await deliveredOf(world)).toEqual(['w1']);
});

test('100,000 webhooks of one key and 100,000 fetched rows: few hashes for each', async () => {
  const count = 100_000;
  const journal = modelLog().open();
  for (const origin of ['webhook', 'rest'] as const) {
    const metadata = { source: 'xiq', messageType: 'AUDIT_LOG_ALL', origin, receivedAtMs: T };
    await journal.append(metadata, Buffer.from('[]'));
  }
  const event = { timeMs: T, user: undefined, action: undefined, pairingKey: 'one key' };
  const eventOf = (n: number) => ({ ...event, id: `2${hash('sha1', String(n), 'hex')}`, text: '', occurrence: 1 });
  const { account } = testAccount();
  const reader: typeof account.reader = {
    ...account.reader,
    *eventsOfBody({ metadata: { origin } }) {
      for (let n = 0; n < count; n++) {
        const { id } = eventOf(origin === 'rest' ? count + n : n);
        yield { ...event, id, messageType: 'AUDIT_LOG_ALL', dataset: 'x', element: n, document: {} };
      }
    },
  };
  const passed: FetchedEvents[] = [];
  const kept: string[] = [];
  const known = knownEvents({
    access: { journal, yieldNow: async () => {} },
    account: { ...account, reader },
    fromMs: T,
    toMs: T + 1,
    messageTypes: ['AUDIT_LOG_ALL'],
    aheadMs: 0,
    async onFetched(fetched) {
      passed.push(...fetched);
      for (const one of fetched) if ('kept' in one) kept.push(...one.kept());
    },
  });
  const before = process.cpuUsage();
  for await (const _ of known.catchUp(never));
  const rows = Array.from({ length: 2 * count + 1 }, (_, n) => eventOf(2 * count + n));
  expect(known.missingOf(rows)).toEqual([rows.at(-1)]);
  // Quadratic work would take minutes.
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(20);
  expect(passed.at(-1)).toMatchObject({ rows: count });
  expect(new Set(kept).size).toBe(count);
}, 120_000);
