import { Agent } from 'node:http';
import { createManualClock } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { type AckChannel, type AckReply, createAckTracker } from './ack-tracker.ts';
import { noSignal } from './test-harness.ts';

function startTracker(requestAck: (ackId: number) => AckReply, pollMs = 5_000, timeoutMs = 60_000) {
  const clock = createManualClock();
  const startMs = clock.now();
  const askedMs: number[] = [];
  const tracker = createAckTracker({
    pollMs,
    timeoutMs,
    now: clock.now,
    sleep: clock.sleep,
    random: () => 0,
    createAgent: () => new Agent(),
    requestAck: async (_, ackId) => {
      askedMs.push(clock.now() - startMs);
      return requestAck(ackId);
    },
  });
  onTestFinished(tracker.close);
  const outcome = async (ackId = 0, signal = noSignal) => {
    const channel = await tracker.withChannel(async (open) => open);
    return channel === undefined ? 'no capacity' : tracker.outcome(channel, ackId, signal);
  };
  return { tracker, clock, askedMs, outcome };
}

it('L6: asks after 100 ms, then ever more slowly up to the longest interval', async () => {
  const { clock, askedMs, outcome } = startTracker(() => 'pending');
  const waiting = outcome();
  await clock.advance(70_000);
  expect(await waiting).toBe('timeout');
  const intervals = askedMs.map((ms, index) => Math.round(ms - (askedMs[index - 1] ?? 0)));
  expect(intervals.slice(0, 6)).toEqual([100, 100, 125, 156, 195, 244]);
  expect(intervals.slice(-3)).toEqual([5_000, 5_000, 5_000]);
  expect(askedMs.at(-1)).toBeLessThanOrEqual(65_000);
});

it('L6: asks when acknowledgements usually arrive: at most six times for each, also of a slow server', async () => {
  let sentMs = 0;
  const { clock, askedMs, outcome } = startTracker(() => (clock.now() - sentMs >= 3_000 ? 'indexed' : 'pending'));
  const ackMs = async () => {
    sentMs = clock.now();
    const waiting = outcome();
    let isDone = false;
    void waiting.then(() => {
      isDone = true;
    });
    await clock.runUntil(() => isDone);
    expect(await waiting).toBe('indexed');
    return clock.now() - sentMs;
  };
  for (let warmUp = 0; warmUp < 20; warmUp++) await ackMs();
  const before = askedMs.length;
  const times = [];
  for (let round = 0; round < 10; round++) times.push(await ackMs());
  expect(Math.max(...times)).toBeLessThan(3_600);
  expect(askedMs.length - before).toBeLessThanOrEqual(60);
});

it('L1: gives each request a channel of its own, and reuses unused connections', async () => {
  const { tracker } = startTracker(() => 'indexed');
  const channels: AckChannel[] = [];
  const open = async (channel: AckChannel) => void channels.push(channel);
  await tracker.withChannel(open);
  await tracker.withChannel(open);
  await Promise.all([tracker.withChannel(open), tracker.withChannel(open)]);
  expect(new Set(channels.map(({ id }) => id)).size).toBe(4);
  expect(new Set(channels.map(({ cookies }) => cookies)).size).toBe(4);
  expect(new Set(channels.map(({ agent }) => agent)).size).toBe(2);
});

it('has no channel while a thousand requests wait, and has one when some are acknowledged', async () => {
  const { clock, askedMs, outcome } = startTracker((ackId) => (ackId < 10 ? 'indexed' : 'pending'));
  const waiting = Array.from({ length: 1_000 }, (_, ackId) => outcome(ackId));
  await clock.settle();
  expect(await outcome()).toBe('no capacity');
  await clock.runUntil(() => askedMs.length >= 1_000);
  expect(await Promise.race(waiting)).toBe('indexed');
  expect(await Promise.race([outcome(), clock.settle().then(() => 'waits')])).toBe('waits');
});

it('does not wait if the signal has fired', async () => {
  const { outcome, askedMs } = startTracker(() => 'indexed');
  expect(await outcome(0, AbortSignal.abort())).toBe('timeout');
  expect(askedMs).toEqual([]);
});

it('L5: acknowledges until the server shows that it does not, and again after an acknowledgement', async () => {
  let reply: AckReply = 'unsupported';
  const { tracker, clock, outcome } = startTracker(() => reply);
  expect(tracker.acknowledges()).toBe(true);
  for (const [next, acknowledges] of [
    ['unsupported', false],
    ['lost', false],
    ['indexed', true],
    ['lost', true],
    ['disabled', false],
  ] as const) {
    reply = next;
    const waiting = outcome();
    await clock.advance(60_000);
    expect(await waiting).toBe(next);
    expect(tracker.acknowledges()).toBe(acknowledges);
  }
});
