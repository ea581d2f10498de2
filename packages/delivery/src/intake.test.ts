import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  fixture,
  memoryJournal,
  memoryPosition,
  normalize,
  scripted,
} from './test-delivery.ts';

describe('unreadable bodies', () => {
  test('of a lost span count as one damaged event each, and are logged once', async () => {
    const span = { fromSequence: 1, toSequence: 1000, bodies: 1000, bytes: 9, reason: 'evicted', where: 'x' } as const;
    const journal = memoryJournal(...bodies(1, 3), { kind: 'lost', span }, ...bodies(1, 3, 1001));
    const plugin = scripted();
    const { clock, statusOf, log, meter } = fixture(journal, [destination('a', plugin)]);
    await clock.runUntil(() => statusOf('a').sequence === 1002);
    expect(statusOf('a').counters).toMatchObject({ normalized: 1006, delivered: 6, damaged: 1000 });
    expect(log.of('delivery.bodies_lost')).toHaveLength(1);
    expect(meter.total('xiq_siem.destination.events', { outcome: 'damaged' })).toBe(1000);
  });

  test('of a lost span that were already read are not lost', async () => {
    const span = { fromSequence: 0, toSequence: 5, bodies: 6, bytes: 9, reason: 'evicted', where: 'x' } as const;
    const lost = { kind: 'lost', span } as const;
    const responses: (() => void)[] = [];
    const plugin = scripted(
      (batch, call, signal) => new Promise((resolve) => responses.push(() => resolve(deliverAll(batch, call, signal)))),
    );
    const position = memoryPosition();
    const journal = memoryJournal(...bodies(3, 2), lost, lost, ...bodies(1, 2, 6));
    const { clock, statusOf } = fixture(journal, [destination('a', plugin, { batch: { maxEvents: 2 } }, { position })]);
    await clock.advance(1000);
    expect(responses).toHaveLength(4);
    for (const response of responses) response();
    await clock.advance(1000);
    expect(statusOf('a')).toMatchObject({
      sequence: 7,
      open: 0,
      counters: { normalized: 11, delivered: 8, damaged: 3 },
    });
    expect(position.position).toMatchObject({ sequence: 7, settled: [] });
  });

  test('are not counted for skipped sequences', async () => {
    const { clock, statusOf, log } = fixture(memoryJournal(...bodies(1, 1), ...bodies(1, 1, 4)), [
      destination('a', scripted()),
    ]);
    await clock.runUntil(() => statusOf('a').sequence === 5);
    expect(statusOf('a').counters).toMatchObject({ normalized: 2, damaged: 0 });
    expect(log.of('delivery.bodies_lost')).toEqual([]);
  });

  test('whose normalization throws count as one damaged event, and earlier events of the body are delivered', async () => {
    const plugin = scripted();
    const { clock, statusOf, log } = fixture(memoryJournal(...bodies(3, 4)), [destination('a', plugin)], {
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
    expect(log.of('delivery.normalize_failed')[0]?.attributes).toMatchObject({ sequence: 1, receipt: 'r1_1' });
  });

  test('a failed reader is opened again at the same sequence', async () => {
    const journal = memoryJournal(...bodies(4, 2));
    let failures = 2;
    const { clock, statusOf, log } = fixture(journal, [destination('a', scripted())], {
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

test('reading many events does not block the event loop', async () => {
  const plugin = scripted();
  fixture(memoryJournal(...bodies(20_000, 1)), [destination('a', plugin)]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(plugin.taken.length).toBeLessThan(5_000);
});

test('reading one large body does not block the event loop, even if nothing is sent', async () => {
  const spec = destination('a', scripted(), { where: { exceptDatasets: ['test.events'] } });
  const { statusOf } = fixture(memoryJournal(...bodies(1, 5_000)), [spec]);
  for (let turn = 1; turn <= 3; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(statusOf('a').taken).toBeLessThanOrEqual(turn * 256);
  }
});

test('a reader is closed when it fails, and when its destination stops', async () => {
  const journal = memoryJournal(...bodies(2, 1));
  let opened = 0;
  let closed = 0;
  const { clock, delivery, statusOf } = fixture(journal, [destination('a', scripted())], {
    openReader: (from) => {
      const reader = journal.openReader(from);
      const isBroken = ++opened === 1;
      const read: typeof reader.read = async (limits, signal) => {
        if (isBroken) throw new Error('EIO');
        return reader.read(limits, signal);
      };
      return { read, close: async () => void closed++ };
    },
  });
  await clock.runUntil(() => statusOf('a').sequence === 2);
  expect([opened, closed]).toEqual([2, 1]);
  const stopping = delivery.stop(0);
  await clock.advance(1_000);
  await stopping;
  expect([opened, closed]).toEqual([2, 2]);
});

const lost = (fromSequence: number, toSequence: number) =>
  ({
    kind: 'lost',
    span: { fromSequence, toSequence, bodies: toSequence - fromSequence + 1, bytes: 9, reason: 'evicted', where: 'x' },
  }) as const;

test('the position is saved after lost bodies and filtered events', async () => {
  const position = memoryPosition();
  const { clock } = fixture(memoryJournal(lost(0, 4)), [destination('a', scripted(), {}, { position })]);
  await clock.advance(1_000);
  expect(position.saves).toMatchObject([{ sequence: 5, counters: { normalized: 5, damaged: 5 } }]);
  const filtering = memoryPosition();
  const where = { exceptDatasets: ['test.events'] };
  const other = fixture(memoryJournal(...bodies(3, 2)), [
    destination('a', scripted(), { where }, { position: filtering }),
  ]);
  await other.clock.advance(1_000);
  expect(filtering.saves).toMatchObject([{ sequence: 3, counters: { normalized: 6, filtered: 6 } }]);
});

test('lost bodies are counted only when they fit into the position', async () => {
  const entries = Array.from({ length: 1_000 }, (_, n) => [lost(3 * n, 3 * n + 1), ...bodies(1, 1, 3 * n + 2)]).flat();
  const plugin = scripted(() => new Promise(() => {}));
  const { clock, log, statusOf } = fixture(memoryJournal(...entries), [destination('a', plugin)]);
  await clock.advance(10_000);
  expect([log.of('delivery.bodies_lost').length, statusOf('a').open]).toEqual([683, 683]);
});
