import { describe, expect, test } from 'vitest';
import {
  bodies,
  body,
  deliverAll,
  destination,
  each,
  fixture,
  memoryDeadLetters,
  memoryJournal,
  memoryPosition,
  replayOptions,
  type Script,
  scripted,
} from './test-delivery.ts';

const never = () => new Promise<never>(() => {});

describe('a replay stream', () => {
  test('sends the events of its reader beside the main stream, and is done when all are settled and saved', async () => {
    const plugin = scripted();
    const main = memoryPosition();
    const position = memoryPosition();
    const { clock, delivery, meter, statusOf } = fixture(memoryJournal(...bodies(2, 3)), [
      destination('a', plugin, {}, { position: main }),
    ]);
    const replay = delivery.startReplay(replayOptions('a', bodies(3, 4, 0), { position }));
    let end: string | undefined;
    void replay.ended.then((how) => {
      end = how;
    });
    await clock.runUntil(() => end !== undefined && statusOf('a').sequence === 2);
    expect(end).toBe('done');
    expect(position.position).toMatchObject({ sequence: 3, settled: [], counters: { normalized: 12, delivered: 12 } });
    expect(replay.status()).toMatchObject({ name: 'a', state: 'stopped', sequence: 3, open: 0 });
    expect(statusOf('a').counters).toMatchObject({ normalized: 6, delivered: 6 });
    expect(delivery.status()).toHaveLength(1);
    expect(plugin.closed()).toBe(0);
    const delivered = { destination: 'a', outcome: 'delivered' };
    expect(meter.total('xiq_siem.destination.events', { ...delivered, job: 'true' })).toBe(12);
    expect(meter.total('xiq_siem.destination.events', delivered)).toBe(18);
  });

  test('is done and saved even if all its events are filtered', async () => {
    const position = memoryPosition();
    const { clock, delivery } = fixture(memoryJournal(), [destination('a', scripted())]);
    const replay = delivery.startReplay(replayOptions('a', bodies(600, 2), { position, normalize: () => [] }));
    await clock.advance(1_000);
    expect(await replay.ended).toBe('done');
    expect(position.position.sequence).toBe(600);
  });

  test('is not done before its position is saved', async () => {
    const position = memoryPosition();
    let isBroken = true;
    const save = async (saved: typeof position.position) => {
      if (isBroken) throw new Error('no space');
      await position.save(saved);
    };
    const { clock, delivery, log } = fixture(memoryJournal(), [destination('a', scripted())]);
    const replay = delivery.startReplay(
      replayOptions('a', bodies(1, 2), { position: { ...position, position: position.position, save } }),
    );
    await clock.advance(60_000);
    expect(replay.status()).toMatchObject({ state: 'running', open: 0 });
    expect(log.of('position.write_failed')[0]?.attributes).toMatchObject({ destination: 'a', job: 'job-1' });
    isBroken = false;
    await clock.advance(6_000);
    expect(await replay.ended).toBe('done');
    expect(position.position.sequence).toBe(1);
  });

  test('has its own routing', async () => {
    const plugin = scripted();
    const { clock, delivery } = fixture(memoryJournal(), [
      destination('a', plugin, { where: { datasets: ['other'] } }),
    ]);
    const kept = [body(0, ['x'], 'one'), body(1, ['y'], 'two')];
    const replay = delivery.startReplay(replayOptions('a', kept, { where: { exceptDatasets: ['two'] } }));
    await clock.advance(1_000);
    expect(await replay.ended).toBe('done');
    expect(plugin.taken).toEqual(['x']);
    expect(replay.status().counters).toMatchObject({ delivered: 1, filtered: 1 });
  });

  test('needs a running destination', () => {
    const { delivery } = fixture(memoryJournal(), [destination('a', scripted())]);
    expect(() => delivery.startReplay(replayOptions('b', []))).toThrow('there is no destination b');
  });

  test('reports delivered events before the position is saved', async () => {
    const told: string[] = [];
    const position = memoryPosition();
    const early: string[] = [];
    const save = async (saved: typeof position.position) => {
      if (saved.counters.delivered > told.length) early.push(`${saved.counters.delivered} saved, ${told.length} told`);
      await position.save(saved);
    };
    const plugin = scripted((batch) =>
      each(batch, (id) => (id === '1.1' ? { verdict: 'rejected', code: 'bad' } : { verdict: 'delivered' })),
    );
    const { clock, delivery, deadLetters } = fixture(memoryJournal(), [destination('a', plugin)]);
    const own = memoryDeadLetters();
    const replay = delivery.startReplay(
      replayOptions('a', bodies(2, 2), {
        position: { ...position, position: position.position, save },
        deadLetters: own,
        onDelivered: ({ sequence, element }) => told.push(`${sequence}.${element}`),
      }),
    );
    await clock.advance(1_000);
    expect(await replay.ended).toBe('done');
    expect(told).toEqual(['0.0', '0.1', '1.0']);
    expect(early).toEqual([]);
    expect(own.entries).toMatchObject([{ destination: 'a', id: '1.1', code: 'bad' }]);
    expect(deadLetters.entries).toEqual([]);
  });

  test('fails if onDelivered throws, and the event is sent again', async () => {
    const position = memoryPosition();
    const other = scripted();
    const { clock, delivery, log, statusOf } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', other)]);
    const replay = delivery.startReplay(
      replayOptions('a', bodies(1, 3), {
        position,
        onDelivered({ element }) {
          if (element === 1) throw new Error('disk gone');
        },
      }),
    );
    await clock.advance(1_000);
    expect(await replay.ended).toBe('failed');
    expect(replay.status()).toMatchObject({ state: 'stopped', reason: 'stream_failed' });
    expect(log.of('delivery.stream_failed')[0]?.attributes).toMatchObject({ destination: 'a', job: 'job-1' });
    expect(position.position).toMatchObject({ sequence: 0, settled: [{ sequence: 0, elements: [[0, 0]] }] });
    expect(statusOf('a')).toMatchObject({ state: 'running', sequence: 1 });
  });

  test('continues from its position after a stop, and loses nothing', async () => {
    const position = memoryPosition();
    const plugin = scripted();
    const { clock, delivery } = fixture(memoryJournal(), [destination('a', plugin, { batch: { maxEvents: 10 } })]);
    const kept = bodies(50, 10);
    const slow: Script = async (batch, call, signal) => (call > 7 ? never() : deliverAll(batch, call, signal));
    delivery.add(destination('slow', scripted(slow), { batch: { maxEvents: 10 } }));
    const first = delivery.startReplay(replayOptions('slow', kept, { position }));
    await clock.advance(1_000);
    const stopping = first.stop(500);
    await clock.advance(10_000);
    await stopping;
    expect(await first.ended).toBe('stopped');
    expect(position.position.sequence).toBe(7);
    const second = delivery.startReplay(replayOptions('a', kept, { position }));
    await clock.advance(1_000);
    expect(await second.ended).toBe('done');
    expect(plugin.taken).toHaveLength(430);
    expect(plugin.taken[0]).toBe('7.0');
    expect(position.position.counters).toMatchObject({ normalized: 500, delivered: 500 });
  });
});

