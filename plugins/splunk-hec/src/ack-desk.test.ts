import { expect, it, onTestFinished } from 'vitest';
import { createAckDesk } from './ack-desk.ts';
import { noSignal } from './test-bench.ts';

it('has no room when a thousand requests wait, and has it again when some are acknowledged', async () => {
  const desk = createAckDesk({
    pollMs: 1,
    timeoutMs: 60_000,
    now: () => 0,
    ask: async (_, ackIds) => ({ kind: 'acks', indexed: ackIds.slice(0, 10) }),
  });
  onTestFinished(desk.close);
  const waiting = Array.from({ length: 1_000 }, (_, ackId) => desk.outcome(desk.channel(), ackId, noSignal));
  expect(desk.hasRoom()).toBe(false);
  expect(await Promise.race(waiting)).toBe('indexed');
  expect(desk.hasRoom()).toBe(true);
});

it('waits for no time at all with a signal that has fired', async () => {
  const desk = createAckDesk({
    pollMs: 60_000,
    timeoutMs: 60_000,
    now: () => 0,
    ask: async () => ({ kind: 'none', message: '' }),
  });
  onTestFinished(desk.close);
  const channel = desk.channel();
  expect(await desk.outcome(channel, 0, AbortSignal.abort())).toBe('late');
  expect(desk.channel()).not.toBe(channel);
});
