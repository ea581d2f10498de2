import type { StoredBody } from '@xiq-siem/core';
import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  type Script,
  scripted,
} from './test-delivery.ts';

const hours = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);
const down = { batch: 'unavailable', code: 'down', message: 'no answer to hunter2' };

test('all waiting events become dead letters after the timeout, including unsent ones', async () => {
  const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(20, 100)), [
    destination(
      'a',
      scripted(() => down),
      { giveUpAfterHours: 2, batch: { maxEvents: 400 } },
    ),
  ]);
  await clock.advance(2 * hours - 60_000);
  expect(deadLetters.entries).toEqual([]);
  await clock.advance(180_000);
  expect(deadLetters.entries.length).toBe(2000);
  expect(new Set(deadLetters.entries.map(({ code, message }) => `${code} | ${message}`))).toEqual(
    new Set(['retry_timeout | down: no answer to [secret]']),
  );
  const unsent = deadLetters.entries.filter(({ attempts }) => attempts === 0);
  expect(unsent.length).toBeGreaterThan(0);
  for (const { firstAttemptMs, lastAttemptMs } of deadLetters.entries) {
    expect(firstAttemptMs).toBeGreaterThanOrEqual(startMs);
    expect(lastAttemptMs).toBeGreaterThanOrEqual(firstAttemptMs);
  }
  expect(statusOf('a')).toMatchObject({ sequence: 20, open: 0, counters: { deadLettered: 2000 } });
});

const receivedAt = (receivedAtMs: number) => (kept: StoredBody) => ({
  ...kept,
  metadata: { ...kept.metadata, receivedAtMs },
});

describe('the timeout starts with the receipt of the body', () => {
  test('so a long outage dead-letters all older events, not only those in memory', async () => {
    const journal = memoryJournal();
    const { clock, deadLetters, statusOf } = fixture(journal, [
      destination(
        'a',
        scripted(() => down),
        { giveUpAfterHours: 2 },
      ),
    ]);
    for (let hour = 0; hour < 3; hour++) {
      journal.append(...bodies(200, 100, hour * 200).map(receivedAt(clock.now())));
      await clock.advance(hours);
    }
    expect(deadLetters.entries).toHaveLength(20_000);
    // 20,000 is ten times the maximum of unsettled events.
    await clock.advance(hours / 4);
    expect(deadLetters.entries).toHaveLength(40_000);
    expect(statusOf('a').sequence).toBe(400);
    expect(statusOf('a').open).toBeLessThanOrEqual(2048);
  });

  test('but an attempt dead-letters only events that were read before it', async () => {
    const ends: (() => void)[] = [];
    const plugin = scripted(() => new Promise((resolve) => ends.push(() => resolve(down))));
    const journal = memoryJournal(...bodies(1, 1));
    const { clock, deadLetters, delivery } = fixture(journal, [
      destination('a', plugin, { giveUpAfterHours: 1, timeoutMs: 3_600_000, maxInFlight: 1 }),
    ]);
    await clock.advance(1000);
    journal.append(...bodies(1, 1, 1));
    await clock.advance(hours - 500);
    for (const given of [['0.0'], ['0.0', '1.0']]) {
      ends.shift()?.();
      await clock.advance(60_000);
      expect(deadLetters.entries.map(({ id }) => id)).toEqual(given);
    }
    const stopping = delivery.stop(0);
    await clock.advance(20_000);
    await stopping;
  });

  test('and older events are still sent if the destination accepts them', async () => {
    const plugin = scripted();
    const journal = memoryJournal(...bodies(10, 10).map(receivedAt(startMs - 100 * hours)));
    const { clock, deadLetters } = fixture(journal, [destination('a', plugin, { giveUpAfterHours: 1 })]);
    await clock.advance(1000);
    expect(plugin.taken).toHaveLength(100);
    expect(deadLetters.entries).toEqual([]);
  });
});

