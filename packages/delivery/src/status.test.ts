import { describe, expect, test } from 'vitest';
import { bodies, deliverAll, destination, each, fixture, memoryJournal, scripted } from './test-delivery.ts';

describe('the status of a destination', () => {
  test('has the last failure, also after later successes', async () => {
    const plugin = scripted((batch, call, signal) => {
      if (call === 1) return { batch: 'unavailable', code: 'down', message: 'refused, hunter2' };
      return deliverAll(batch, call, signal);
    });
    const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 3)), [destination('a', plugin)]);
    expect(statusOf('a').lastFailure).toBeUndefined();
    await clock.advance(200);
    const failure = { code: 'down', message: 'refused, [secret]', atMs: clock.now() };
    expect(statusOf('a').lastFailure).toEqual(failure);
    await clock.runUntil(() => statusOf('a').sequence === 1);
    expect(statusOf('a')).toMatchObject({ state: 'running', lastMessage: undefined, lastFailure: failure });
  });

  test('has a rejection among deliveries, and the sanitized message of a thrown error', async () => {
    const picky = scripted((batch) =>
      each(batch, (id) =>
        id === '0.1' ? { verdict: 'rejected', code: 'bad', message: 'no such type' } : { verdict: 'delivered' },
      ),
    );
    const faulty = scripted((batch, call, signal) => {
      if (call === 1) throw new Error('oh no, hunter2');
      return deliverAll(batch, call, signal);
    });
    const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 3)), [
      destination('picky', picky),
      destination('faulty', faulty),
    ]);
    await clock.runUntil(() => statusOf('picky').sequence === 1 && statusOf('faulty').sequence === 1);
    expect(statusOf('picky').lastFailure).toMatchObject({ code: 'bad', message: 'no such type' });
    expect(statusOf('faulty').lastFailure).toMatchObject({ code: 'no_verdict', message: 'Error: oh no, [secret]' });
  });

  test('has the time of the last delivery, which a rejection does not change', async () => {
    const plugin = scripted((batch) =>
      each(batch, (id) => (id.startsWith('0.') ? { verdict: 'delivered' } : { verdict: 'rejected', code: 'bad' })),
    );
    const journal = memoryJournal(...bodies(1, 3));
    const { clock, statusOf } = fixture(journal, [destination('a', plugin)]);
    expect(statusOf('a').lastDeliveredMs).toBeUndefined();
    await clock.runUntil(() => statusOf('a').sequence === 1);
    const takenMs = clock.now();
    expect(statusOf('a').lastDeliveredMs).toBe(takenMs);
    await clock.advance(60_000);
    journal.append(...bodies(1, 3, 1));
    await clock.runUntil(() => statusOf('a').sequence === 2);
    expect(statusOf('a')).toMatchObject({ lastDeliveredMs: takenMs, counters: { delivered: 3, deadLettered: 3 } });
  });

  test('L5: has its degraded events with the advice of the plugin, and its assurance as it is now', async () => {
    let assurance: 'indexed' | 'accepted' = 'indexed';
    const plugin = {
      ...scripted((batch) => each(batch, () => ({ verdict: 'delivered', degraded: 'bad' }))),
      get assurance() {
        return assurance;
      },
    };
    const spec = destination('a', plugin);
    const definition = { ...spec.definition, degraded: { bad: 'change the setting' } };
    const { clock, statusOf } = fixture(memoryJournal(...bodies(1, 3)), [{ ...spec, definition }]);
    expect(statusOf('a')).toMatchObject({ assurance: 'indexed' });
    expect(statusOf('a').degraded).toBeUndefined();
    await clock.runUntil(() => statusOf('a').sequence === 1);
    assurance = 'accepted';
    const degraded = { events: 3, code: 'bad', advice: 'change the setting' };
    expect(statusOf('a')).toMatchObject({ assurance: 'accepted', degraded });
  });

  test('has the time of the last state change and the end of the wait', async () => {
    let isDown = true;
    const plugin = scripted((batch, call, signal) =>
      isDown ? { batch: 'unavailable', code: 'down', waitMs: 30_000 } : deliverAll(batch, call, signal),
    );
    const { clock, delivery, statusOf } = fixture(memoryJournal(...bodies(1, 3)), [destination('a', plugin)]);
    const startedMs = clock.now();
    await clock.advance(199);
    expect(statusOf('a')).toMatchObject({ state: 'running', sinceMs: startedMs, waitUntilMs: undefined });
    await clock.advance(1);
    const downMs = clock.now();
    expect(statusOf('a')).toMatchObject({ state: 'backing_off', sinceMs: downMs, waitUntilMs: downMs + 30_000 });
    await clock.advance(20_000);
    expect(statusOf('a')).toMatchObject({ sinceMs: downMs, waitUntilMs: downMs + 30_000 });
    isDown = false;
    await clock.advance(10_000);
    expect(statusOf('a')).toMatchObject({ state: 'running', sinceMs: downMs + 30_000, waitUntilMs: undefined });
    await clock.advance(5_000);
    const stopping = delivery.stop(0);
    await clock.settle();
    await stopping;
    expect(statusOf('a')).toMatchObject({ state: 'stopped', sinceMs: clock.now(), waitUntilMs: undefined });
  });

  test('has the end of the wait of single events, and none if it is unknown', async () => {
    const plugin = scripted((batch) => each(batch, () => ({ verdict: 'retry', code: 'busy' })));
    const rejecting = scripted((batch) =>
      each(batch, (id) => (id === '0.0' ? { verdict: 'rejected', code: 'bad' } : { verdict: 'retry', code: 'busy' })),
    );
    const { clock, statusOf } = fixture(
      memoryJournal(...bodies(1, 3)),
      [destination('busy', plugin), destination('full', rejecting)],
      { deadLetters: { full: true, append: async () => {} } },
    );
    await clock.advance(200);
    expect(statusOf('busy')).toMatchObject({ state: 'backing_off', reason: 'busy', waitUntilMs: clock.now() + 250 });
    expect(statusOf('full')).toMatchObject({ state: 'paused', reason: 'dead_letters_full', waitUntilMs: undefined });
  });
});
