import type { Batch } from '@xiq-siem/core';
import { describe, expect, test } from 'vitest';
import type { DestinationStatus } from './stream-status.ts';
import {
  bodies,
  body,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  memoryQueue,
  normalize,
  scripted,
} from './test-delivery.ts';

const delivered = { verdict: 'delivered' } as const;
const minute = 60_000;
const verdicts = {
  blocked: { verdict: 'blocked', code: 'bad', message: 'index of hunter2 is closed' },
  // A server that asks to slow down, so that the failures do not count.
  retry: { verdict: 'retry', code: 'busy', message: 'too many requests' },
} as const;

/** Documents with a timestamp, as stored events have. */
const withTimestamp: typeof normalize = function* (one) {
  for (const event of normalize(one)) {
    yield { ...event, document: { '@timestamp': '2026-11-24T12:00:00.000Z', ...event.document } };
  }
};

/** Events whose id starts with `x` get the verdict; the others are delivered. */
function scenario(verdict: keyof typeof verdicts, options: Parameters<typeof destination>[2] = {}) {
  const state = { isFixed: false, isHalfUsed: false, isDown: false };
  const isStuck = (id: string) => id.startsWith('x') && !state.isFixed;
  const plugin = scripted((batch: Batch) =>
    state.isDown
      ? { batch: 'unavailable', code: 'down' }
      : {
          ...Object(each(batch, (id) => (isStuck(id) ? verdicts[verdict] : delivered))),
          slowDown: verdict === 'retry',
        },
  );
  const queue = memoryQueue();
  const position = memoryPosition();
  const journal = memoryJournal(body(0, ['x']));
  const open = () => {
    const services = { deadLetters: queue, parked: queue, isJournalHalfUsed: () => state.isHalfUsed };
    const spec = destination('a', plugin, options, { position });
    return fixture(journal, [spec], { ...services, normalize: withTimestamp });
  };
  let sequence = 1;
  return {
    state,
    plugin,
    queue,
    position,
    journal,
    open,
    attempts: () => plugin.batches.filter((ids) => ids.includes('x')).length,
    append: (ids = [`${sequence}`]) => journal.append(body(sequence++, ids)),
    /** Lets the time pass, with an event that is delivered every 10 seconds. */
    async pass(ms: number, { clock }: ReturnType<typeof fixture>) {
      for (let passed = 0; passed < ms; passed += 10_000) {
        this.append();
        await clock.advance(10_000);
      }
    },
    next: () => sequence,
  };
}

const reconciles = ({ taken, settledSinceStart, inProgress }: DestinationStatus) =>
  taken - settledSinceStart - inProgress === 0;

