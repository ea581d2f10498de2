import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  type Script,
  scripted,
} from './test-delivery.ts';

const hours = 3_600_000;

describe('a destination that waits for an operator', () => {
  const waits: Record<string, Script> = {
    'as a whole': () => ({ batch: 'misconfigured', code: 'bad', waitMs: hours }),
    'with each event': (batch) => each(batch, () => ({ verdict: 'blocked', code: 'bad' })),
    'in a rejection burst': (batch) => each(batch, () => ({ verdict: 'rejected', code: 'bad' })),
  };
  test.each(Object.entries(waits))(
    '%s, receives events at once when it is resumed, and again later',
    async (_, bad) => {
      let isFixed = false;
      const plugin = scripted((batch, call, signal) => (isFixed ? deliverAll : bad)(batch, call, signal));
      const spec = destination('a', plugin, { batch: { maxEvents: 50 } });
      const { clock, delivery, statusOf } = fixture(memoryJournal(...bodies(100, 10)), [spec]);
      await clock.advance(hours - 1000);
      const before = plugin.batches.length;
      expect(statusOf('a').state).toBe('paused');
      expect(delivery.resume('a')).toBe(true);
      await clock.advance(0);
      expect(plugin.batches.length).toBeGreaterThan(before);
      expect(statusOf('a').state).toBe('paused');
      isFixed = true;
      delivery.resume();
      await clock.runUntil(() => statusOf('a').sequence === 100, 500);
    },
  );

  test('receives events within a minute without a resume', async () => {
    let isFixed = false;
    const plugin = scripted((batch, call, signal) =>
      isFixed ? deliverAll(batch, call, signal) : { batch: 'misconfigured', code: 'bad' },
    );
    const { clock } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', plugin)], { random: () => 0.999 });
    await clock.advance(5 * hours);
    isFixed = true;
    await clock.runUntil(() => plugin.taken.length === 1, 60_000);
  });
});

test('resume applies to the named destination; an unknown name returns false', async () => {
  const plugins = [scripted(() => ({ batch: 'unavailable', code: 'down', waitMs: hours })), scripted(() => 'nonsense')];
  const specs = plugins.map((plugin, index) => destination(`d${index}`, plugin));
  const { clock, delivery } = fixture(memoryJournal(...bodies(1, 1)), specs);
  await clock.advance(1000);
  const [, before] = plugins.map(({ batches }) => batches.length);
  expect(delivery.resume('d2')).toBe(false);
  expect(delivery.resume('d0')).toBe(true);
  await clock.advance(0);
  expect(plugins.map(({ batches }) => batches.length)).toEqual([2, before]);
});

test('resume after stop sends nothing', async () => {
  const plugin = scripted(() => ({ batch: 'misconfigured', code: 'bad' }));
  const { clock, delivery } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', plugin)]);
  await clock.advance(1000);
  await delivery.stop(0);
  const before = plugin.batches.length;
  delivery.resume();
  await clock.advance(60_000);
  expect(plugin.batches.length).toBe(before);
});
