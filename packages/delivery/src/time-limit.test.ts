import { expect, test } from 'vitest';
import { bodies, destination, fixture, memoryJournal, scripted } from './test-delivery.ts';

test('the signal has a TimeoutError at the time limit, but not at a stop', async () => {
  const signals: AbortSignal[] = [];
  const plugin = scripted((_, __, signal) => {
    signals.push(signal);
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ batch: 'unavailable', code: 'busy' }));
    });
  });
  const { clock, delivery } = fixture(memoryJournal(...bodies(1, 1)), [destination('a', plugin, { timeoutMs: 1_000 })]);
  await clock.runUntil(() => signals.length === 2);
  const stopping = delivery.stop(0);
  await clock.runUntil(() => signals.every(({ aborted }) => aborted), 500);
  await stopping;
  const isTimeLimit = ({ reason }: AbortSignal) => reason instanceof Error && reason.name === 'TimeoutError';
  expect(signals.map(isTimeLimit)).toEqual([true, false]);
});
