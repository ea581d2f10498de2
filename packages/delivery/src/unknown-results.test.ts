// Attempts with an unknown result: each may leave a copy, so there must be few, and each is counted.
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

const unknown = { verdict: 'unknown', code: 'busy', message: 'HTTP 200, but not readable' } as const;
const unreadable: Script = (batch) => each(batch, () => unknown);
const minute = 60_000;
const hours = 60 * minute;

describe('L3: a destination whose answers cannot be read', () => {
  test('is paused after three reports and half a minute, with a probe of one event after 1, 2, 4, ... minutes, at most an hour', async () => {
    const sentMs: number[] = [];
    const plugin = scripted((batch, call, signal) => {
      sentMs.push(clock.now());
      return unreadable(batch, call, signal);
    });
    const spec = destination('a', plugin, { giveUpAfterHours: 0.01, maxInFlight: 1 });
    const { clock, deadLetters, statusOf, log } = fixture(memoryJournal(...bodies(20, 100)), [spec]);
    await clock.advance(24 * hours);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'busy', lastMessage: unknown.message });
    expect(log.of('delivery.paused')[0]?.attributes).toMatchObject({ code: 'busy', message: unknown.message });
    expect(plugin.batches.slice(0, 4).map(({ length }) => length)).toEqual([500, 8, 1, 1]);
    const waits = sentMs.map((ms, index) => (ms - (sentMs[index - 1] ?? ms)) / minute);
    const firstPause = waits.findIndex((wait) => wait >= 1);
    expect(sentMs[firstPause - 1] ?? 0).toBeGreaterThanOrEqual((sentMs[0] ?? 0) + minute / 2);
    expect(waits.slice(firstPause, firstPause + 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    // The bound: the batches in flight, a probe of 8, single events with a growing delay, then one event an hour.
    const copies = 500 + 8 + 10 + 6 + 24;
    expect(plugin.batches.flat().length).toBeLessThanOrEqual(copies);
    expect(statusOf('a').possibleDuplicates).toBe(plugin.batches.flat().length);
    expect(deadLetters.entries).toEqual([]);
    expect(statusOf('a').open).toBe(statusOf('a').taken);
  });

  test('is not paused by a server that restarts: its connections are reset for some seconds', async () => {
    const plugin = scripted((batch, call, signal) =>
      (clock.now() - startMs < 4_000 ? unreadable : deliverAll)(batch, call, signal),
    );
    const { clock, log, statusOf } = fixture(memoryJournal(...bodies(20, 100)), [destination('a', plugin)]);
    const startMs = clock.now();
    await clock.runUntil(() => statusOf('a').sequence === 20, minute / 2);
    expect(log.of('delivery.paused')).toEqual([]);
  });

  test('is probed at once by resume, and takes all events at the former rate after one success', async () => {
    let isReadable = false;
    const plugin = scripted((batch, call, signal) => (isReadable ? deliverAll : unreadable)(batch, call, signal));
    const { clock, delivery, statusOf } = fixture(memoryJournal(...bodies(100, 100)), [destination('a', plugin)]);
    await clock.advance(5 * hours);
    const before = plugin.batches.length;
    isReadable = true;
    delivery.resume('a');
    await clock.runUntil(() => statusOf('a').sequence === 100, minute);
    expect(plugin.batches[before]).toHaveLength(1);
    expect(plugin.batches[before + 1]?.length).toBeGreaterThan(100);
    expect(statusOf('a').state).toBe('running');
    expect(statusOf('a').possibleDuplicates).toBe(plugin.batches.flat().length - 10_000);
  });

  test('is paused too if connections fail between the answers, or answers come too late', async () => {
    const plugin = scripted(async (batch, call, signal) => {
      if (call % 3 === 1) return { batch: 'unavailable', code: 'down' };
      if (call % 3 === 2) return each(batch, () => unknown);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return each(batch, () => unknown);
    });
    const { clock, statusOf } = fixture(memoryJournal(...bodies(20, 100)), [destination('a', plugin)]);
    await clock.advance(24 * hours);
    expect(statusOf('a').possibleDuplicates).toBeLessThan(4 * 500 + 8 + 50);
  });

  test('is paused by one such event for no other event, and the event ends after 20 failures', async () => {
    const journal = memoryJournal();
    const plugin = scripted((batch) => each(batch, (id) => (id === '0.0' ? unknown : { verdict: 'delivered' })));
    const { clock, deadLetters, meter, statusOf } = fixture(journal, [destination('a', plugin)]);
    for (let sequence = 0; deadLetters.entries.length === 0; sequence++) {
      journal.append(...bodies(1, 2, sequence));
      await clock.advance(1_000);
      expect(plugin.taken.at(-1)).toBe(`${sequence}.1`);
      await clock.advance(10 * minute);
    }
    const [entry] = deadLetters.entries;
    expect(entry).toMatchObject({ id: '0.0', code: 'retry_exhausted' });
    expect(entry?.attempts).toBeLessThanOrEqual(20 * 6);
    expect(statusOf('a').possibleDuplicates).toBe(entry?.attempts);
    expect(meter.total('xiq_siem.destination.events', { outcome: 'possible_duplicate' })).toBe(entry?.attempts);
  });

  test('is paused by its only event, with the growing delay', async () => {
    const plugin = scripted(unreadable);
    const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', plugin)]);
    await clock.advance(24 * hours);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'busy' });
    expect(plugin.batches.length).toBeLessThanOrEqual(12 + 6 + 24);
  });
});

test('copies are counted, not events: three unknown results of one event may be three copies', async () => {
  const plugin = scripted((batch, call) =>
    each(batch, (id) => (id === '0.0' && call <= 3 ? unknown : { verdict: 'delivered' })),
  );
  const { clock, meter, statusOf } = fixture(memoryJournal(...bodies(1, 2)), [destination('a', plugin)]);
  await clock.runUntil(() => plugin.batches.length === 2 && statusOf('a').batchesInFlight === 0);
  expect(statusOf('a')).toMatchObject({ possibleDuplicates: 2, open: 1 });
  await clock.runUntil(() => statusOf('a').sequence === 1, 10 * minute);
  expect(statusOf('a').possibleDuplicates).toBe(3);
  expect(meter.total('xiq_siem.destination.events', { outcome: 'possible_duplicate' })).toBe(3);
});