describe.each(['blocked', 'retry'] as const)('an event with the verdict %s while others are delivered', (verdict) => {
  test('L14: is parked after 10 minutes, and no longer holds the journal', async () => {
    const here = scenario(verdict);
    const running = here.open();
    await here.pass(9 * minute, running);
    expect(here.queue.entries()).toEqual([]);
    expect(running.statusOf('a').sequence).toBe(0);
    await here.pass(3 * minute, running);
    const { code } = verdicts[verdict];
    expect(here.queue.entries()).toMatchObject([{ id: 'x', parked: true, code, sequence: 0 }]);
    expect(running.statusOf('a')).toMatchObject({
      sequence: here.next(),
      open: 0,
      blocked: undefined,
      counters: { deadLettered: 1, delivered: here.next() - 1 },
    });
    expect(reconciles(running.statusOf('a'))).toBe(true);
    expect(here.position.position.sequence).toBe(here.next());
    expect(running.meter.total('xiq_siem.destination.events', { outcome: 'parked' })).toBe(1);
    expect(running.log.of('delivery.event_parked')).toMatchObject([{ attributes: { code, id: 'x' } }]);
    expect(here.plugin.taken).toHaveLength(here.next() - 1);
  });

  test('L14: is parked at once if the journal has used half of its limit', async () => {
    const here = scenario(verdict);
    here.state.isHalfUsed = true;
    const running = here.open();
    await here.pass(minute, running);
    expect(here.queue.entries()).toMatchObject([{ id: 'x', parked: true }]);
    expect(running.statusOf('a').sequence).toBe(here.next());
  });

  test('does not delay new events, after it was the only one for an hour', async () => {
    const here = scenario(verdict);
    const running = here.open();
    here.append();
    await running.clock.advance(60 * minute);
    for (let round = 0; round < 20; round++) {
      here.append();
      await running.clock.advance(1_000);
      expect(here.plugin.taken.at(-1)).toBe(`${here.next() - 1}`);
      await running.clock.advance(3 * minute);
    }
  });

  test('is sent again from the queue until it is delivered: once, and then nothing is parked', async () => {
    const here = scenario(verdict);
    here.state.isHalfUsed = true;
    const running = here.open();
    await here.pass(2 * minute, running);
    const before = here.attempts();
    await here.pass(60 * minute, running);
    const more = here.attempts() - before;
    expect(more).toBeGreaterThanOrEqual(5);
    expect(more).toBeLessThan(15);
    here.state.isFixed = true;
    await here.pass(11 * minute, running);
    expect(here.plugin.taken.filter((id) => id === 'x')).toHaveLength(1);
    expect(here.queue).toMatchObject({ resolved: ['x'] });
    expect(here.queue.entries()).toEqual([]);
    expect(running.statusOf('a')).toMatchObject({ parkedRetryMs: undefined, possibleDuplicates: 0 });
  });

  test('is sent at once when an operator resumes the destination', async () => {
    const here = scenario(verdict);
    here.state.isHalfUsed = true;
    const running = here.open();
    await here.pass(30 * minute, running);
    here.state.isFixed = true;
    running.delivery.resume('a');
    await running.clock.advance(1_000);
    expect(here.queue.resolved).toEqual(['x']);
    expect(running.statusOf('a').parkedRetryMs).toBeUndefined();
  });

  test('stays in the stream while the queue has no capacity, which the status shows', async () => {
    const here = scenario(verdict);
    here.queue.hasParkingCapacity = false;
    const running = here.open();
    await here.pass(15 * minute, running);
    expect(here.queue.entries()).toEqual([]);
    expect(running.statusOf('a')).toMatchObject({ sequence: 0, open: 1, parkingRefused: true });
    here.queue.hasParkingCapacity = true;
    await here.pass(4 * minute, running);
    expect(here.queue.entries()).toMatchObject([{ id: 'x', parked: true }]);
    expect(running.statusOf('a')).toMatchObject({ sequence: here.next(), parkingRefused: false });
  });

  test('is not parked if nothing else is delivered: the destination may be the cause', async () => {
    const here = scenario(verdict);
    here.state.isHalfUsed = true;
    const running = here.open();
    await running.clock.advance(60 * minute);
    expect(here.queue.entries()).toEqual([]);
    expect(running.statusOf('a')).toMatchObject({ sequence: 0, open: 1 });
  });

  test('is parked once, and not sent by the stream, if the process ends before its position is saved', async () => {
    const here = scenario(verdict);
    here.state.isHalfUsed = true;
    const first = here.open();
    here.queue.failsAfterAppend = true;
    await here.pass(minute, first);
    expect(here.queue.entries()).toMatchObject([{ id: 'x' }]);
    expect(first.statusOf('a').sequence).toBe(0);
    const stopping = first.delivery.stop(0);
    await first.clock.advance(10_000);
    await stopping;
    here.queue.failsAfterAppend = false;
    const sent = here.attempts();
    const second = here.open();
    await second.clock.advance(1_000);
    expect(here.attempts()).toBe(sent);
    expect(second.statusOf('a')).toMatchObject({ sequence: here.next(), counters: { deadLettered: 1 } });
    expect(reconciles(second.statusOf('a'))).toBe(true);
    here.state.isFixed = true;
    await here.pass(2 * minute, second);
    expect(here.plugin.taken.filter((id) => id === 'x')).toHaveLength(1);
  });
});

