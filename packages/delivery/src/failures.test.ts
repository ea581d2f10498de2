import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  scripted,
} from './test-delivery.ts';

const retry = { verdict: 'retry', code: 'busy' } as const;
const delivered = { verdict: 'delivered' } as const;

describe('a batch that is too large', () => {
  test('is split until it fits', async () => {
    const plugin = scripted((batch, call, signal) =>
      batch.items.length > 3 ? { batch: 'tooLarge', code: 'large' } : deliverAll(batch, call, signal),
    );
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(1, 20)), [destination('a', plugin)]);
    await clock.runUntil(() => statusOf('a').sequence === 1, 2000);
    expect(plugin.taken).toHaveLength(20);
    expect(deadLetters.entries).toEqual([]);
  });

  test('down to one event that is too large alone, which becomes a dead letter', async () => {
    const plugin = scripted((batch, call, signal) =>
      batch.items.some(({ id }) => id === '0.7')
        ? { batch: 'tooLarge', code: 'large', message: 'over 1 MB' }
        : deliverAll(batch, call, signal),
    );
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(1, 20)), [destination('a', plugin)]);
    await clock.runUntil(() => statusOf('a').sequence === 1, 2000);
    expect(plugin.taken).toHaveLength(19);
    expect(deadLetters.entries).toMatchObject([{ id: '0.7', code: 'large', message: 'over 1 MB' }]);
  });
});

describe('a destination that is down', () => {
  const down = { batch: 'unavailable', code: 'down', message: 'connection refused' };

  test('is probed less and less often with one small batch, and receives all events when it is back', async () => {
    let isDown = true;
    const plugin = scripted((batch, call, signal) => (isDown ? down : deliverAll(batch, call, signal)));
    const { clock, deadLetters, statusOf, log } = fixture(memoryJournal(...bodies(100, 50)), [
      destination('a', plugin),
    ]);
    await clock.advance(3_600_000);
    const calls = plugin.batches.length;
    expect(calls).toBeGreaterThan(60);
    expect(calls).toBeLessThan(150);
    expect(plugin.batches.slice(20).every((ids) => ids.length <= 8)).toBe(true);
    expect(statusOf('a')).toMatchObject({
      state: 'backing_off',
      reason: 'down',
      batchesInFlight: 0,
      lastMessage: 'connection refused',
    });
    expect(log.of('delivery.backing_off')).toHaveLength(1);
    isDown = false;
    await clock.runUntil(() => statusOf('a').sequence === 100, 120_000);
    expect(new Set(plugin.taken).size).toBe(5000);
    expect(plugin.taken).toHaveLength(5000);
    expect(deadLetters.entries).toEqual([]);
    expect(statusOf('a').state).toBe('running');
    expect(log.of('delivery.resumed')).toHaveLength(1);
  });

  test('delays no other destination, and uses no more memory than its batches in flight', async () => {
    const journal = memoryJournal(...bodies(600, 100));
    const other = scripted();
    const { clock, statusOf } = fixture(journal, [
      destination(
        'dead',
        scripted(() => down),
      ),
      destination('other', other),
    ]);
    await clock.runUntil(() => statusOf('other').sequence === 600, 5_000);
    expect(other.taken).toHaveLength(60_000);
    await clock.advance(600_000);
    expect(statusOf('dead').open).toBeLessThanOrEqual(2048);
  });

  test.each([
    ['events', { maxEvents: 10 }, 30],
    ['bytes', { maxBytes: 1024 }, 3 * 30],
  ])('reads %s for one batch more than may be in flight', async (_, batch, most) => {
    const spec = destination(
      'a',
      scripted(() => down),
      { batch, maxInFlight: 2 },
    );
    const { clock, statusOf } = fixture(memoryJournal(...bodies(50, 50)), [spec]);
    await clock.advance(600_000);
    expect(statusOf('a').open).toBeGreaterThan(most / 3);
    expect(statusOf('a').open).toBeLessThanOrEqual(most);
  });

  test('has its events dead-lettered after the configured hours', async () => {
    const plugin = scripted(() => down);
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(1, 30)), [
      destination('a', plugin, { giveUpAfterHours: 2 }),
    ]);
    await clock.advance(2 * 3_600_000 - 60_000);
    expect(deadLetters.entries).toEqual([]);
    await clock.advance(200_000);
    expect(deadLetters.entries).toHaveLength(30);
    expect(deadLetters.entries[0]).toMatchObject({ code: 'retry_timeout' });
    expect(statusOf('a')).toMatchObject({ sequence: 1, counters: { deadLettered: 30, normalized: 30 } });
  });

  test('receives nothing for the time that it asks for, at most one hour', async () => {
    let waitMs = 600_000;
    const plugin = scripted(() => ({ ...down, waitMs }));
    const { clock } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', plugin)]);
    await clock.advance(200 + 599_999);
    expect(plugin.batches).toHaveLength(1);
    waitMs = 1e12;
    await clock.advance(1);
    expect(plugin.batches).toHaveLength(2);
    await clock.advance(3_599_999);
    expect(plugin.batches).toHaveLength(2);
    await clock.advance(1);
    expect(plugin.batches).toHaveLength(3);
  });
});

