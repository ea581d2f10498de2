import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bench,
  bodies,
  body,
  destination,
  each,
  memoryJournal,
  memoryPosition,
  normalize,
  type Script,
  scripted,
  type start,
  takeAll,
} from './test-bench.ts';

const delivered = { verdict: 'delivered' } as const;
const never = () => new Promise<never>(() => {});
const sumOf = ({ delivered: done, deadLettered, filtered, damaged }: typeof start.counters) =>
  done + deadLettered + filtered + damaged;

describe('the position', () => {
  test('moves over settled events only, whatever order the answers come in; a restart sends the rest', async () => {
    const position = memoryPosition();
    const journal = memoryJournal(...bodies(3, 4));
    const answers: (() => void)[] = [];
    const plugin = scripted(
      (batch, call, signal) => new Promise((resolve) => answers.push(() => resolve(takeAll(batch, call, signal)))),
    );
    const first = bench(journal, [destination('a', plugin, { batch: { maxEvents: 3 } }, { position })]);
    await first.clock.advance(300);
    expect(plugin.batches.map(([id]) => id)).toEqual(['0.0', '0.3', '1.2', '2.1']);
    answers[2]?.();
    answers[1]?.();
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
    const second = bench(journal, [destination('a', again, {}, { position })]);
    await second.clock.runUntil(() => second.statusOf('a').sequence === 3);
    expect(again.taken).toEqual(['0.0', '0.1', '0.2', '2.1', '2.2', '2.3']);
    await second.delivery.stop(0);
    expect(position.position).toMatchObject({ sequence: 3, counters: { normalized: 12, delivered: 12 } });
  });

  test('is saved now and then, not for every batch', async () => {
    const position = memoryPosition();
    const spec = destination('a', scripted(), { batch: { maxEvents: 10 } }, { position });
    const { clock } = bench(memoryJournal(...bodies(200, 10)), [spec]);
    await clock.advance(5_000);
    expect(position.position.sequence).toBe(200);
    expect(position.saves.length).toBeLessThanOrEqual(2);
  });

  test('never outgrows its slot, though one event stays open for ever: reading stops until it is settled', async () => {
    const position = memoryPosition();
    const stuck: Script = (batch) => ({
      ...Object(each(batch, (id) => (id === '0.0' ? { verdict: 'retry', code: 'busy' } : delivered))),
      slowDown: true,
    });
    const { clock, statusOf } = bench(memoryJournal(...bodies(4000, 1)), [
      destination('a', scripted(stuck), {}, { position }),
    ]);
    await clock.advance(600_000);
    expect(position.position.sequence).toBe(0);
    expect(position.position.settled.length).toBeGreaterThan(2000);
    expect(position.position.settled.length).toBeLessThanOrEqual(2048);
    expect(statusOf('a').open).toBe(1);
  });
});

