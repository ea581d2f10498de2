import { createManualClock, createRecordingLogger } from '@xiq-siem/testkit';
import { describe, expect, test } from 'vitest';
import { createDeadLetterLog } from './dead-letter-queue.ts';
import {
  bodies,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  type Script,
  scripted,
} from './test-delivery.ts';

const delivered = { verdict: 'delivered' } as const;

describe('dead letters', () => {
  const rejectSome: Script = (batch) =>
    each(batch, (id) => (id.endsWith('.1') ? { verdict: 'rejected', code: 'bad' } : delivered));

  test('are stored before the position moves past them', async () => {
    let keep = () => {};
    const position = memoryPosition();
    const append = () =>
      new Promise<void>((resolve) => {
        keep = resolve;
      });
    const { clock, statusOf } = fixture(
      memoryJournal(...bodies(1, 3)),
      [destination('a', scripted(rejectSome), {}, { position })],
      { deadLetters: { full: false, append } },
    );
    await clock.advance(5_000);
    expect(position.position).toMatchObject({
      sequence: 0,
      settled: [
        {
          elements: [
            [0, 0],
            [2, 2],
          ],
        },
      ],
    });
    keep();
    await clock.advance(5_000);
    expect(position.position).toMatchObject({ sequence: 1, counters: { deadLettered: 1, delivered: 2 } });
    expect(statusOf('a').open).toBe(0);
  });

  test('pause their destination while the store is full; none is evicted', async () => {
    const journal = memoryJournal(...bodies(1, 3));
    const plugin = scripted(rejectSome);
    const other = scripted();
    const { clock, deadLetters, statusOf, log } = fixture(journal, [
      destination('a', plugin),
      destination('other', other),
    ]);
    deadLetters.full = true;
    await clock.advance(60_000);
    journal.append(...bodies(5, 3, 1));
    await clock.advance(60_000);
    expect(plugin.batches).toHaveLength(1);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'dead_letters_full', open: 16 });
    expect(log.of('delivery.dead_letters_full')).toHaveLength(1);
    expect(other.taken).toHaveLength(18);
    deadLetters.full = false;
    await clock.runUntil(() => statusOf('a').sequence === 6);
    expect(deadLetters.entries).toHaveLength(6);
    expect(statusOf('a').state).toBe('running');
  });

  test('that fill the store are reported as dead_letters_full, not as a failure', async () => {
    const store = {
      full: false,
      async append() {
        store.full = true;
        throw new Error('no room');
      },
    };
    const spec = destination('a', scripted(rejectSome));
    const { clock, statusOf, log } = fixture(memoryJournal(...bodies(1, 3)), [spec], { deadLetters: store });
    await clock.advance(1_000);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'dead_letters_full', open: 1 });
    expect(log.of('delivery.dead_letters_full')).toHaveLength(1);
    expect(log.of('delivery.dead_letters_write_failed')).toEqual([]);
  });

  test('that fail long after their batch pause the destination at once', async () => {
    let fail = () => {};
    const append = () =>
      new Promise<void>((_, reject) => {
        fail = () => reject(new Error('EIO'));
      });
    const spec = destination('a', scripted(rejectSome));
    const { clock, log } = fixture(memoryJournal(...bodies(1, 3)), [spec], { deadLetters: { full: false, append } });
    await clock.advance(60_000);
    expect(log.of('delivery.paused')).toEqual([]);
    fail();
    await clock.settle();
    expect(log.of('delivery.paused')[0]?.attributes).toMatchObject({
      destination: 'a',
      code: 'dead_letters_write_failed',
    });
  });

  test('that cannot be written are written again', async () => {
    let failures = 3;
    const written: string[] = [];
    const append = async ({ id }: { readonly id: string }) => {
      if (failures-- > 0) throw new Error('EIO');
      written.push(id);
    };
    const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 3)), [destination('a', scripted(rejectSome))], {
      deadLetters: { full: false, append },
    });
    await clock.runUntil(() => statusOf('a').sequence === 1);
    expect(written).toEqual(['0.1']);
  });
});

test('the first dead letter of a code is logged at once, those of the next minute together', async () => {
  const log = createRecordingLogger();
  const clock = createManualClock(0);
  const lines = createDeadLetterLog(log, clock);
  const said = () => log.of('delivery.dead_letter').map(({ attributes: { code, events, id } }) => [code, events, id]);
  lines.log('delivery.dead_letter', 'bad', { id: 'a' });
  lines.log('delivery.dead_letter', 'bad', { id: 'b' });
  lines.log('delivery.dead_letter', 'large', { id: 'c' });
  lines.log('delivery.dead_letter', 'bad', { id: 'd' });
  expect(said()).toEqual([
    ['bad', 1, 'a'],
    ['large', 1, 'c'],
  ]);
  expect(lines.dueMs()).toBe(60_000);
  await clock.advance(59_999);
  lines.writeIfDue();
  expect(said()).toHaveLength(2);
  await clock.advance(1);
  lines.writeIfDue();
  expect(said().slice(2)).toEqual([['bad', 2, 'd']]);
  lines.log('delivery.dead_letter', 'bad', { id: 'e' });
  lines.log('delivery.dead_letter', 'large', { id: 'f' });
  expect(said().slice(3)).toEqual([['large', 1, 'f']]);
  lines.writeRest();
  expect(said().slice(4)).toEqual([['bad', 1, 'e']]);
  expect(lines.dueMs()).toBe(Number.POSITIVE_INFINITY);
});

test('many dead letters write one line a minute with their number; the counters stay exact', async () => {
  const plugin = scripted((batch) =>
    each(batch, (id) => (id.endsWith('.0') ? { verdict: 'rejected', code: 'bad' } : { verdict: 'delivered' })),
  );
  const journal = memoryJournal();
  const { clock, log, meter, delivery, statusOf } = fixture(journal, [destination('a', plugin)]);
  const lines = () => log.of('delivery.dead_letter');
  for (let minute = 0; minute < 3; minute++) {
    journal.append(...bodies(500, 3, minute * 500));
    await clock.runUntil(() => statusOf('a').sequence === (minute + 1) * 500);
    await clock.advance(60_000);
  }
  const stopping = delivery.stop(0);
  await clock.advance(10_000);
  await stopping;
  expect(lines().length).toBeLessThanOrEqual(5);
  expect(lines()[0]?.attributes).toMatchObject({ destination: 'a', dataset: 'test.events', code: 'bad', attempts: 1 });
  expect(lines().reduce((sum, { attributes }) => sum + Number(attributes['events']), 0)).toBe(1500);
  expect(meter.total('xiq_siem.destination.events', { outcome: 'dead_lettered' })).toBe(1500);
  expect(clock.sleepers()).toBe(0);
});
