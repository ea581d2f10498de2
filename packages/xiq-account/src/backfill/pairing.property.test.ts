// Any order of webhooks, resends, fetches, kills, restarts, destinations and replays: each destination gets the right count.
import type { CompletenessCell } from '@xiq-siem/admin-api';
import { destinations, type Fixture, linesOf, never, openFixture } from '@xiq-siem/queries/test-queries';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { completeness } from '../completeness/completeness.ts';
import { expectedCount, type PairingWorld, pairingWorld, T } from './test-pairing.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture(destinations('unused'));
});
afterAll(() => fixture[Symbol.asyncDispose]());

const keys = 2;
const names = ['fast', 'slow', 'late'];
/** Most have one key, so that few operations meet its counts. */
const anyKey = fc.constantFrom(0, 0, 0, 1);
const pushed = fc.record({ key: anyKey, n: fc.nat(3) });
const webhooks = fc.array(pushed, { minLength: 1, maxLength: 3 });
const kill = fc.record({ at: fc.integer({ min: 1, max: 3 }), isDone: fc.boolean() });
const during = fc.record({ at: fc.constantFrom('pages' as const, 1, 2), webhooks });

const receive = fc.record({ kind: fc.constant('receive' as const), webhooks });
const deliver = fc.record({
  kind: fc.constant('deliver' as const),
  name: fc.constantFrom(...names),
  bodies: fc.integer({ min: 1, max: 4 }),
  isSaved: fc.boolean(),
});
const fetch = fc.record({ kind: fc.constant('fetch' as const), during: fc.option(during, { nil: undefined }) });
const killedFetch = fc.record({ kind: fc.constant('fetch' as const), kill, during: fc.constant(undefined) });
const restart = fc.record({ kind: fc.constant('restart' as const) });
/** One destination gets a webhook and saves its position just before a kill. */
const receivedAndKilled = fc.record({ kind: fc.constant('last' as const), webhooks, name: fc.constantFrom(...names) });
const replay = fc.record({ kind: fc.constant('replay' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) });
const log = fc.record({ kind: fc.constant('log' as const), key: anyKey });
const rows = fc.array(fc.nat(2), { minLength: keys, maxLength: keys });

const anyOrder = fc.oneof(receive, receive, deliver, deliver, fetch, log, replay);
const anyKill = fc.oneof(receive, receive, deliver, deliver, fetch, log, killedFetch, restart, receivedAndKilled);
type OperationOf<T> = T extends fc.Arbitrary<infer Operation> ? Operation : never;

/** A replay of all bodies since a sequence, and what it sent. */
interface Replayed {
  readonly first: number;
  readonly next: number;
  readonly ids: readonly string[];
}

async function run(world: PairingWorld, operation: OperationOf<typeof anyOrder> | OperationOf<typeof anyKill>) {
  switch (operation.kind) {
    case 'receive':
      await world.receive(operation.webhooks);
      return;
    case 'deliver':
      await world.deliver(operation.name, operation.bodies);
      if (operation.isSaved) await world.savePosition(operation.name);
      return;
    case 'fetch':
      await world.fetch(operation);
      return;
    case 'log':
      world.addRow(operation.key);
      return;
    case 'last':
      await world.receive(operation.webhooks);
      await world.deliver(operation.name, 1_000);
      await world.savePosition(operation.name);
      await world.restart();
      return;
    case 'restart':
      await world.restart();
      return;
    case 'replay': {
      const { firstSequence, nextSequence } = world.extent();
      const first = Math.floor(firstSequence + operation.share * (nextSequence - firstSequence));
      const { events, next } = await world.read(first, 1_000);
      return { first, next, ids: events.map(({ id }) => id) } satisfies Replayed;
    }
  }
}

/** All rows are fetched, each webhook is sent again, and every destination has all bodies. */
async function settle(world: PairingWorld): Promise<void> {
  expect(await world.fetch()).toBe('done');
  for (const name of names) {
    await world.deliver(name, 1_000);
    await world.savePosition(name);
  }
}

/** Each destination has at least as many events of a key as there are rows or webhooks; more only if a fetch did not see one. */
function expectCounts(world: PairingWorld): void {
  for (const key of world.rows.keys()) {
    const expected = expectedCount(world, key);
    for (const name of names) {
      const count = world.destinations.get(name)?.received.get(key)?.size ?? 0;
      expect(count, `key ${key} at ${name}`).toBeGreaterThanOrEqual(expected);
      expect(count, `key ${key} at ${name}`).toBeLessThanOrEqual(expected + (world.unseen.get(key)?.size ?? 0));
    }
  }
}

async function cellOf(world: PairingWorld): Promise<CompletenessCell | undefined> {
  const parts = { accounts: world.account.accounts, readModel: world.readModel, clock: world.clock };
  const span = { from: new Date(T - 1_000).toISOString(), to: new Date(T + 1_000).toISOString() };
  const lines = await linesOf(completeness(parts, span, never));
  return lines.flatMap((line) => (line.kind === 'cell' ? [line.cell] : []))[0];
}

/** The hour is complete if each webhook has its row; else the others are surplus. */
async function expectCompleteness(world: PairingWorld): Promise<void> {
  const cell = await cellOf(world);
  const all = world.rows.reduce((sum, count) => sum + count, 0);
  const kept = [...world.rows.keys()].reduce((sum, key) => sum + expectedCount(world, key), 0);
  const unseen = [...world.unseen.values()].reduce((sum, { size }) => sum + size, 0);
  expect(cell).toMatchObject({ xiq: all, missingCount: 0 });
  expect(cell?.kept).toBeGreaterThanOrEqual(kept);
  expect(cell?.kept).toBeLessThanOrEqual(kept + unseen);
  expect(cell).toMatchObject({
    surplusCount: (cell?.kept ?? 0) - all,
    state: cell?.kept === all ? 'complete' : 'surplus',
  });
}

test('destinations and replays in any order: all get the same events, in the right number', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.array(anyOrder, { maxLength: 30 }), async (counts, operations) => {
      const world = await pairingWorld(fixture, counts);
      const replays: Replayed[] = [];
      for (const operation of operations) {
        const replayed = await run(world, operation);
        if (replayed !== undefined) replays.push(replayed);
      }
      await settle(world);
      expectCounts(world);
      await expectCompleteness(world);
      // It does not matter who has read an event first, and when.
      if (world.unseen.size > 0) return;
      const { events } = await world.read(world.extent().firstSequence, 1_000);
      const ids = new Set(events.map(({ id }) => id));
      for (const name of names) {
        const received = [...(world.destinations.get(name)?.received.values() ?? [])].flatMap((some) => [...some]);
        expect(new Set(received)).toEqual(ids);
      }
      for (const { first, next, ids: sent } of replays) {
        const replayed = events.filter(({ sequence }) => sequence >= first && sequence < next);
        expect(sent).toEqual(replayed.map(({ id }) => id));
      }
    }),
    { numRuns: 150 },
  );
}, 300_000);

test('kills at any write, and restarts without saved positions: nothing is lost, and the number is right', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.array(anyKill, { maxLength: 30 }), async (counts, operations) => {
      const world = await pairingWorld(fixture, counts);
      for (const operation of operations) await run(world, operation);
      await settle(world);
      expectCounts(world);
      await expectCompleteness(world);
    }),
    { numRuns: 150 },
  );
}, 300_000);
