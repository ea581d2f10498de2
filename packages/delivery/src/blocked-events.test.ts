import { expect, test } from 'vitest';
import { createBlockedEvents } from './blocked-events.ts';
import { pendingOf } from './pending-queue.ts';

const pending = (element: number) =>
  pendingOf(
    {
      sequence: 0,
      element,
      id: String(element),
      dataset: 'd',
      timeMs: 0,
      document: {},
      receipt: 'r',
      source: 's',
      receivedAtMs: 0,
      json: '{}',
      bytes: 10,
    },
    0,
  );
const make = () => createBlockedEvents((tries) => 1000 * 2 ** tries);

test('all blocked events wait for the same time, and longer after each attempt without success', () => {
  const blocked = make();
  const events = [pending(0), pending(1), pending(2)];
  blocked.block(events.slice(0, 2), 'closed', 'no index', 0);
  blocked.block(events.slice(2), 'closed', 'no index', 1500);
  expect(events.map(({ notBeforeMs }) => notBeforeMs)).toEqual([2000, 2000, 2000]);
  blocked.block(events.slice(0, 1), 'closed', 'no index', 2000);
  blocked.block(events.slice(1), 'closed', 'no index', 2001);
  expect(events.map(({ notBeforeMs }) => notBeforeMs)).toEqual([6000, 6000, 6000]);
});

test('an event counts once until it is unblocked', () => {
  const blocked = make();
  const events = [pending(0), pending(1)];
  blocked.block(events, 'closed', undefined, 0);
  blocked.block(events, 'forbidden', 'not yours', 9000);
  expect(blocked.summary()).toEqual({ events: 2, bytes: 20, code: 'forbidden', message: 'not yours' });
  for (const event of [...events, ...events, pending(3)]) blocked.unblock(event);
  expect(blocked.summary()).toBeUndefined();
  blocked.block(events.slice(0, 1), 'closed', undefined, 10_000);
  expect(events[0]?.notBeforeMs).toBe(12_000);
});

test('after a reset the next delay is the shortest', () => {
  const blocked = make();
  const event = pending(0);
  for (const nowMs of [0, 2000, 6000]) blocked.block([event], 'closed', undefined, nowMs);
  expect(event.notBeforeMs).toBe(14_000);
  blocked.reset();
  blocked.block([event], 'closed', undefined, 7000);
  expect(event.notBeforeMs).toBe(9000);
});

test('a blocked event may be in a batch of any size', () => {
  const event = { ...pending(0), groupLimit: 1 };
  make().block([event], 'closed', undefined, 5);
  expect(event).toMatchObject({ isBlocked: true, blockedAtMs: 5, groupLimit: Number.POSITIVE_INFINITY });
});
