import { describe, expect, test } from 'vitest';
import {
  bench,
  bodies,
  destination,
  each,
  memoryJournal,
  memoryPosition,
  type Script,
  scripted,
} from './test-bench.ts';

const delivered = { verdict: 'delivered' } as const;

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