test('a misconfigured destination stays paused, and none of its events becomes a dead letter', async () => {
  let isFixed = false;
  const plugin = scripted((batch, call, signal) =>
    isFixed ? deliverAll(batch, call, signal) : { batch: 'misconfigured', code: 'bad', message: 'key hunter2 expired' },
  );
  const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(10, 100)), [
    destination('a', plugin, { giveUpAfterHours: 1 }),
  ]);
  await clock.advance(24 * 3_600_000);
  expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'bad', lastMessage: 'key [secret] expired' });
  expect(plugin.batches.length).toBeLessThan(24 * 125);
  expect(deadLetters.entries).toEqual([]);
  isFixed = true;
  await clock.runUntil(() => statusOf('a').sequence === 10, 600_000);
  expect(plugin.taken).toHaveLength(1000);
});

test('only events without a final verdict are sent again', async () => {
  const plugin = scripted((batch, call) => each(batch, (_, index) => (call === 1 && index % 2 ? retry : delivered)));
  const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 6)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').sequence === 1);
  expect(plugin.batches).toEqual([
    ['0.0', '0.1', '0.2', '0.3', '0.4', '0.5'],
    ['0.1', '0.3', '0.5'],
  ]);
});

test('a dead letter has the times of the first and the last attempt', async () => {
  const plugin = scripted((batch, call) =>
    each(batch, () => (call < 3 ? retry : { verdict: 'rejected', code: 'bad', message: 'no' })),
  );
  const { clock, deadLetters } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', plugin)]);
  const startMs = clock.now();
  await clock.runUntil(() => deadLetters.entries.length === 1);
  const times = { firstAttemptMs: startMs + 200, lastAttemptMs: startMs + 200 + 250 + 500 };
  expect(deadLetters.entries).toMatchObject([{ id: '0.0', code: 'bad', message: 'no', attempts: 3, ...times }]);
});