describe('a destination that accepted events within the timeout has no overdue events', () => {
  test('if it is slow and sometimes busy', async () => {
    const busy = { ...down, waitMs: 60_000 };
    const plugin = scripted((batch, call, signal) => (call % 3 === 1 ? busy : deliverAll(batch, call, signal)));
    const journal = memoryJournal(...bodies(100, 100).map(receivedAt(startMs)));
    const spec = destination('a', plugin, { giveUpAfterHours: 1, batch: { maxEvents: 10 }, maxInFlight: 1 });
    const { clock, deadLetters, statusOf } = fixture(journal, [spec]);
    await clock.advance(5 * hours);
    expect(statusOf('a').sequence).toBeLessThan(90);
    await clock.runUntil(() => statusOf('a').sequence === 100, 100 * hours);
    expect(plugin.taken).toHaveLength(10_000);
    expect(deadLetters.entries).toEqual([]);
  });

  test('except an event whose attempts all failed while others were delivered', async () => {
    const plugin = scripted((batch) => ({
      ...Object(each(batch, (id) => (id === '0.0' ? { verdict: 'retry', code: 'busy' } : { verdict: 'delivered' }))),
      slowDown: true,
    }));
    const journal = memoryJournal(...bodies(1, 2).map(receivedAt(startMs)));
    const { clock, deadLetters } = fixture(journal, [destination('a', plugin, { giveUpAfterHours: 1 })]);
    for (let sequence = 1; sequence < 59; sequence++) {
      await clock.advance(60_000);
      journal.append(...bodies(1, 2, sequence).map(receivedAt(clock.now())));
    }
    expect(deadLetters.entries).toEqual([]);
    await clock.advance(5 * 60_000);
    expect(deadLetters.entries.map(({ id, code }) => `${id} ${code}`)).toEqual(['0.0 retry_timeout']);
  });
});

test('events that waited for an operator before a restart do not become dead letters at the first failure after it', async () => {
  const position = memoryPosition();
  const journal = memoryJournal(...bodies(10, 10).map(receivedAt(startMs - 100 * hours)));
  const { clock, deadLetters } = fixture(journal, [
    destination(
      'a',
      scripted(() => down),
      { giveUpAfterHours: 1 },
      { position },
    ),
  ]);
  await clock.advance(hours - 60_000);
  expect(deadLetters.entries).toEqual([]);
  await clock.advance(180_000);
  expect(deadLetters.entries).toHaveLength(100);
});

describe('time that waits for an operator does not count', () => {
  const waits: Record<string, Script> = {
    'the destination was misconfigured': () => ({ batch: 'misconfigured', code: 'bad' }),
    'it rejected nearly all events': (batch) => each(batch, () => ({ verdict: 'rejected', code: 'bad' })),
    'the maximum of events was blocked': (batch) => each(batch, () => ({ verdict: 'blocked', code: 'bad' })),
  };
  test.each(Object.entries(waits))('if %s, and it is down for a moment after that', async (_, waiting) => {
    let isDown = false;
    const plugin = scripted((batch, call, signal) => (isDown ? down : waiting(batch, call, signal)));
    const spec = destination('a', plugin, { giveUpAfterHours: 1, batch: { maxEvents: 20 }, maxInFlight: 1 });
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(100, 10)), [spec]);
    await clock.advance(6 * hours);
    const before = deadLetters.entries.length;
    isDown = true;
    await clock.advance(hours / 2);
    expect(statusOf('a').state).toBe('backing_off');
    expect(deadLetters.entries).toHaveLength(before);
    await clock.advance(hours);
    expect(deadLetters.entries.length).toBeGreaterThan(before);
  });

  test('if the dead-letter queue was full, and the destination is down for a moment after that', async () => {
    let isDown = false;
    const plugin = scripted((batch) =>
      isDown
        ? down
        : each(batch, (id) => (id === '0.0' ? { verdict: 'rejected', code: 'bad' } : { verdict: 'delivered' })),
    );
    const journal = memoryJournal(...bodies(1, 5));
    const { clock, deadLetters, statusOf } = fixture(journal, [destination('a', plugin, { giveUpAfterHours: 1 })]);
    deadLetters.full = true;
    await clock.advance(1000);
    journal.append(...bodies(5, 10, 1));
    await clock.advance(2 * hours);
    isDown = true;
    deadLetters.full = false;
    await clock.advance(hours / 2);
    expect(statusOf('a').state).toBe('backing_off');
    expect(deadLetters.entries.map(({ code }) => code)).toEqual(['bad']);
  });
});
