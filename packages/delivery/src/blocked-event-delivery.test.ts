import type { Batch } from '@xiq-siem/core';
import { describe, expect, test } from 'vitest';
import { bodies, body, destination, each, fixture, memoryJournal, memoryPosition, scripted } from './test-delivery.ts';

const delivered = { verdict: 'delivered' } as const;
const blocked = { verdict: 'blocked', code: 'bad', message: 'index of hunter2 is closed' } as const;
const down = { batch: 'unavailable', code: 'down' };
const hours = 3_600_000;

/** Events whose id starts with `x` belong to a blocked stream. */
const isClosed = (id: string) => id.startsWith('x');
const blocksStream = (isFixed = () => false) =>
  scripted((batch) => each(batch, (id) => (isClosed(id) && !isFixed() ? blocked : delivered)));
const mixed = (sequence: number, closed: number, open: number) =>
  body(sequence, [
    ...Array.from({ length: closed }, (_, n) => `x${sequence}.${n}`),
    ...Array.from({ length: open }, (_, n) => `${sequence}.${n}`),
  ]);

describe('events of a blocked stream', () => {
  test('do not block the others, are sent at least every minute, and are in the status', async () => {
    let isFixed = false;
    const plugin = blocksStream(() => isFixed);
    const journal = memoryJournal(mixed(0, 20, 5));
    const { clock, statusOf, log, deadLetters } = fixture(journal, [destination('a', plugin)]);
    for (let sequence = 1; sequence < 200; sequence++) {
      journal.append(mixed(sequence, 1, 5));
      await clock.advance(60_000);
      const before = plugin.batches.filter((ids) => ids.includes('x0.0')).length;
      await clock.advance(60_000);
      expect(plugin.batches.filter((ids) => ids.includes('x0.0')).length).toBeGreaterThan(before);
    }
    expect(plugin.taken).toHaveLength(1000);
    expect(statusOf('a')).toMatchObject({
      state: 'running',
      blocked: { events: 219, code: 'bad', message: 'index of [secret] is closed' },
      awaitingResend: 219,
      open: 219,
    });
    expect(log.of('delivery.events_blocked')).toHaveLength(1);
    expect(log.of('delivery.paused')).toEqual([]);
    isFixed = true;
    await clock.runUntil(() => statusOf('a').sequence === 200, 60_000);
    expect(plugin.taken).toHaveLength(1219);
    expect(deadLetters.entries).toEqual([]);
    expect(statusOf('a')).toMatchObject({ blocked: undefined, open: 0, possibleDuplicates: 0 });
    expect(log.of('delivery.events_unblocked')).toHaveLength(1);
  });

  test('are sent with growing delays, and all at once after the first one is delivered', async () => {
    let isFixed = false;
    const plugin = blocksStream(() => isFixed);
    const journal = memoryJournal();
    const spec = destination('a', plugin, { batch: { maxEvents: 50 } });
    const { clock, statusOf } = fixture(journal, [spec]);
    for (let sequence = 0; sequence < 100; sequence++) {
      journal.append(mixed(sequence, 1, 0));
      await clock.advance(1000);
    }
    const before = plugin.batches.length;
    await clock.advance(hours);
    expect(plugin.batches.length - before).toBeLessThan(2 * 125);
    isFixed = true;
    const half = plugin.batches.length;
    await clock.runUntil(() => plugin.taken.length > 0, 60_000);
    await clock.advance(0);
    expect(statusOf('a').sequence).toBe(100);
    expect(plugin.batches.length - half).toBe(2);
  });

  test('never become dead letters by failures or by the retry timeout, even if the destination is down in between', async () => {
    let isDown = false;
    const plugin = scripted((batch) => (isDown ? down : each(batch, (id) => (isClosed(id) ? blocked : delivered))));
    const journal = memoryJournal(mixed(0, 3, 3));
    const { clock, deadLetters, statusOf } = fixture(journal, [destination('a', plugin, { giveUpAfterHours: 1 })]);
    for (let sequence = 1; sequence < 100; sequence++) {
      journal.append(mixed(sequence, 0, 3));
      isDown = sequence % 30 === 0;
      await clock.advance(hours / 4);
    }
    expect(deadLetters.entries).toEqual([]);
    expect(statusOf('a')).toMatchObject({ blocked: { events: 3 }, sequence: 0 });
  });

  test('that are then rejected or get the verdict retry are not blocked any more', async () => {
    let response: 'blocked' | 'rejected' | 'retry' = 'blocked';
    const plugin = scripted((batch) => each(batch, () => ({ verdict: response, code: 'bad' })));
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(mixed(0, 4, 0)), [destination('a', plugin)]);
    await clock.advance(1000);
    expect(statusOf('a').blocked).toMatchObject({ events: 4 });
    response = 'retry';
    await clock.runUntil(() => statusOf('a').blocked === undefined, 60_000);
    response = 'blocked';
    await clock.runUntil(() => statusOf('a').blocked !== undefined, 60_000);
    response = 'rejected';
    await clock.runUntil(() => statusOf('a').sequence === 1, 60_000);
    expect(deadLetters.entries).toHaveLength(4);
    expect(statusOf('a').blocked).toBeUndefined();
  });

  test('are sent in whole batches, although the batches were halved before', async () => {
    let response = 'retry';
    const plugin = scripted((batch) =>
      each(batch, () => (response === 'blocked' ? blocked : { verdict: 'retry', code: 'busy' })),
    );
    const { clock, statusOf } = fixture(memoryJournal(mixed(0, 4, 0)), [destination('a', plugin)]);
    await clock.advance(hours);
    expect(plugin.batches.at(-1)).toHaveLength(1);
    response = 'blocked';
    await clock.runUntil(() => statusOf('a').blocked?.events === 4, 120_000);
    await clock.advance(60_000);
    expect(plugin.batches.at(-1)).toHaveLength(4);
  });

  test('that are fixed reset the delay of other blocked events', async () => {
    let isFixed = false;
    const plugin = scripted((batch) => each(batch, (id) => (isFixed && id === 'x0.0' ? delivered : blocked)));
    const { clock, statusOf } = fixture(memoryJournal(mixed(0, 2, 0)), [destination('a', plugin)], {
      random: () => 0.999,
    });
    await clock.advance(2 * hours);
    isFixed = true;
    await clock.runUntil(() => statusOf('a').blocked?.events === 1, 60_000);
    const before = plugin.batches.length;
    await clock.advance(5_000);
    expect(plugin.batches.slice(before)).toEqual([['x0.1']]);
  });

  test('stay blocked while the destination is unavailable', async () => {
    let isDown = false;
    const plugin = scripted((batch) => (isDown ? down : each(batch, () => blocked)));
    const { clock, statusOf } = fixture(memoryJournal(mixed(0, 2, 0)), [destination('a', plugin)]);
    await clock.advance(1000);
    isDown = true;
    await clock.advance(hours);
    expect(statusOf('a')).toMatchObject({ state: 'backing_off', reason: 'down', blocked: { events: 2, code: 'bad' } });
  });

  test('are sent again as soon as others if they fail after they were blocked', async () => {
    let response = 'blocked';
    const plugin = scripted((batch) =>
      each(batch, () => (response === 'blocked' ? blocked : { verdict: 'retry', code: 'busy' })),
    );
    const { clock, statusOf } = fixture(memoryJournal(mixed(0, 4, 0)), [destination('a', plugin)]);
    await clock.advance(2 * hours);
    response = 'retry';
    await clock.runUntil(() => statusOf('a').blocked === undefined, 60_000);
    const before = plugin.batches.length;
    await clock.advance(500);
    expect(plugin.batches.length).toBe(before + 1);
    expect(plugin.batches.at(-1)).toHaveLength(4);
  });

  test('may be on the server already: the delivery counts as a possible duplicate', async () => {
    const verdicts = ['unknown', 'blocked', 'blocked'] as const;
    const plugin = scripted((batch, call) => {
      const verdict = verdicts[call - 1];
      return each(batch, () => (verdict === undefined ? delivered : { verdict, code: 'bad' }));
    });
    const { clock, statusOf } = fixture(memoryJournal(mixed(0, 1, 0)), [destination('a', plugin)]);
    await clock.runUntil(() => statusOf('a').sequence === 1, 120_000);
    expect(statusOf('a')).toMatchObject({ possibleDuplicates: 1, counters: { delivered: 1, deadLettered: 0 } });
  });

  test('reduce neither the batches of others nor the number in flight', async () => {
    const plugin = blocksStream();
    const journal = memoryJournal(mixed(0, 400, 0));
    const { clock } = fixture(journal, [destination('a', plugin)]);
    await clock.advance(2 * hours);
    journal.append(...bodies(100, 50, 1));
    await clock.runUntil(() => plugin.taken.length === 5000);
    expect(Math.max(...plugin.batches.slice(-12).map(({ length }) => length))).toBe(500);
    expect(plugin.batches.filter((ids) => ids.includes('x0.7')).every((ids) => ids.length >= 400)).toBe(true);
  });
});