describe('a replay stream does not', () => {
  test('have a retry timeout, although its destination has one', async () => {
    let isDown = true;
    const plugin = scripted((batch, call, signal) =>
      isDown ? { batch: 'unavailable', code: 'down' } : deliverAll(batch, call, signal),
    );
    const { clock, delivery } = fixture(memoryJournal(), [destination('a', plugin, { giveUpAfterHours: 1 })]);
    const deadLetters = memoryDeadLetters();
    const replay = delivery.startReplay(replayOptions('a', bodies(1, 5), { deadLetters }));
    await clock.advance(5 * 3_600_000);
    expect(replay.status()).toMatchObject({ state: 'backing_off', reason: 'down', open: 5 });
    isDown = false;
    expect(delivery.resume('a')).toBe(true);
    await clock.advance(1_000);
    expect(await replay.ended).toBe('done');
    expect([plugin.taken.length, deadLetters.entries.length]).toEqual([5, 0]);
  });

  test('pause on rejections unless it is told to', async () => {
    const plugin = scripted((batch) => each(batch, () => ({ verdict: 'rejected', code: 'bad' })));
    const { clock, delivery } = fixture(memoryJournal(), [destination('a', plugin, { batch: { maxEvents: 10 } })]);
    const deadLetteredIds = memoryDeadLetters();
    const through = delivery.startReplay(
      replayOptions('a', bodies(10, 10), { id: 'one', pauseOnRejections: false, deadLetters: deadLetteredIds }),
    );
    const pausing = delivery.startReplay(replayOptions('a', bodies(10, 10), { id: 'two' }));
    await clock.advance(60_000);
    expect(await through.ended).toBe('done');
    expect(deadLetteredIds.entries).toHaveLength(100);
    expect(pausing.status()).toMatchObject({ state: 'paused', reason: 'bad' });
  });

  test('have more than one batch in flight', async () => {
    let atOnce = 0;
    let most = 0;
    const plugin = scripted(async (batch, call, signal) => {
      most = Math.max(most, ++atOnce);
      await clock.sleep(50);
      atOnce--;
      return deliverAll(batch, call, signal);
    });
    const { clock, delivery } = fixture(memoryJournal(), [
      destination('a', plugin, { batch: { maxEvents: 10 }, maxInFlight: 8 }),
    ]);
    const replay = delivery.startReplay(replayOptions('a', bodies(20, 10)));
    await clock.advance(5_000);
    expect([await replay.ended, most]).toEqual(['done', 1]);
  });
});