test('an event with an unknown result is sent again, and counts as a possible duplicate', async () => {
  const plugin = scripted((batch, call) =>
    each(batch, (_, index) => (call === 1 && index < 2 ? { verdict: 'unknown', code: 'busy' } : delivered)),
  );
  const { clock, meter, statusOf } = fixture(memoryJournal(...bodies(1, 5)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').sequence === 1);
  expect(statusOf('a')).toMatchObject({ possibleDuplicates: 2, counters: { delivered: 5, duplicate: 0 } });
  expect(meter.total('xiq_siem.destination.events', { outcome: 'possible_duplicate' })).toBe(2);
});

test('an event with an unknown result that is then a duplicate is not a possible duplicate', async () => {
  const plugin = scripted((batch, call) =>
    each(batch, () => (call === 1 ? { verdict: 'unknown', code: 'busy' } : { verdict: 'delivered', duplicate: true })),
  );
  const { clock, meter, statusOf } = fixture(memoryJournal(...bodies(1, 2)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').sequence === 1);
  expect(statusOf('a')).toMatchObject({ possibleDuplicates: 0, counters: { delivered: 2, duplicate: 2 } });
  expect(meter.total('xiq_siem.destination.events', { outcome: 'possible_duplicate' })).toBe(0);
});

test('settled events free their bytes of the window', async () => {
  const plugin = scripted();
  const spec = destination('a', plugin, { batch: { maxBytes: 1024, maxEvents: 10 }, maxInFlight: 1 });
  const { clock, statusOf } = fixture(memoryJournal(...bodies(50, 10)), [spec]);
  await clock.runUntil(() => statusOf('a').sequence === 50, 60_000);
  expect(plugin.taken).toHaveLength(500);
});

test('duplicates and degraded deliveries count as delivered, and separately', async () => {
  const plugin = scripted((batch) =>
    each(batch, (_, index) => ({
      verdict: 'delivered',
      ...(index === 0 ? { duplicate: true } : {}),
      ...(index === 1 ? { degraded: 'bad' } : {}),
    })),
  );
  const { clock, meter, statusOf } = fixture(memoryJournal(...bodies(1, 5)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').sequence === 1);
  expect(statusOf('a').counters).toMatchObject({ normalized: 5, delivered: 5, duplicate: 1, degraded: 1 });
  const counted = ['delivered', 'duplicate', 'degraded'].map((outcome) =>
    meter.total('xiq_siem.destination.events', { outcome }),
  );
  expect(counted).toEqual([5, 1, 1]);
});

describe('a request to slow down', () => {
  test('reduces the batches in flight, then their size, and later deliveries increase them', async () => {
    let busy = true;
    const plugin = scripted(async (batch, call, signal) => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      return busy
        ? { ...Object(await deliverAll(batch, call, signal)), slowDown: true }
        : deliverAll(batch, call, signal);
    });
    const { clock } = fixture(memoryJournal(...bodies(2000, 10)), [
      destination('a', plugin, { batch: { maxEvents: 100 } }),
    ]);
    await clock.runUntil(() => plugin.batches.length > 12);
    expect(plugin.batches[12]?.length).toBeLessThan(10);
    busy = false;
    await clock.runUntil(() => plugin.taken.length === 20_000);
    expect(plugin.batches.at(-5)).toHaveLength(100);
  });
});

describe('one event that makes every batch fail', () => {
  const faults = {
    'by a throw': () => {
      throw new Error('cannot serialise');
    },
    'by a retry of all': (batch: Parameters<typeof each>[0]) => each(batch, () => retry),
    'by unavailable': () => ({ batch: 'unavailable', code: 'down' }),
  };
  test.each(Object.entries(faults))('%s is isolated by halving, while all others are delivered', async (_, spoil) => {
    const plugin = scripted((batch, call, signal) =>
      batch.items.some(({ id }) => id === '3.33') ? spoil(batch) : deliverAll(batch, call, signal),
    );
    const journal = memoryJournal(...bodies(10, 100));
    const { clock, deadLetters, statusOf } = fixture(journal, [destination('a', plugin)]);
    let next = 10;
    for (let hour = 0; hour < 60 && deadLetters.entries.length === 0; hour++) {
      journal.append(...bodies(1, 5, next++));
      await clock.advance(61_000);
    }
    expect(deadLetters.entries).toMatchObject([{ id: '3.33', code: 'retry_exhausted' }]);
    await clock.runUntil(() => statusOf('a').sequence === next);
    expect(new Set(plugin.taken).size).toBe(999 + (next - 10) * 5);
    expect(statusOf('a')).toMatchObject({ open: 0, counters: { deadLettered: 1 } });
  });

  test('is isolated even if there are no other events', async () => {
    const plugin = scripted((batch, call, signal) =>
      batch.items.some(({ id }) => id === '0.3')
        ? { batch: 'unavailable', code: 'down' }
        : deliverAll(batch, call, signal),
    );
    const { clock, statusOf, deadLetters } = fixture(memoryJournal(...bodies(1, 8)), [destination('a', plugin)]);
    await clock.runUntil(() => plugin.taken.length === 7);
    expect(statusOf('a')).toMatchObject({ open: 1, sequence: 0 });
    expect(deadLetters.entries).toEqual([]);
  });
});

test('an event that fails 20 times while others are delivered becomes a dead letter, but not under load', async () => {
  for (const slowDown of [false, true]) {
    const plugin = scripted((batch) => ({
      ...Object(each(batch, (id) => (id === '0.0' ? retry : delivered))),
      ...(slowDown ? { slowDown } : {}),
    }));
    const journal = memoryJournal(...bodies(1, 2));
    const { clock, deadLetters } = fixture(journal, [destination('a', plugin)]);
    for (let minute = 1; minute < 60; minute++) {
      journal.append(...bodies(1, 1, minute));
      await clock.advance(60_000);
    }
    if (slowDown) expect(deadLetters.entries).toEqual([]);
    else expect(deadLetters.entries).toMatchObject([{ id: '0.0', code: 'retry_exhausted', message: 'busy' }]);
  }
});

describe('a rejection burst', () => {
  test('pauses the destination at the third batch instead of dead-lettering all events', async () => {
    let isFixed = false;
    const plugin = scripted((batch) =>
      each(batch, () => (isFixed ? delivered : { verdict: 'rejected', code: 'bad', message: 'no mapping' })),
    );
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(100, 10)), [
      destination('a', plugin, { batch: { maxEvents: 20 }, maxInFlight: 1 }),
    ]);
    await clock.advance(24 * 3_600_000);
    expect(deadLetters.entries).toHaveLength(40);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'bad' });
    isFixed = true;
    await clock.runUntil(() => statusOf('a').sequence === 100, 600_000);
    expect(statusOf('a').counters).toMatchObject({ normalized: 1000, delivered: 960, deadLettered: 40 });
  });

  test('needs ten events: fewer invalid events with little traffic become dead letters', async () => {
    const plugin = scripted((batch) => each(batch, () => ({ verdict: 'rejected', code: 'bad' })));
    const journal = memoryJournal();
    const { clock, deadLetters, statusOf } = fixture(journal, [destination('a', plugin)]);
    for (let sequence = 0; sequence < 9; sequence++) {
      journal.append(...bodies(1, 1, sequence));
      await clock.advance(60_000);
    }
    expect(deadLetters.entries).toHaveLength(9);
    expect(statusOf('a')).toMatchObject({ state: 'running', sequence: 9 });
    journal.append(...bodies(1, 1, 9));
    await clock.advance(60_000);
    expect(deadLetters.entries).toHaveLength(9);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'bad', open: 1 });
  });

  test('can consist of events that are too large alone', async () => {
    const plugin = scripted(() => ({ batch: 'tooLarge', code: 'large' }));
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(10, 10)), [destination('a', plugin)]);
    await clock.advance(3_600_000);
    expect(deadLetters.entries).toHaveLength(9);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'large', open: 91 });
  });

  test('is over when other events are delivered', async () => {
    const plugin = scripted((batch) =>
      each(batch, (id) => (Number(id.split('.')[0]) < 5 ? { verdict: 'rejected', code: 'bad' } : delivered)),
    );
    const journal = memoryJournal(...bodies(20, 10));
    const { clock, deadLetters, statusOf } = fixture(journal, [
      destination('a', plugin, { batch: { maxEvents: 10 }, maxInFlight: 8 }),
    ]);
    await clock.advance(3_600_000);
    expect(statusOf('a')).toMatchObject({ state: 'paused', open: 10 });
    journal.append(...bodies(1, 10, 20));
    await clock.runUntil(() => statusOf('a').sequence === 21, 3_600_000);
    expect(deadLetters.entries).toHaveLength(50);
    expect(statusOf('a')).toMatchObject({ state: 'running' });
  });
});

test('a position that cannot be saved is saved again, and delivery continues', async () => {
  const good = memoryPosition();
  let broken = true;
  const position = {
    ...good,
    position: good.position,
    save: async (saved: typeof good.position) => {
      if (broken) throw new Error('disk');
      await good.save(saved);
    },
  };
  const plugin = scripted();
  const { clock, log } = fixture(memoryJournal(...bodies(3, 3)), [destination('a', plugin, {}, { position })]);
  await clock.advance(10_000);
  expect(plugin.taken).toHaveLength(9);
  expect(log.of('position.write_failed').length).toBeGreaterThan(0);
  broken = false;
  await clock.advance(10_000);
  expect(good.position).toMatchObject({ sequence: 3, counters: { delivered: 9 } });
});