describe('the maximum of blocked events', () => {
  test('pauses the destination with the code of the blocked events; a fix resumes it', async () => {
    let isFixed = false;
    const plugin = blocksStream(() => isFixed);
    const position = memoryPosition();
    const spec = destination('a', plugin, { batch: { maxEvents: 100 }, maxInFlight: 1 }, { position });
    const journal = memoryJournal(...Array.from({ length: 30 }, (_, sequence) => mixed(sequence, 50, 50)));
    const { clock, statusOf, log } = fixture(journal, [spec]);
    await clock.advance(10 * hours);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'bad', blocked: { events: 200 } });
    expect(plugin.taken).toHaveLength(150);
    expect(statusOf('a').open).toBeLessThanOrEqual(200);
    expect(log.of('delivery.paused')).toHaveLength(1);
    expect(plugin.batches.length).toBeLessThan(2 * 10 * 125);
    isFixed = true;
    await clock.runUntil(() => statusOf('a').sequence === 30, 61_000);
    expect(plugin.taken).toHaveLength(3000);
    expect(statusOf('a').state).toBe('running');
  });

  test.each([
    ['bytes', { maxEvents: 1000, maxBytes: 4096 }, 8192 / 47],
    ['events', { maxEvents: 10, maxBytes: 1_000_000 }, 20],
  ])('is half of the window, in %s, plus the batches in flight', async (_, batch, window) => {
    const plugin = blocksStream();
    const spec = destination('a', plugin, { batch, maxInFlight: 1 });
    const { clock, statusOf } = fixture(memoryJournal(...Array.from({ length: 300 }, (_none, n) => mixed(n, 1, 0))), [
      spec,
    ]);
    await clock.advance(hours);
    expect(statusOf('a').state).toBe('paused');
    expect(statusOf('a').blocked?.events).toBeGreaterThan(window * 0.4);
    expect(statusOf('a').blocked?.events).toBeLessThanOrEqual(window);
    expect(statusOf('a').open).toBeGreaterThan(window * 0.9);
  });

  test.each([
    ['the position has no capacity for more ranges', (n: number) => [mixed(3 * n, 0, 1), mixed(3 * n + 1, 0, 1)]],
    [
      'lost bodies after it do not fit into the position',
      (n: number) => [
        {
          kind: 'lost',
          span: { fromSequence: 3 * n, toSequence: 3 * n + 1, bodies: 2, bytes: 9, reason: 'evicted', where: 'x' },
        } as const,
      ],
    ],
  ])('is also reached when %s: the status shows it, and delivery continues after the fix', async (_, passing) => {
    let isFixed = false;
    const plugin = blocksStream(() => isFixed);
    const entries = Array.from({ length: 1000 }, (_none, n) => [...passing(n), mixed(3 * n + 2, 1, 0)]).flat();
    const { clock, statusOf } = fixture(memoryJournal(...entries), [destination('a', plugin)]);
    await clock.advance(hours);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'bad', sequence: 2 });
    expect(statusOf('a').open).toBeGreaterThan(600);
    expect(statusOf('a').open).toBeLessThan(1000);
    isFixed = true;
    await clock.runUntil(() => statusOf('a').sequence === 3000, 61_000);
    expect(statusOf('a')).toMatchObject({ state: 'running', open: 0 });
  });

  test('does not affect other destinations', async () => {
    const other = scripted();
    const specs = [
      destination(
        'closed',
        scripted((batch: Batch) => each(batch, () => blocked)),
      ),
      destination('other', other),
    ];
    const { clock, statusOf } = fixture(memoryJournal(...bodies(60, 100)), specs);
    await clock.runUntil(() => statusOf('other').sequence === 60, 10_000);
    await clock.advance(hours);
    expect(statusOf('closed')).toMatchObject({ state: 'paused', reason: 'bad' });
    expect(statusOf('closed').open).toBeLessThanOrEqual(2048);
  });
});
