import { expect, it, onTestFinished } from 'vitest';
import { createAckTracker } from './ack-tracker.ts';
import { noSignal } from './test-harness.ts';

it('has no capacity while a thousand requests wait, and has capacity when some are acknowledged', async () => {
  const ackTracker = createAckTracker({
    pollMs: 1,
    timeoutMs: 60_000,
    now: () => 0,
    requestAcks: async (_, ackIds) => ({ kind: 'acks', indexed: ackIds.slice(0, 10) }),
  });
  onTestFinished(ackTracker.close);
  const waiting = Array.from({ length: 1_000 }, (_, ackId) =>
    ackTracker.outcome(ackTracker.channel(), ackId, noSignal),
  );
  expect(ackTracker.hasCapacity()).toBe(false);
  expect(await Promise.race(waiting)).toBe('indexed');
  expect(ackTracker.hasCapacity()).toBe(true);
});

it('does not wait if the signal has fired', async () => {
  const ackTracker = createAckTracker({
    pollMs: 60_000,
    timeoutMs: 60_000,
    now: () => 0,
    requestAcks: async () => ({ kind: 'none', message: '' }),
  });
  onTestFinished(ackTracker.close);
  const channel = ackTracker.channel();
  expect(await ackTracker.outcome(channel, 0, AbortSignal.abort())).toBe('timeout');
  expect(ackTracker.channel()).not.toBe(channel);
});
