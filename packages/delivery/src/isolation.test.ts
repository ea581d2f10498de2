import { describe, expect, test } from 'vitest';
import { bodies, deliverAll, destination, fixture, memoryJournal, normalize, scripted } from './test-delivery.ts';

const never = () => new Promise<never>(() => {});

describe('destinations', () => {
  test('that read in step share one parse', async () => {
    let parses = 0;
    const plugins = [scripted(), scripted(), scripted()];
    const { clock, delivery } = fixture(
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

  test('that hang do not delay others', async () => {
    const other = scripted();
    const { clock, statusOf } = fixture(memoryJournal(...bodies(300, 20)), [
      destination('hung', scripted(never)),
      destination('other', other),
    ]);
    await clock.runUntil(() => statusOf('other').sequence === 300, 1_000);
    expect(other.taken).toHaveLength(6000);
  });
});

test('a plugin that changes a document is logged, and the others receive the original', async () => {
  const vandal = scripted((batch, call, signal) => {
    if (call === 1) for (const { document } of batch.items) Object.assign(document.event ?? {}, { id: 'mine' });
    return deliverAll(batch, call, signal);
  });
  const seen: unknown[] = [];
  const other = scripted((batch, call, signal) => {
    seen.push(...batch.items.map(({ document }) => document.event?.id));
    return deliverAll(batch, call, signal);
  });
  const specs = [destination('vandal', vandal), destination('other', other, { batch: { maxAgeMs: 500 } })];
  const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 2)), specs);
  await clock.runUntil(() => statusOf('vandal').sequence === 1 && statusOf('other').sequence === 1);
  expect(statusOf('vandal').pluginFaults).toBe(1);
  expect(seen).toEqual(['0.0', '0.1']);
});
