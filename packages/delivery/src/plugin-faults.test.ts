import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  type Script,
  scripted,
} from './test-delivery.ts';

const never = () => new Promise<never>(() => {});

/** Has the fault in its first call only. */
const once =
  (bad: Script): Script =>
  (batch, call, signal) =>
    (call === 1 ? bad : deliverAll)(batch, call, signal);

const misbehaviours: readonly (readonly [fault: string, script: Script])[] = [
  [
    'exception',
    () => {
      throw new Error('oh no');
    },
  ],
  ['call_stuck', never],
  ['invalid_report', () => 'fine'],
  ['missing_verdict', () => ({ items: [] })],
  [
    'duplicate_verdict',
    ({ items }) => ({ items: [...items, ...items].map(({ index }) => ({ index, verdict: 'delivered' })) }),
  ],
  ['index_out_of_range', () => ({ items: [{ index: 99, verdict: 'delivered' }] })],
  ['undeclared_code', (batch) => each(batch, () => ({ verdict: 'rejected', code: 'nonsense' }))],
];

describe.each(misbehaviours)('a plugin fault %s', (fault, bad) => {
  test('is logged and counted, loses no event, and does not affect other destinations', async () => {
    const plugin = scripted(once(bad));
    const other = scripted();
    const { clock, log, meter, statusOf, deadLetters } = fixture(memoryJournal(...bodies(4, 5)), [
      destination('culprit', plugin, { batch: { maxEvents: 10 } }),
      destination('other', other),
    ]);
    await clock.runUntil(() => statusOf('other').sequence === 4, 300);
    await clock.runUntil(() => statusOf('culprit').sequence === 4);
    expect(new Set(plugin.taken).size).toBe(20);
    expect(other.taken).toHaveLength(20);
    expect(deadLetters.entries).toEqual([]);
    const [line] = log.of('delivery.plugin_fault');
    expect(line?.attributes).toMatchObject({ destination: 'culprit', type: 'scripted', fault });
    expect(meter.total('xiq_siem.destination.attempts', { destination: 'culprit', result: fault })).toBe(1);
    expect(statusOf('culprit').pluginFaults).toBeGreaterThan(0);
    expect(statusOf('other').pluginFaults).toBe(0);
  });
});

test('a stuck call keeps the slot of a destination that accepts one batch at a time', async () => {
  let end = () => {};
  const plugin = scripted((batch, call, signal) =>
    call > 1
      ? deliverAll(batch, call, signal)
      : new Promise((resolve) => {
          end = () => resolve(deliverAll(batch, call, signal));
        }),
  );
  const definition = { type: 'scripted', assurance: 'stored', codes: [], maxInFlight: 1 } as const;
  const spec = destination('a', plugin, { timeoutMs: 1000 }, { definition });
  const { clock, statusOf, log } = fixture(memoryJournal(...bodies(2, 2)), [spec]);
  await clock.advance(600_000);
  expect(plugin.batches).toHaveLength(1);
  expect(log.of('delivery.calls_stuck')).toHaveLength(1);
  end();
  await clock.runUntil(() => statusOf('a').sequence === 2);
  expect(plugin.mostAtOnce()).toBe(1);
});

test('a plugin that throws a value without a readable message is logged', async () => {
  const plugin = scripted(
    once(() => {
      throw Object.create(null);
    }),
  );
  const { clock, statusOf, log } = fixture(memoryJournal(...bodies(1, 2)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').sequence === 1);
  expect(log.of('delivery.plugin_fault')[0]?.attributes).toMatchObject({ fault: 'exception', destination: 'a' });
});

test('the slots of stuck calls are released up to a limit', async () => {
  const plugin = scripted(never);
  const { clock } = fixture(memoryJournal(...bodies(20, 1)), [
    destination('a', plugin, { timeoutMs: 1000, batch: { maxEvents: 1 } }),
  ]);
  await clock.advance(24 * 3_600_000);
  expect(plugin.mostAtOnce()).toBeLessThanOrEqual(4 + 8);
});

test('a stuck call keeps the only slot that the configuration allows', async () => {
  const plugin = scripted(never);
  const spec = destination('a', plugin, { timeoutMs: 1000, maxInFlight: 1 });
  const { clock, log } = fixture(memoryJournal(...bodies(2, 2)), [spec]);
  await clock.advance(600_000);
  expect(plugin.batches).toHaveLength(1);
  expect(log.of('delivery.calls_stuck')).toHaveLength(1);
});

test('stuck calls that end allow other stuck calls', async () => {
  const ends: (() => void)[] = [];
  let isHanging = true;
  const plugin = scripted((batch, call, signal) =>
    isHanging ? new Promise<void>((resolve) => ends.push(resolve)) : deliverAll(batch, call, signal),
  );
  const spec = destination('a', plugin, {
    timeoutMs: 1000,
    batch: { maxEvents: 1 },
    retry: { initialMs: 1, maxMs: 1 },
  });
  const { clock, log, statusOf } = fixture(memoryJournal(...bodies(2, 1)), [spec]);
  for (let round = 0; round < 5; round++) {
    await clock.advance(8_000);
    for (const end of ends.splice(0)) end();
    await clock.settle();
  }
  expect(plugin.batches.length).toBeGreaterThan(12);
  expect(log.of('delivery.calls_stuck')).toEqual([]);
  isHanging = false;
  await clock.runUntil(() => statusOf('a').sequence === 2);
});

test('a report after the signal, but within the grace time, counts', async () => {
  const plugin = scripted(
    (batch, call, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(deliverAll(batch, call, signal)))),
  );
  const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 3)), [destination('a', plugin)]);
  await clock.advance(200 + 60_000);
  expect(statusOf('a')).toMatchObject({ sequence: 1, pluginFaults: 0 });
  expect(plugin.batches).toHaveLength(1);
});
