import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bodies,
  body,
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  normalize,
  type Script,
  scripted,
  type start,
} from './test-delivery.ts';

const delivered = { verdict: 'delivered' } as const;
const sumOf = ({ delivered: done, deadLettered, filtered, damaged }: typeof start.counters) =>
  done + deadLettered + filtered + damaged;

describe('the position', () => {
  test('moves past settled events only, in any order of the reports; a restart sends the rest', async () => {
    const position = memoryPosition();
    const journal = memoryJournal(...bodies(3, 4));
    const responses: (() => void)[] = [];
    const plugin = scripted(
      (batch, call, signal) => new Promise((resolve) => responses.push(() => resolve(deliverAll(batch, call, signal)))),
    );
    const first = fixture(journal, [destination('a', plugin, { batch: { maxEvents: 3 } }, { position })]);
    await first.clock.advance(300);
    expect(plugin.batches.map(([id]) => id)).toEqual(['0.0', '0.3', '1.2', '2.1']);
    responses[2]?.();
    responses[1]?.();
    await first.clock.advance(1000);
    expect(position.position).toMatchObject({
      sequence: 0,
      settled: [
        { sequence: 0, elements: [[3, 3]] },
        { sequence: 1, elements: 'all' },
        { sequence: 2, elements: [[0, 0]] },
      ],
      counters: { normalized: 6, delivered: 6 },
    });
    const stopping = first.delivery.stop(0);
    await first.clock.advance(10_000);
    await stopping;

    const again = scripted();
    const second = fixture(journal, [destination('a', again, {}, { position })]);
    await second.clock.runUntil(() => second.statusOf('a').sequence === 3);
    expect(again.taken).toEqual(['0.0', '0.1', '0.2', '2.1', '2.2', '2.3']);
    await second.delivery.stop(0);
    expect(position.position).toMatchObject({ sequence: 3, counters: { normalized: 12, delivered: 12 } });
  });

  test('is saved periodically, not for every batch', async () => {
    const position = memoryPosition();
    const spec = destination('a', scripted(), { batch: { maxEvents: 10 } }, { position });
    const { clock } = fixture(memoryJournal(...bodies(200, 10)), [spec]);
    await clock.advance(5_000);
    expect(position.position.sequence).toBe(200);
    expect(position.saves.length).toBeLessThanOrEqual(2);
  });

  test('never exceeds its slot: reading stops until events are settled', async () => {
    const position = memoryPosition();
    const stuck: Script = (batch) => ({
      ...Object(each(batch, (id) => (Number.parseInt(id, 10) % 2 ? { verdict: 'retry', code: 'busy' } : delivered))),
      slowDown: true,
    });
    const { clock, statusOf } = fixture(memoryJournal(...bodies(4000, 1)), [
      destination('a', scripted(stuck), {}, { position }),
    ]);
    await clock.advance(600_000);
    expect(position.position.sequence).toBe(1);
    expect(position.position.settled.length).toBeGreaterThan(1000);
    expect(position.position.settled.length + statusOf('a').open).toBeLessThanOrEqual(2048);
  });
});

