import { describe, expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  scripted,
} from './test-delivery.ts';

const never = () => new Promise<never>(() => {});

describe('stop', () => {
  test('waits for batches in flight, sends nothing new, saves the position and closes the destination', async () => {
    const position = memoryPosition();
    let response = () => {};
    const plugin = scripted(
      (batch, call, signal) =>
        new Promise((resolve) => {
          response = () => resolve(deliverAll(batch, call, signal));
        }),
    );
    const { clock, delivery } = fixture(memoryJournal(...bodies(4, 5)), [
      destination('a', plugin, { batch: { maxEvents: 5 }, maxInFlight: 1 }, { position }),
    ]);
    await clock.advance(0);
    const stopping = delivery.stop(10_000);
    await clock.advance(5_000);
    expect(plugin.closed()).toBe(0);
    response();
    await clock.settle();
    await stopping;
    expect(plugin.batches).toHaveLength(1);
    expect(position.position).toMatchObject({ sequence: 1, counters: { delivered: 5 } });
    expect(plugin.closed()).toBe(1);
    expect(clock.sleepers()).toBe(0);
  });

  test('waits for dead letters that are not stored yet', async () => {
    const position = memoryPosition();
    let keep = () => {};
    const append = () =>
      new Promise<void>((resolve) => {
        keep = resolve;
      });
    const plugin = scripted((batch) => each(batch, () => ({ verdict: 'rejected', code: 'bad' })));
    const spec = destination('a', plugin, {}, { position });
    const { clock, delivery } = fixture(memoryJournal(...bodies(1, 1)), [spec], {
      deadLetters: { full: false, append },
    });
    await clock.advance(1_000);
    const stopping = delivery.stop(10_000);
    await clock.advance(5_000);
    expect(plugin.closed()).toBe(0);
    keep();
    await clock.settle();
    await stopping;
    expect(position.position).toMatchObject({ sequence: 1, counters: { deadLettered: 1 } });
    expect(clock.sleepers()).toBe(0);
  });

  test('counts no plugin fault for an exception of an aborted call', async () => {
    const plugin = scripted(
      (_, __, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut off')))),
    );
    const { clock, delivery, log, statusOf } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', plugin)]);
    await clock.advance(1_000);
    const stopping = delivery.stop(100);
    await clock.advance(10_000);
    await stopping;
    expect(log.of('delivery.plugin_fault')).toEqual([]);
    expect(statusOf('a')).toMatchObject({ state: 'stopped', open: 1, pluginFaults: 0, lastFailure: undefined });
  });

  test('aborts after the grace time, and ends even if the plugin does not', async () => {
    const signals: AbortSignal[] = [];
    const plugin = scripted((_, __, signal) => {
      signals.push(signal);
      return never();
    });
    const stuck = { ...plugin, deliver: plugin.deliver, close: never };
    const { clock, delivery, log } = fixture(memoryJournal(...bodies(1, 5)), [destination('a', stuck)]);
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
    expect(log.of('delivery.close_stuck')).toHaveLength(1);
  });
});
