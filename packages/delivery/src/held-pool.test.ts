import { expect, test } from 'vitest';
import { pendingOf } from './batcher.ts';
import { createHeldPool } from './held-pool.ts';

const pending = (element: number) =>
  pendingOf(
    {
      ...{ sequence: 0, element, id: String(element), dataset: 'd', timeMs: 0, document: {} },
      ...{ receipt: 'r', source: 's', receivedAtMs: 0, json: '{}', bytes: 10 },
    },
    0,
  );
const make = () => createHeldPool((turns) => 1000 * 2 ** turns);

test('all that is held waits for one moment, and longer each time that nothing was freed', () => {
  const pool = make();
  const events = [pending(0), pending(1), pending(2)];
  pool.hold(events.slice(0, 2), 'closed', 'no index', 0);
  pool.hold(events.slice(2), 'closed', 'no index', 1500);
  expect(events.map(({ notBeforeMs }) => notBeforeMs)).toEqual([2000, 2000, 2000]);
  pool.hold(events.slice(0, 1), 'closed', 'no index', 2000);
  pool.hold(events.slice(1), 'closed', 'no index', 2001);
  expect(events.map(({ notBeforeMs }) => notBeforeMs)).toEqual([6000, 6000, 6000]);
});

test('an event counts once, however often it is held, and no more when it has left', () => {
  const pool = make();
  const events = [pending(0), pending(1)];
  pool.hold(events, 'closed', undefined, 0);
  pool.hold(events, 'forbidden', 'not yours', 9000);
  expect(pool.facts()).toEqual({ events: 2, bytes: 20, code: 'forbidden', words: 'not yours' });
  for (const event of [...events, ...events, pending(3)]) pool.leave(event);
  expect(pool.facts()).toBeUndefined();
  pool.hold(events.slice(0, 1), 'closed', undefined, 10_000);
  expect(events[0]?.notBeforeMs).toBe(12_000);
});

test('started anew, the next wait is the shortest again', () => {
  const pool = make();
  const event = pending(0);
  for (const nowMs of [0, 2000, 6000]) pool.hold([event], 'closed', undefined, nowMs);
  expect(event.notBeforeMs).toBe(14_000);
  pool.startAnew();
  pool.hold([event], 'closed', undefined, 7000);
  expect(event.notBeforeMs).toBe(9000);
});
