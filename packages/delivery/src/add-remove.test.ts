import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  fixture,
  memoryJournal,
  memoryPosition,
  normalize,
  replayOptions,
  scripted,
} from './test-delivery.ts';

const never = () => new Promise<never>(() => {});

describe('a destination added while others run', () => {
  test('receives events from its position on, is in the status at once, and does not affect others', async () => {
    const journal = memoryJournal(...bodies(10, 5));
    const [first, late] = [scripted(), scripted()];
    const { clock, delivery, statusOf } = fixture(journal, [destination('first', first)]);
    await clock.runUntil(() => statusOf('first').sequence === 10);
    const position = memoryPosition({ ...memoryPosition().position, sequence: 8 });
    delivery.add(destination('late', late, {}, { position }));
    expect(delivery.status().map(({ name }) => name)).toEqual(['first', 'late']);
    journal.append(...bodies(2, 5, 10));
    await clock.runUntil(() => delivery.status().every(({ sequence }) => sequence === 12));
    expect([first.taken.length, late.taken.length]).toEqual([60, 20]);
  });

  test('needs a new name, and cannot be added after stop', async () => {
    const { clock, delivery } = fixture(memoryJournal(), [destination('a', scripted())]);
    expect(() => delivery.add(destination('a', scripted()))).toThrow('a destination a is already running');
    const stopping = delivery.stop(0);
    await clock.settle();
    await stopping;
    expect(() => delivery.add(destination('b', scripted()))).toThrow('delivery has stopped');
  });
});

describe('a removed destination', () => {
  test('receives nothing new, ends its batches in flight, is saved and closed; its name can be used again', async () => {
    let response = () => {};
    const plugin = scripted(
      (batch, call, signal) =>
        new Promise((resolve) => {
          response = () => resolve(deliverAll(batch, call, signal));
        }),
    );
    const other = scripted();
    const position = memoryPosition();
    const journal = memoryJournal(...bodies(4, 5));
    const one = { batch: { maxEvents: 5 }, maxInFlight: 1 };
    const { clock, delivery, statusOf } = fixture(journal, [
      destination('a', plugin, one, { position }),
      destination('other', other),
    ]);
    await clock.advance(300);
    const removing = delivery.remove('a', 10_000);
    expect(statusOf('a').state).toBe('stopping');
    expect(() => delivery.add(destination('a', scripted()))).toThrow('is already running');
    response();
    await clock.settle();
    expect(await removing).toBe(true);
    expect(delivery.status().map(({ name }) => name)).toEqual(['other']);
    expect([plugin.batches.length, plugin.closed(), position.position.sequence]).toEqual([1, 1, 1]);
    expect(other.taken).toHaveLength(20);

    const again = scripted();
    delivery.add(destination('a', again, {}, { position }));
    await clock.runUntil(() => statusOf('a').sequence === 4);
    expect(again.taken[0]).toBe('1.0');
  });

  test('with an unknown name is not removed', async () => {
    const { delivery } = fixture(memoryJournal(), [destination('a', scripted())]);
    expect(await delivery.remove('b', 0)).toBe(false);
  });

  test('ends its replay streams, and is closed after their last call', async () => {
    const ends: (() => void)[] = [];
    const plugin = scripted(
      (batch, call, signal) => new Promise((resolve) => ends.push(() => resolve(deliverAll(batch, call, signal)))),
    );
    const { clock, delivery } = fixture(memoryJournal(), [destination('a', plugin)]);
    const position = memoryPosition();
    const replay = delivery.startReplay(replayOptions('a', bodies(1, 5), { position }));
    await clock.advance(200);
    const removing = delivery.remove('a', 10_000);
    expect(() => delivery.startReplay(replayOptions('a', bodies(1, 5)))).toThrow('the destination a is stopping');
    await clock.advance(5_000);
    expect([plugin.batches.length, plugin.closed()]).toEqual([1, 0]);
    for (const end of ends) end();
    await clock.settle();
    expect([await replay.ended, await removing, plugin.closed()]).toEqual(['stopped', true, 1]);
    expect(position.position.counters.delivered).toBe(5);
  });

  test('is aborted by stop with a shorter grace time', async () => {
    const { clock, delivery } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', scripted(never))]);
    await clock.advance(200);
    const removing = delivery.remove('a', 3_600_000);
    const stopping = delivery.stop(1_000);
    await clock.advance(12_000);
    await stopping;
    expect(await removing).toBe(true);
    expect(clock.sleepers()).toBe(0);
  });
});

test('bodies are parsed once for several destinations, and not cached for a single one', async () => {
  let parsed = 0;
  const journal = memoryJournal(...bodies(10, 10));
  const counted = {
    *normalize(kept: Parameters<typeof normalize>[0]) {
      parsed++;
      yield* normalize(kept);
    },
  };
  const { clock, delivery } = fixture(journal, [destination('a', scripted())], counted);
  const caughtUp = (sequence: number) => () => delivery.status().every((status) => status.sequence === sequence);
  await clock.runUntil(caughtUp(10));
  delivery.add(destination('b', scripted()));
  await clock.runUntil(caughtUp(10));
  // A single destination needs no cache.
  expect(parsed).toBe(20);
  journal.append(...bodies(10, 10, 10));
  await clock.runUntil(caughtUp(20));
  expect(parsed).toBe(30);
  const removing = delivery.remove('b', 0);
  await clock.settle();
  await removing;
  delivery.add(destination('c', scripted()));
  await clock.runUntil(caughtUp(20));
  expect(parsed).toBe(50);
});
