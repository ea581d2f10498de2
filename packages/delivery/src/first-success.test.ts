// Until a destination has taken an event under its present settings, a refusal may be a wrong setting.
import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  each,
  fixture,
  memoryDeadLetters,
  memoryJournal,
  replayOptions,
  type Script,
  scripted,
} from './test-delivery.ts';

const rejected = { verdict: 'rejected', code: 'bad', message: 'HTTP 500: check `protocol`' } as const;
const delivered = { verdict: 'delivered' } as const;
const minute = 60_000;

/** A destination that has not taken an event yet. `proofs` has an entry for each recorded proof. */
function unproven(script: Script, options = {}) {
  const proofs: string[] = [];
  const plugin = scripted(script);
  const settings = { proven: false, onProven: () => void proofs.push('a') };
  return { plugin, proofs, spec: destination('a', plugin, options, { settings }) };
}

describe('L8: a destination that has taken no event under its settings', () => {
  const refusals: Record<string, Script> = {
    'rejects every event': (batch) => each(batch, () => rejected),
    'rejects some events, and the result of the others is open': (batch) =>
      each(batch, (_, index) => (index % 2 ? { verdict: 'retry', code: 'busy' } : rejected)),
    'finds every event too large': () => ({ batch: 'tooLarge', code: 'bad', message: 'HTTP 500: check `protocol`' }),
  };
  test.each(Object.entries(refusals))('and %s keeps them, and says so', async (_, refuse) => {
    let isFixed = false;
    const { spec, plugin, proofs } = unproven(
      (batch, call, signal) => (isFixed ? deliverAll : refuse)(batch, call, signal),
      { giveUpAfterHours: 1 },
    );
    const { clock, deadLetters, statusOf, delivery, log } = fixture(memoryJournal(...bodies(5, 10)), [spec]);
    await clock.advance(24 * 60 * minute);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'bad', proven: false, open: 50 });
    const message = 'HTTP 500: check `protocol`; no event was delivered under these settings yet';
    expect(statusOf('a').lastFailure).toMatchObject({ code: 'bad', message });
    expect(log.of('delivery.paused')[0]?.attributes).toMatchObject({ code: 'bad', message });
    expect(proofs).toEqual([]);
    isFixed = true;
    delivery.resume('a');
    await clock.runUntil(() => statusOf('a').sequence === 5, 10 * minute);
    expect(deadLetters.entries).toEqual([]);
    expect(new Set(plugin.taken).size).toBe(50);
    expect(statusOf('a')).toMatchObject({
      state: 'running',
      proven: true,
      counters: { delivered: 50, deadLettered: 0 },
    });
    expect(proofs).toEqual(['a']);
  });

  test('rejects an event as ever if another one passes in the same batch', async () => {
    const { spec } = unproven((batch) => each(batch, (id) => (id === '0.0' ? rejected : delivered)));
    const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(1, 2)), [spec]);
    await clock.runUntil(() => statusOf('a').sequence === 1);
    expect(deadLetters.entries).toMatchObject([{ id: '0.0', code: 'bad', message: rejected.message }]);
  });

  test.each([1, 20])('waits with %i bad first events only until the next good event passes', async (count) => {
    const { spec, plugin } = unproven((batch) => each(batch, (id) => (id.startsWith('0.') ? rejected : delivered)));
    const journal = memoryJournal(...bodies(1, count));
    const { clock, deadLetters, statusOf } = fixture(journal, [spec]);
    await clock.advance(60 * minute);
    expect(statusOf('a')).toMatchObject({ state: 'paused', open: count });
    journal.append(...bodies(1, 1, 1));
    await clock.runUntil(() => plugin.taken.includes('1.0'), 3 * minute);
    await clock.runUntil(() => statusOf('a').sequence === 2, minute);
    expect(deadLetters.entries).toHaveLength(count);
  });

  test('takes a degraded or duplicate event as a proof, but no other result', async () => {
    for (const [verdict, proven] of [
      [{ verdict: 'delivered', degraded: 'bad' } as const, true],
      [{ verdict: 'delivered', duplicate: true } as const, true],
      [{ verdict: 'blocked', code: 'bad' } as const, false],
      [{ verdict: 'unknown', code: 'bad' } as const, false],
    ] as const) {
      const { spec } = unproven((batch) => each(batch, () => verdict));
      const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 1)), [spec]);
      await clock.advance(1000);
      expect(statusOf('a').proven).toBe(proven);
    }
  });

  test('pauses a replay too, but a retry of dead letters leaves them where they are', async () => {
    for (const pauseOnRejections of [true, false]) {
      const { spec } = unproven((batch) => each(batch, () => rejected));
      const { clock, delivery } = fixture(memoryJournal(), [spec]);
      const deadLetters = memoryDeadLetters();
      const replay = delivery.startReplay(replayOptions('a', bodies(1, 3), { deadLetters, pauseOnRejections }));
      await clock.advance(60 * minute);
      expect(replay.status().state).toBe(pauseOnRejections ? 'paused' : 'stopped');
      expect(deadLetters.entries).toHaveLength(pauseOnRejections ? 0 : 3);
      await replay.stop(0);
    }
  });
});

test('a destination that has taken an event before rejects events at once', async () => {
  const plugin = scripted((batch) => each(batch, () => rejected));
  const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(1, 3)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').sequence === 1);
  expect(deadLetters.entries).toHaveLength(3);
});
