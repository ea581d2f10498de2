import { describe, expect, test } from 'vitest';
import { bodies, destination, each, fixture, memoryJournal, memoryPosition, scripted } from './test-delivery.ts';

describe('a destination that accepts everything', () => {
  test('receives every event once, and its position moves past all', async () => {
    const plugin = scripted();
    const position = memoryPosition();
    const { clock, delivery, statusOf } = fixture(memoryJournal(...bodies(30, 100)), [
      destination('a', plugin, {}, { position }),
    ]);
    await clock.runUntil(() => plugin.taken.length === 3000);
    expect(new Set(plugin.taken).size).toBe(3000);
    expect(plugin.batches.map((ids) => ids.length)).toEqual([500, 500, 500, 500, 500, 500]);
    expect(plugin.mostAtOnce()).toBeLessThanOrEqual(4);
    await delivery.stop(1000);
    expect(position.position).toMatchObject({
      sequence: 30,
      settled: [],
      counters: { normalized: 3000, delivered: 3000 },
    });
    expect(statusOf('a')).toMatchObject({ state: 'stopped', open: 0 });
    expect(plugin.closed()).toBe(1);
  });

  test('receives full batches at once, even if the configured size is above the maximum', async () => {
    const plugin = scripted();
    const spec = destination('a', plugin, { batch: { maxEvents: 10_000, maxAgeMs: 1_000 } });
    const { clock, statusOf } = fixture(memoryJournal(...bodies(50, 100)), [spec]);
    await clock.runUntil(() => statusOf('a').sequence === 50, 1_000);
    expect(Math.max(...plugin.batches.map((ids) => ids.length))).toBe(511);
  });

  test('receives a small batch when the oldest event has waited long enough', async () => {
    const plugin = scripted();
    const { clock } = fixture(memoryJournal(...bodies(1, 3)), [destination('a', plugin)]);
    await clock.advance(199);
    expect(plugin.batches).toEqual([]);
    await clock.advance(1);
    expect(plugin.batches).toEqual([['0.0', '0.1', '0.2']]);
  });
});

test('a rejected event becomes a dead letter, and the others are delivered', async () => {
  const plugin = scripted((batch) =>
    each(batch, (id) =>
      id === '1.1' ? { verdict: 'rejected', code: 'bad', message: 'no hunter2\u0007 here' } : { verdict: 'delivered' },
    ),
  );
  const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(3, 3)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').sequence === 3);
  expect(deadLetters.entries).toMatchObject([
    { destination: 'a', sequence: 1, element: 1, id: '1.1', code: 'bad', message: 'no [secret] here', attempts: 1 },
  ]);
  expect(statusOf('a').counters).toMatchObject({ normalized: 9, delivered: 8, deadLettered: 1 });
});

test('the assurance is that of the type, unless the destination has its own', async () => {
  const specs = [destination('type', scripted()), destination('own', { ...scripted(), assurance: 'indexed' })];
  const { delivery } = fixture(memoryJournal(), specs);
  expect(delivery.status().map(({ assurance }) => assurance)).toEqual(['stored', 'indexed']);
});