describe('a destination that takes one batch at a time', () => {
  const definition = { type: 'scripted', assurance: 'stored', codes: ['down'], maxInFlight: 1 } as const;

  test('never receives two from all streams, and each stream has its turn', async () => {
    const owners: string[] = [];
    const plugin = scripted(async (batch, call, signal) => {
      owners.push(Number(batch.items[0]?.id.split('.')[0]) < 100 ? 'main' : 'run');
      await clock.sleep(40);
      return deliverAll(batch, call, signal);
    });
    const spec = destination('a', plugin, { batch: { maxEvents: 10 }, timeoutMs: 100 }, { definition });
    const { clock, delivery, statusOf } = fixture(memoryJournal(...bodies(20, 10)), [spec]);
    const position = memoryPosition({ ...memoryPosition().position, sequence: 100 });
    const runs = ['one', 'two'].map((id) =>
      delivery.startReplay(
        replayOptions('a', bodies(5, 10, 100), { id, position: { ...position, save: async () => {} } }),
      ),
    );
    await clock.runUntil(() => statusOf('a').sequence === 20);
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual(['done', 'done']);
    expect(plugin.mostAtOnce()).toBe(1);
    expect(plugin.taken).toHaveLength(300);
    // With two replay streams, every third slot is for the main stream, and waiting does not count as time of an attempt.
    expect(owners.slice(0, 9).filter((owner) => owner === 'main')).toHaveLength(3);
    expect(statusOf('a').pluginFaults + runs.reduce((sum, replay) => sum + replay.status().pluginFaults, 0)).toBe(0);
  });

  test('has its slot taken by a stuck call until that ends, even if its replay stream was stopped', async () => {
    let end = () => {};
    const plugin = scripted((batch, call, signal) =>
      call > 1
        ? deliverAll(batch, call, signal)
        : new Promise((resolve) => {
            end = () => resolve(deliverAll(batch, call, signal));
          }),
    );
    const journal = memoryJournal();
    const { clock, delivery, statusOf } = fixture(journal, [destination('a', plugin, {}, { definition })]);
    const replay = delivery.startReplay(replayOptions('a', bodies(1, 1)));
    await clock.advance(200);
    const stopping = replay.stop(0);
    await clock.advance(10_000);
    await stopping;
    journal.append(...bodies(1, 1));
    await clock.advance(60_000);
    expect(plugin.batches).toHaveLength(1);
    end();
    await clock.runUntil(() => statusOf('a').sequence === 1);
    expect(plugin.mostAtOnce()).toBe(1);
  });

  test('is free for one stream while another waits or has ended', async () => {
    const down: Script = (batch, call, signal) =>
      batch.items.some(({ id }) => id.startsWith('9.'))
        ? { batch: 'unavailable', code: 'down' }
        : deliverAll(batch, call, signal);
    const plugin = scripted(down);
    const journal = memoryJournal(...bodies(10, 1));
    const spec = destination('a', plugin, { batch: { maxEvents: 1 } }, { definition });
    const { clock, delivery, statusOf } = fixture(journal, [spec]);
    await clock.runUntil(() => statusOf('a').state === 'backing_off');
    const replay = delivery.startReplay(replayOptions('a', bodies(5, 1)));
    await clock.advance(2_000);
    expect(await replay.ended).toBe('done');
    expect(statusOf('a')).toMatchObject({ state: 'backing_off', sequence: 9 });
  });

  test('is free for the next stream if the first in the queue stops or cannot store dead letters', async () => {
    const responses: (() => void)[] = [];
    const plugin = scripted(
      (batch) =>
        new Promise((resolve) =>
          responses.push(() =>
            resolve(
              each(batch, (id) => (id === '0.0' ? { verdict: 'rejected', code: 'down' } : { verdict: 'delivered' })),
            ),
          ),
        ),
    );
    let failAppend = () => {};
    const deadLetters = {
      full: false,
      append: () =>
        new Promise<void>((_, reject) => {
          failAppend = () => reject(new Error('no space'));
        }),
    };
    const spec = destination('a', plugin, { batch: { maxEvents: 1 }, timeoutMs: 3_600_000 }, { definition });
    const { clock, delivery, statusOf } = fixture(memoryJournal(...bodies(2, 1)), [spec], { deadLetters });
    await clock.advance(0);
    const runFrom = async (sequence: number) => {
      const position = memoryPosition({ ...memoryPosition().position, sequence });
      const replay = delivery.startReplay(replayOptions('a', bodies(1, 1, sequence), { position }));
      await clock.advance(0);
      return replay;
    };
    const first = await runFrom(10);
    const stopped = await runFrom(20);
    const last = await runFrom(30);
    responses[0]?.();
    await clock.advance(0);
    expect(plugin.batches).toEqual([['0.0'], ['10.0']]);
    failAppend();
    await clock.settle();
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'dead_letters_write_failed' });
    const stopping = stopped.stop(0);
    await clock.settle();
    await stopping;
    responses[1]?.();
    await clock.settle();
    expect(plugin.batches).toEqual([['0.0'], ['10.0'], ['30.0']]);
    // After the main stream, which was in the queue when it paused.
    const behind = await runFrom(40);
    responses[2]?.();
    await clock.settle();
    responses[3]?.();
    await clock.advance(250);
    expect(await Promise.all([first.ended, stopped.ended, last.ended, behind.ended])).toEqual([
      ...['done', 'stopped', 'done', 'done'],
    ]);
  });
});
