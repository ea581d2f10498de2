import { describe, expect, test } from 'vitest';
import { bench, bodies, destination, each, memoryJournal, type Script, scripted } from './test-bench.ts';

const hours = 3_600_000;
const down = { batch: 'unavailable', code: 'down', message: 'no answer to hunter2' };

test('all that waits is given up when its time is over, what was never sent included', async () => {
  const { clock, deadLetters, statusOf } = bench(memoryJournal(...bodies(20, 100)), [
    destination(
      'a',
      scripted(() => down),
      { giveUpAfterHours: 2, batch: { maxEvents: 400 } },
    ),
  ]);
  await clock.advance(2 * hours - 60_000);
  expect(deadLetters.entries).toEqual([]);
  await clock.advance(180_000);
  expect(deadLetters.entries.length).toBe(2000);
  expect(new Set(deadLetters.entries.map(({ code, message }) => `${code} | ${message}`))).toEqual(
    new Set(['gave_up | down: no answer to [secret]']),
  );
  const unsent = deadLetters.entries.filter(({ attempts }) => attempts === 0);
  expect(unsent.length).toBeGreaterThan(0);
  for (const { firstAttemptMs, lastAttemptMs } of deadLetters.entries) {
    expect(firstAttemptMs).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 1));
    expect(lastAttemptMs).toBeGreaterThanOrEqual(firstAttemptMs);
  }
  expect(statusOf('a')).toMatchObject({ sequence: 20, open: 0, counters: { deadLettered: 2000 } });
});

describe('time that waits for a person does not count', () => {
  const waits: Record<string, Script> = {
    'the destination was misconfigured': () => ({ batch: 'misconfigured', code: 'bad' }),
    'it rejected nearly everything': (batch) => each(batch, () => ({ verdict: 'rejected', code: 'bad' })),
    'as much was held as may be': (batch) => each(batch, () => ({ verdict: 'held', code: 'bad' })),
  };
  test.each(Object.entries(waits))('when %s, and is down for a moment after that', async (_, waiting) => {
    let isDown = false;
    const plugin = scripted((batch, call, signal) => (isDown ? down : waiting(batch, call, signal)));
    const spec = destination('a', plugin, { giveUpAfterHours: 1, batch: { maxEvents: 20 }, maxInFlight: 1 });
    const { clock, deadLetters, statusOf } = bench(memoryJournal(...bodies(100, 10)), [spec]);
    await clock.advance(6 * hours);
    const before = deadLetters.entries.length;
    isDown = true;
    await clock.advance(hours / 2);
    expect(statusOf('a').state).toBe('backing_off');
    expect(deadLetters.entries).toHaveLength(before);
    await clock.advance(hours);
    expect(deadLetters.entries.length).toBeGreaterThan(before);
  });

  test('when the dead letters were full, and the destination is down for a moment after that', async () => {
    let isDown = false;
    const plugin = scripted((batch) =>
      isDown
        ? down
        : each(batch, (id) => (id === '0.0' ? { verdict: 'rejected', code: 'bad' } : { verdict: 'delivered' })),
    );
    const journal = memoryJournal(...bodies(1, 5));
    const { clock, deadLetters, statusOf } = bench(journal, [destination('a', plugin, { giveUpAfterHours: 1 })]);
    deadLetters.full = true;
    await clock.advance(1000);
    journal.append(...bodies(5, 10, 1));
    await clock.advance(2 * hours);
    isDown = true;
    deadLetters.full = false;
    await clock.advance(hours / 2);
    expect(statusOf('a').state).toBe('backing_off');
    expect(deadLetters.entries.map(({ code }) => code)).toEqual(['bad']);
  });
});