describe('parked events', () => {
  const parkX = async (here: ReturnType<typeof scenario>) => {
    here.state.isHalfUsed = true;
    const running = here.open();
    await here.pass(2 * minute, running);
    expect(here.queue.entries()).toHaveLength(1);
    return running;
  };

  test('are not sent while the destination is down', async () => {
    const here = scenario('blocked');
    const running = await parkX(here);
    here.state.isDown = true;
    await here.pass(2 * minute, running);
    const before = here.attempts();
    await here.pass(60 * minute, running);
    expect(here.attempts()).toBe(before);
    here.state.isDown = false;
    here.state.isFixed = true;
    await here.pass(12 * minute, running);
    expect(here.queue.resolved).toEqual(['x']);
  });

  test('become dead letters if they are rejected', async () => {
    const queue = memoryQueue();
    const state = { verdict: verdicts.blocked as { verdict: 'blocked' | 'rejected'; code: string; message: string } };
    const plugin = scripted((batch) => each(batch, (id) => (id === 'x' ? { ...state.verdict } : delivered)));
    const journal = memoryJournal(body(0, ['x']));
    const services = { deadLetters: queue, parked: queue, isJournalHalfUsed: () => true, normalize: withTimestamp };
    const running = fixture(journal, [destination('a', plugin)], services);
    for (let sequence = 1; queue.entries().length === 0; sequence++) {
      journal.append(body(sequence, [`${sequence}`]));
      await running.clock.advance(10_000);
    }
    state.verdict = { verdict: 'rejected', code: 'bad', message: 'no such field' };
    running.delivery.resume('a');
    await running.clock.advance(1_000);
    expect(queue.entries()).toMatchObject([{ id: 'x', code: 'bad', message: 'no such field', number: 2 }]);
    expect(queue.entries()[0]).not.toHaveProperty('parked');
    expect(running.meter.total('xiq_siem.destination.events', { outcome: 'dead_lettered', job: 'true' })).toBe(1);
  });

  test('become dead letters after 20 failures while others are delivered', async () => {
    const queue = memoryQueue();
    const plugin = scripted((batch) => each(batch, (id) => (id === 'x' ? verdicts.retry : delivered)));
    const journal = memoryJournal(body(0, ['x']));
    const services = { deadLetters: queue, parked: queue, isJournalHalfUsed: () => true, normalize: withTimestamp };
    const running = fixture(journal, [destination('a', plugin)], services);
    for (let sequence = 1; sequence < 60 * 24; sequence++) {
      journal.append(body(sequence, [`${sequence}`]));
      await running.clock.advance(10_000);
    }
    expect(queue.entries()).toMatchObject([{ id: 'x', code: 'retry_exhausted', message: 'busy: too many requests' }]);
    expect(queue.entries()[0]).not.toHaveProperty('parked');
  });

  test('of a large number are sent in batches: those that can be delivered do not wait for the others', async () => {
    const queue = memoryQueue();
    const stuck = new Set(Array.from({ length: 1_000 }, (_, n) => `x${n}`));
    const plugin = scripted((batch) => each(batch, (id) => (stuck.has(id) ? verdicts.blocked : delivered)));
    const some = [...stuck];
    const journal = memoryJournal(
      ...Array.from({ length: 20 }, (_, n) => body(n, [...some.slice(50 * n, 50 * n + 50), `${n}`])),
    );
    const services = { deadLetters: queue, parked: queue, isJournalHalfUsed: () => true, normalize: withTimestamp };
    const running = fixture(journal, [destination('a', plugin, { batch: { maxEvents: 200 } })], services);
    let sequence = 20;
    const pass = async (minutes: number) => {
      for (let passed = 0; passed < 6 * minutes; passed++) {
        journal.append(body(sequence, [`${sequence++}`]));
        await running.clock.advance(10_000);
      }
    };
    await pass(5);
    expect(queue.entries()).toHaveLength(1_000);
    for (let n = 900; n < 1_000; n++) stuck.delete(`x${n}`);
    await pass(60);
    expect(queue.resolved).toHaveLength(100);
    expect(running.statusOf('a').sequence).toBe(sequence);
  });

  test('that make a whole batch fail are found, and the others are delivered', async () => {
    const queue = memoryQueue();
    const state = { isFixed: false };
    const stuck = new Set(['x0', 'x1', 'x2', 'x3', 'x4']);
    const plugin = scripted((batch) => {
      if (state.isFixed && batch.items.some(({ id }) => id === 'x2')) return { batch: 'unavailable', code: 'down' };
      return each(batch, (id) => (stuck.has(id) && !state.isFixed ? verdicts.blocked : delivered));
    });
    const journal = memoryJournal(body(0, [...stuck]));
    const services = { deadLetters: queue, parked: queue, isJournalHalfUsed: () => true, normalize: withTimestamp };
    const running = fixture(journal, [destination('a', plugin)], services);
    const pass = async (from: number, to: number) => {
      for (let sequence = from; sequence < to; sequence++) {
        journal.append(body(sequence, [`${sequence}`]));
        await running.clock.advance(10_000);
      }
    };
    await pass(1, 30);
    expect(queue.entries()).toHaveLength(5);
    state.isFixed = true;
    await pass(30, 60 * 24);
    expect([...queue.resolved].sort()).toEqual(['x0', 'x1', 'x3', 'x4']);
    expect(queue.entries()).toMatchObject([{ id: 'x2', code: 'retry_exhausted' }]);
  });

  test('after the time limit of the destination they are dead letters', async () => {
    const here = scenario('retry', { giveUpAfterHours: 1 });
    const running = await parkX(here);
    await here.pass(75 * minute, running);
    expect(here.queue.entries()).toMatchObject([{ id: 'x', code: 'retry_timeout' }]);
    expect(here.queue.entries()[0]).not.toHaveProperty('parked');
  });
});

