// Any order of verdicts, kills and fixes: every event ends delivered, dead-lettered, parked or in the journal, and is counted.
import { expect, test } from 'vitest';
import type { DeliveryInput } from './delivery.ts';
import {
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

const withTimestamp: typeof normalize = function* (one) {
  for (const event of normalize(one)) {
    yield { ...event, document: { '@timestamp': '2026-11-24T12:00:00.000Z', ...event.document } };
  }
};

/** The same numbers for the same seed, each from 0 to below 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

type Fate = 'delivered' | 'rejected' | 'retry' | 'blocked';

test.each(Array.from({ length: 25 }, (_, seed) => seed + 1))('seed %i', async (seed) => {
  const random = seeded(seed);
  const chance = (share: number) => random() < share;
  const fates = new Map<string, Fate>();
  const state = { isDown: false, isHalfUsed: false, mayDie: true };
  const plugin = scripted((batch) => {
    if (state.isDown) return { batch: 'unavailable', code: 'down' };
    const report = each(batch, (id) => {
      const fate = fates.get(id) ?? 'delivered';
      return fate === 'delivered' ? { verdict: fate } : { verdict: fate, code: 'bad' };
    });
    return { ...Object(report), slowDown: true };
  });
  const journal = memoryJournal();
  const queue = memoryQueue();
  const position = memoryPosition();
  let sequence = 0;

  /** `kill` makes the process stop to exist: its writes have no effect any more. */
  function start() {
    let isAlive = true;
    const dead = () => new Promise<never>(() => {});
    /** The process may be killed after each write, before it knows the result. */
    const alive =
      <Arguments extends unknown[], Result>(work: (...input: Arguments) => Promise<Result>) =>
      async (...input: Arguments) => {
        if (!isAlive) return dead();
        const result = await work(...input);
        if (state.mayDie && chance(0.1)) isAlive = false;
        return isAlive ? result : dead();
      };
    const guarded = {
      full: false,
      hasParkingCapacity: true,
      append: alive(queue.append),
      readParked: alive(queue.readParked),
      storedFrom: alive(queue.storedFrom),
      resolve: alive(queue.resolve),
      replace: alive(queue.replace),
      keepParked: alive(queue.keepParked),
    };
    const saved = { ...position, position: position.position, save: alive(position.save) };
    const services: Partial<DeliveryInput> = {
      ...{ deadLetters: guarded, parked: guarded, normalize: withTimestamp, random },
      isJournalHalfUsed: () => state.isHalfUsed,
    };
    const running = fixture(
      journal,
      [destination('a', plugin, { batch: { maxEvents: 20 } }, { position: saved })],
      services,
    );
    return {
      ...running,
      isAlive: () => isAlive,
      kill() {
        isAlive = false;
        void running.delivery.stop(0);
      },
    };
  }

  let running = start();
  for (let step = 0; step < 60; step++) {
    const ids = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, element) => `${sequence}.${element}`);
    for (const id of ids) {
      if (chance(0.1)) fates.set(id, (['rejected', 'retry', 'blocked'] as const)[Math.floor(random() * 3)] ?? 'retry');
    }
    journal.append(body(sequence++, ids));
    if (chance(0.1)) state.isDown = !state.isDown;
    if (chance(0.1)) state.isHalfUsed = !state.isHalfUsed;
    if (chance(0.05)) for (const id of fates.keys()) if (chance(0.5)) fates.delete(id);
    await running.clock.advance(random() * 90_000);
    const { taken, settledSinceStart, inProgress } = running.statusOf('a');
    expect(taken - settledSinceStart - inProgress).toBe(0);
    if (running.isAlive() && !chance(0.1)) continue;
    running.kill();
    await running.clock.advance(20_000);
    running = start();
  }

  Object.assign(state, { isDown: false, isHalfUsed: true, mayDie: false });
  if (!running.isAlive()) running = start();
  for (let more = 0; more < 30; more++) {
    journal.append(body(sequence, [`${sequence++}.0`]));
    await running.clock.advance(30_000);
  }
  const { counters, open, sequence: settled } = running.statusOf('a');
  expect(open).toBe(0);
  expect(settled).toBe(sequence);
  expect(counters.delivered + counters.deadLettered).toBe(counters.normalized);
  // Each entry of the queue is counted once, whatever happened to it later.
  expect(queue.entries().length + queue.resolved.length).toBe(counters.deadLettered);
  const delivered = new Set(plugin.taken);
  const stored = new Set(queue.entries().map(({ id }) => id));
  for (const [id, fate] of fates) {
    if (fate === 'rejected') continue;
    expect([id, delivered.has(id) || stored.has(id)]).toEqual([id, true]);
  }
  for (let at = 0; at < sequence; at++)
    expect([at, delivered.has(`${at}.0`) || stored.has(`${at}.0`)]).toEqual([at, true]);

  fates.clear();
  running.delivery.resume('a');
  await running.clock.advance(60_000);
  await running.clock.advance(660_000);
  expect(queue.entries().filter(({ parked }) => parked)).toEqual([]);
});