test('no event is lost and the counters reconcile with any report and any crash', async () => {
  const response = fc.constantFrom(
    'delivered',
    'delivered',
    'delivered',
    'retry',
    'rejected',
    'blocked',
    'unknown',
    'throw',
    'down',
    'large',
    'lie',
  );
  const lives = fc.array(
    fc.record({ responses: fc.array(response, { minLength: 1, maxLength: 30 }), lifeMs: fc.nat(3000) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(lives, async (story) => {
      const span = { fromSequence: 3, toSequence: 5, bodies: 3, bytes: 9, reason: 'damaged', where: 'x' } as const;
      const journal = memoryJournal(...bodies(3, 7), { kind: 'lost', span }, ...bodies(21, 1, 6));
      const position = memoryPosition();
      const there = new Set<string>();
      const deadLetteredIds = new Set<string>();
      const live = (script: Script) => {
        const plugin = scripted(script);
        const gather = () => {
          for (const id of plugin.taken) there.add(id);
        };
        const one = fixture(journal, [destination('a', plugin, { batch: { maxEvents: 5 } }, { position })], {
          deadLetters: { full: false, append: async ({ id }) => void deadLetteredIds.add(id) },
        });
        return { ...one, gather };
      };
      for (const { responses, lifeMs } of story) {
        let turn = 0;
        const next = () => responses[turn++ % responses.length];
        const life = live((batch, call, signal) => {
          const result = next();
          if (result === 'throw') throw new Error('bug');
          if (result === 'down') return { batch: 'unavailable', code: 'down' };
          if (result === 'large') return { batch: 'tooLarge', code: 'large' };
          if (result === 'lie')
            return {
              items: [
                { index: 0, verdict: 'delivered' },
                { index: 0, verdict: 'rejected', code: 'bad' },
              ],
            };
          if (result === 'delivered') return deliverAll(batch, call, signal);
          return each(batch, (_, index) => {
            if (index % 2) return delivered;
            if (result === 'rejected' || result === 'blocked') return { verdict: result, code: 'bad' };
            return { verdict: result === 'retry' ? 'retry' : 'unknown', code: 'busy' };
          });
        });
        // A crash: the next process knows only saved data.
        await life.clock.advance(lifeMs);
        life.gather();
        const { counters } = position.position;
        expect(counters.normalized).toBe(sumOf(counters));
        const saved = position.position;
        await life.delivery.stop(0);
        position.save(saved);
      }
      const last = live(deliverAll);
      await last.clock.runUntil(() => last.statusOf('a').sequence === 27);
      last.gather();
      await last.delivery.stop(0);
      expect(new Set([...there, ...deadLetteredIds]).size).toBe(42);
      const { counters } = position.position;
      expect(counters.normalized).toBe(sumOf(counters));
      expect(counters).toMatchObject({ normalized: 45, damaged: 3 });
    }),
    { numRuns: 60 },
  );
});

test('events that a destination does not receive are filtered and counted', async () => {
  const journal = memoryJournal(
    body(0, ['a', 'b'], 'x.one'),
    body(1, ['c'], 'x.two'),
    body(2, ['d'], 'x.one', 'other'),
  );
  const where = [
    { datasets: ['x.one'] },
    { exceptDatasets: ['x.one'] },
    { sources: ['other'] },
    { datasets: ['x.one'], sources: ['xiq'] },
  ];
  const plugins = where.map(() => scripted());
  const { clock, delivery } = fixture(
    journal,
    plugins.map((plugin, index) => destination(`d${index}`, plugin, { where: where[index] ?? {} })),
  );
  await clock.runUntil(() => delivery.status().every(({ sequence }) => sequence === 3));
  expect(plugins.map(({ taken }) => taken.join(''))).toEqual(['abd', 'c', 'd', 'ab']);
  for (const { counters } of delivery.status()) expect(counters).toMatchObject({ normalized: 4 });
  expect(delivery.status().map(({ counters }) => counters.filtered)).toEqual([1, 3, 3, 2]);
});

test('a duplicate of a back-filled event is sent to no destination and counts as filtered', async () => {
  const journal = memoryJournal(body(0, ['a', 'b']), body(1, ['c']));
  const plugins = [scripted(), scripted()];
  const { clock, delivery, meter } = fixture(
    journal,
    plugins.map((plugin, index) => destination(`d${index}`, plugin)),
    {
      *normalize(kept) {
        for (const event of normalize(kept))
          yield event.id === 'b' ? { ...event, filtered: 'duplicate_of_backfill' } : event;
      },
    },
  );
  await clock.runUntil(() => delivery.status().every(({ sequence }) => sequence === 2));
  expect(plugins.map(({ taken }) => taken.join(''))).toEqual(['ac', 'ac']);
  for (const { counters } of delivery.status()) {
    expect(counters).toMatchObject({ normalized: 3, delivered: 2, filtered: 1 });
  }
  expect(meter.total('xiq_siem.destination.events', { outcome: 'duplicate_of_backfill' })).toBe(2);
});