test('blocked events that fill half of the window are parked at once, so that other events are sent again', async () => {
  const queue = memoryQueue();
  const plugin = scripted((batch) => each(batch, (id) => (id.startsWith('x') ? verdicts.blocked : delivered)));
  const journal = memoryJournal(
    ...Array.from({ length: 400 }, (_, n) => body(n, [`x${n}.0`, `x${n}.1`, `x${n}.2`, `${n}`])),
  );
  const spec = destination('a', plugin, { batch: { maxEvents: 100, maxAgeMs: 0 }, maxInFlight: 1 });
  const services = { deadLetters: queue, parked: queue, normalize: withTimestamp };
  const running = fixture(journal, [spec], services);
  await running.clock.runUntil(() => plugin.taken.length === 400, 30 * minute);
  expect(queue.entries().length).toBeGreaterThan(1_000);
});

test('a dead letter that was stored before a crash is not sent again', async () => {
  const queue = memoryQueue();
  const position = memoryPosition();
  const plugin = scripted((batch) => each(batch, () => ({ verdict: 'rejected', code: 'bad' })));
  const journal = memoryJournal(...bodies(1, 3));
  const open = () =>
    fixture(journal, [destination('a', plugin, {}, { position })], { deadLetters: queue, parked: queue });
  queue.failsAfterAppend = true;
  const first = open();
  await first.clock.advance(6_000);
  expect(first.statusOf('a').counters.deadLettered).toBe(0);
  const stopping = first.delivery.stop(0);
  await first.clock.advance(10_000);
  await stopping;
  queue.failsAfterAppend = false;
  const second = open();
  await second.clock.advance(1_000);
  expect(plugin.batches).toEqual([['0.0', '0.1', '0.2']]);
  expect(second.statusOf('a')).toMatchObject({ sequence: 1, counters: { deadLettered: 3, normalized: 3 } });
});