test('whatever a destination answers, and wherever the process dies, no event is lost and the sum holds', async () => {
  const answer = fc.constantFrom(
    'delivered',
    'delivered',
    'delivered',
    'retry',
    'rejected',
    'unknown',
    'throw',
    'down',
    'large',
    'lie',
  );
  const lives = fc.array(
    fc.record({ answers: fc.array(answer, { minLength: 1, maxLength: 30 }), lifeMs: fc.nat(3000) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(lives, async (story) => {
      const journal = memoryJournal(...bodies(6, 7));
      const position = memoryPosition();
      const there = new Set<string>();
      const buried = new Set<string>();
      const live = (script: Script) => {
        const plugin = scripted(script);
        const gather = () => {
          for (const id of plugin.taken) there.add(id);
        };
        const one = bench(journal, [destination('a', plugin, { batch: { maxEvents: 5 } }, { position })], {
          deadLetters: { full: false, append: async ({ id }) => void buried.add(id) },
        });
        return { ...one, gather };
      };
      for (const { answers, lifeMs } of story) {
        let turn = 0;
        const next = () => answers[turn++ % answers.length];
        const life = live((batch, call, signal) => {
          const word = next();
          if (word === 'throw') throw new Error('bug');
          if (word === 'down') return { batch: 'unavailable', code: 'down' };
          if (word === 'large') return { batch: 'tooLarge', code: 'large' };
          if (word === 'lie')
            return {
              items: [
                { index: 0, verdict: 'delivered' },
                { index: 0, verdict: 'rejected', code: 'bad' },
              ],
            };
          if (word === 'delivered') return takeAll(batch, call, signal);
          return each(batch, (_, index) => {
            if (index % 2) return delivered;
            if (word === 'rejected') return { verdict: 'rejected', code: 'bad' };
            return { verdict: word === 'retry' ? 'retry' : 'unknown', code: 'busy' };
          });
        });
        // Dies without a word: what was saved by then is all that the next life knows.
        await life.clock.advance(lifeMs);
        life.gather();
        const { counters } = position.position;
        expect(counters.normalized).toBe(sumOf(counters));
        const saved = position.position;
        await life.delivery.stop(0);
        position.save(saved);
      }
      const last = live(takeAll);
      await last.clock.runUntil(() => last.statusOf('a').sequence === 6);
      last.gather();
      await last.delivery.stop(0);
      expect(new Set([...there, ...buried]).size).toBe(42);
      const { counters } = position.position;
      expect(counters.normalized).toBe(sumOf(counters));
      expect(counters.normalized).toBe(42);
    }),
    { numRuns: 60 },
  );
});

describe('dead letters', () => {
  const rejectSome: Script = (batch) =>
    each(batch, (id) => (id.endsWith('.1') ? { verdict: 'rejected', code: 'bad' } : delivered));

  test('are on disk before the position moves over them', async () => {
    let keep = () => {};
    const position = memoryPosition();
    const append = () =>
      new Promise<void>((resolve) => {
        keep = resolve;
      });
    const { clock, statusOf } = bench(
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

  test('that find the store full pause their destination, until there is room again; nothing is evicted', async () => {
    const journal = memoryJournal(...bodies(1, 3));
    const plugin = scripted(rejectSome);
    const other = scripted();
    const { clock, deadLetters, statusOf, log } = bench(journal, [
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

  test('that cannot be written are tried again', async () => {
    let failures = 3;
    const written: string[] = [];
    const append = async ({ id }: { readonly id: string }) => {
      if (failures-- > 0) throw new Error('EIO');
      written.push(id);
    };
    const { clock, statusOf } = bench(memoryJournal(...bodies(1, 3)), [destination('a', scripted(rejectSome))], {
      deadLetters: { full: false, append },
    });
    await clock.runUntil(() => statusOf('a').sequence === 1);
    expect(written).toEqual(['0.1']);
  });
});

describe('what cannot be read', () => {
  test('a lost span counts as one damaged event a body, and is said once', async () => {
    const span = { fromSequence: 1, toSequence: 1000, bytes: 9, reason: 'letGo', where: 'x' } as const;
    const journal = memoryJournal(...bodies(1, 3), { kind: 'lost', span }, ...bodies(1, 3, 1001));
    const plugin = scripted();
    const { clock, statusOf, log, meter } = bench(journal, [destination('a', plugin)]);
    await clock.runUntil(() => statusOf('a').sequence === 1002);
    expect(statusOf('a').counters).toMatchObject({ normalized: 1006, delivered: 6, damaged: 1000 });
    expect(log.of('delivery.bodies_lost')).toHaveLength(1);
    expect(meter.total('xiq_siem.destination.events', { outcome: 'damaged' })).toBe(1000);
  });

  test('a jump that the journal does not explain is a gap too', async () => {
    const { clock, statusOf, log } = bench(memoryJournal(...bodies(1, 1), ...bodies(1, 1, 4)), [
      destination('a', scripted()),
    ]);
    await clock.runUntil(() => statusOf('a').sequence === 5);
    expect(statusOf('a').counters.damaged).toBe(3);
    expect(log.of('delivery.bodies_lost')[0]?.facts).toMatchObject({
      fromSequence: 1,
      toSequence: 3,
      reason: 'missing',
    });
  });

  test('a body that breaks normalize counts as one damaged event beside those before the break', async () => {
    const plugin = scripted();
    const { clock, statusOf, log } = bench(memoryJournal(...bodies(3, 4)), [destination('a', plugin)], {
      *normalize(kept) {
        for (const event of normalize(kept)) {
          if (event.id === '1.2') throw new Error('a bug');
          yield event;
        }
      },
    });
    await clock.runUntil(() => statusOf('a').sequence === 3);
    expect(plugin.taken).toHaveLength(10);
    expect(statusOf('a').counters).toMatchObject({ normalized: 11, delivered: 10, damaged: 1 });
    expect(log.of('delivery.normalize_failed')[0]?.facts).toMatchObject({ sequence: 1, receipt: 'r1_1' });
  });

  test('a reader that fails is opened again where it stood', async () => {
    const journal = memoryJournal(...bodies(4, 2));
    let failures = 2;
    const { clock, statusOf, log } = bench(journal, [destination('a', scripted())], {
      openReader: (from) => {
        const reader = journal.openReader(from);
        const read: typeof reader.read = async (limits, signal) => {
          if (failures-- > 0) throw new Error('EIO');
          return reader.read(limits, signal);
        };
        return { ...reader, read };
      },
    });
    await clock.runUntil(() => statusOf('a').sequence === 4);
    expect(log.of('delivery.read_failed')).toHaveLength(2);
  });
});

test('what a destination does not want is filtered, and part of the sum', async () => {
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
  const { clock, delivery } = bench(
    journal,
    plugins.map((plugin, index) => destination(`d${index}`, plugin, { where: where[index] ?? {} })),
  );
  await clock.runUntil(() => delivery.status().every(({ sequence }) => sequence === 3));
  expect(plugins.map(({ taken }) => taken.join(''))).toEqual(['abd', 'c', 'd', 'ab']);
  for (const { counters } of delivery.status()) expect(counters).toMatchObject({ normalized: 4 });
  expect(delivery.status().map(({ counters }) => counters.filtered)).toEqual([1, 3, 3, 2]);
});

describe('destinations', () => {
  test('that are abreast share one parse', async () => {
    let parses = 0;
    const plugins = [scripted(), scripted(), scripted()];
    const { clock, delivery } = bench(
      memoryJournal(...bodies(300, 20)),
      plugins.map((plugin, index) => destination(`d${index}`, plugin)),
      {
        *normalize(kept) {
          for (const event of normalize(kept)) {
            parses++;
            yield event;
          }
        },
      },
    );
    await clock.runUntil(() => delivery.status().every(({ sequence }) => sequence === 300));
    expect(parses).toBe(6000);
    for (const plugin of plugins) expect(plugin.taken).toHaveLength(6000);
  });

  test('that hang delay nobody else', async () => {
    const other = scripted();
    const { clock, statusOf } = bench(memoryJournal(...bodies(300, 20)), [
      destination('hung', scripted(never)),
      destination('other', other),
    ]);
    await clock.runUntil(() => statusOf('other').sequence === 300, 1_000);
    expect(other.taken).toHaveLength(6000);
  });
});

test('a plugin that writes to a document is named, and changes nothing for the others', async () => {
  const vandal = scripted((batch, call, signal) => {
    if (call === 1) for (const { document } of batch.items) Object.assign(document.event ?? {}, { id: 'mine' });
    return takeAll(batch, call, signal);
  });
  const seen: unknown[] = [];
  const other = scripted((batch, call, signal) => {
    seen.push(...batch.items.map(({ document }) => document.event?.id));
    return takeAll(batch, call, signal);
  });
  const specs = [destination('vandal', vandal), destination('other', other, { batch: { maxAgeMs: 500 } })];
  const { clock, statusOf } = bench(memoryJournal(...bodies(1, 2)), specs);
  await clock.runUntil(() => statusOf('vandal').sequence === 1 && statusOf('other').sequence === 1);
  expect(statusOf('vandal').pluginFaults).toBe(1);
  expect(seen).toEqual(['0.0', '0.1']);
});

test('the rest of the process has its turn, however much there is to deliver at once', async () => {
  const plugin = scripted();
  bench(memoryJournal(...bodies(20_000, 1)), [destination('a', plugin)]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(plugin.taken.length).toBeLessThan(5_000);
});

describe('stop', () => {
  test('waits for what is under way, sends nothing new, saves the position and closes the destination', async () => {
    const position = memoryPosition();
    let answer = () => {};
    const plugin = scripted(
      (batch, call, signal) =>
        new Promise((resolve) => {
          answer = () => resolve(takeAll(batch, call, signal));
        }),
    );
    const { clock, delivery } = bench(memoryJournal(...bodies(4, 5)), [
      destination('a', plugin, { batch: { maxEvents: 5 }, maxInFlight: 1 }, { position }),
    ]);
    await clock.advance(0);
    const stopping = delivery.stop(10_000);
    await clock.advance(5_000);
    expect(plugin.closed()).toBe(0);
    answer();
    await clock.settle();
    await stopping;
    expect(plugin.batches).toHaveLength(1);
    expect(position.position).toMatchObject({ sequence: 1, counters: { delivered: 5 } });
    expect(plugin.closed()).toBe(1);
    expect(clock.sleepers()).toBe(0);
  });

  test('aborts after the grace, and ends even if the plugin does not', async () => {
    const signals: AbortSignal[] = [];
    const plugin = scripted((_, __, signal) => {
      signals.push(signal);
      return never();
    });
    const stuck = { ...plugin, deliver: plugin.deliver, close: never };
    const { clock, delivery, log } = bench(memoryJournal(...bodies(1, 5)), [destination('a', stuck)]);
    await clock.advance(200);
    let stopped = false;
    const stopping = delivery.stop(1_000).then(() => {
      stopped = true;
    });
    await clock.advance(999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await clock.advance(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await clock.runUntil(() => stopped, 12_000);
    await stopping;
    expect(log.of('delivery.close_hangs')).toHaveLength(1);
  });
});
