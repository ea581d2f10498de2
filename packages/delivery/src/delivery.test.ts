import { describe, expect, test } from 'vitest';
import { bodies, destination, each, fixture, memoryJournal, memoryPosition, scripted } from './test-delivery.ts';

describe('a destination that takes everything', () => {
  test('is sent every event once, and its position moves past all', async () => {
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

  test('is sent full batches at once, though no batch can be as large as is configured', async () => {
    const plugin = scripted();
    const spec = destination('a', plugin, { batch: { maxEvents: 10_000, maxAgeMs: 1_000 } });
    const { clock, statusOf } = fixture(memoryJournal(...bodies(50, 100)), [spec]);
    await clock.runUntil(() => statusOf('a').sequence === 50, 1_000);
    expect(Math.max(...plugin.batches.map((ids) => ids.length))).toBe(511);
  });

  test('is sent few events when the oldest has waited long enough', async () => {
    const plugin = scripted();
    const { clock } = fixture(memoryJournal(...bodies(1, 3)), [destination('a', plugin)]);
    await clock.advance(199);
    expect(plugin.batches).toEqual([]);
    await clock.advance(1);
    expect(plugin.batches).toEqual([['0.0', '0.1', '0.2']]);
  });
});

test('what a destination rejects rests as a dead letter, and the rest goes on', async () => {
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

test('what a delivery is worth is what the type says, unless the destination itself knows better', async () => {
  const specs = [destination('type', scripted()), destination('own', { ...scripted(), assurance: 'indexed' })];
  const { delivery } = fixture(memoryJournal(), specs);
  expect(delivery.status().map(({ assurance }) => assurance)).toEqual(['stored', 'indexed']);
});
