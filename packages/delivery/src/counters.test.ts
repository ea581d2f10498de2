import { afterEach, describe, expect, test, vi } from 'vitest';
import type * as LedgerModule from './ledger.ts';
import type * as QueueModule from './pending-queue.ts';
import type { DestinationStatus } from './stream-status.ts';
import { bodies, destination, each, fixture, memoryJournal, memoryPosition, scripted } from './test-delivery.ts';

/** Faults of the engine that the counters must show. */
const faults = vi.hoisted(() => ({ forgets: false, settlesTwice: false, settlesNever: false }));

vi.mock('./pending-queue.ts', async (original) => {
  const real = await original<typeof QueueModule>();
  return {
    ...real,
    createPendingQueue() {
      const queue = real.createPendingQueue();
      return {
        ...queue,
        addResends: (events: Parameters<typeof queue.addResends>[0]) =>
          queue.addResends(faults.forgets ? events.slice(1) : events),
      };
    },
  };
});

vi.mock('./ledger.ts', async (original) => {
  const real = await original<typeof LedgerModule>();
  return {
    ...real,
    createLedger(...start: Parameters<typeof real.createLedger>) {
      const ledger = real.createLedger(...start);
      return {
        ...ledger,
        settle(...event: Parameters<typeof ledger.settle>) {
          if (faults.settlesTwice) ledger.settle(...event);
          if (!faults.settlesNever) ledger.settle(...event);
        },
      };
    },
  };
});

afterEach(() => {
  Object.assign(faults, { forgets: false, settlesTwice: false, settlesNever: false });
});

const difference = ({ taken, settledSinceStart, inProgress }: DestinationStatus) =>
  taken - settledSinceStart - inProgress;

/** Some events of each outcome, a filtered body, resends, and blocked events. */
const mixed = () =>
  scripted((batch, call) =>
    each(batch, (id) => {
      if (id.endsWith('.1')) return { verdict: 'rejected', code: 'bad' };
      if (id.endsWith('.2') && call % 2) return { verdict: 'retry', code: 'busy' };
      if (id.endsWith('.3')) return { verdict: 'blocked', code: 'down' };
      return { verdict: 'delivered' };
    }),
  );

describe('the counters of a stream', () => {
  test('reconcile at any time and with any outcome, and start at 0 after a restart', async () => {
    const position = memoryPosition();
    const journal = memoryJournal(...bodies(40, 4));
    const live = () => fixture(journal, [destination('a', mixed(), { batch: { maxEvents: 20 } }, { position })]);
    const first = live();
    for (let step = 0; step < 2_000 && first.statusOf('a').settledSinceStart < 120; step++) {
      await first.clock.advance(step < 100 ? 7 : 500);
      expect(difference(first.statusOf('a'))).toBe(0);
      expect(first.statusOf('a').inProgress).toBe(first.statusOf('a').open);
    }
    expect(first.statusOf('a')).toMatchObject({ taken: 160, open: 40, inProgress: 40, settledSinceStart: 120 });
    const stopping = first.delivery.stop(0);
    await first.clock.advance(10_000);
    await stopping;
    expect(difference(first.statusOf('a'))).toBe(0);
    const second = live();
    await second.clock.advance(300);
    expect(second.statusOf('a')).toMatchObject({ taken: 40, open: 40, inProgress: 40, settledSinceStart: 0 });
    expect(second.statusOf('a').counters.normalized).toBe(160);
  });

  test('reconcile while dead letters wait to be stored, and include filtered events', async () => {
    const full = { full: true, append: async () => {} };
    const where = { exceptDatasets: ['test.events'] };
    const { clock, statusOf } = fixture(
      memoryJournal(...bodies(5, 4)),
      [destination('a', mixed()), destination('b', scripted(), { where })],
      { deadLetters: full },
    );
    await clock.advance(10_000);
    expect(statusOf('a')).toMatchObject({ state: 'paused', reason: 'dead_letters_full' });
    expect(difference(statusOf('a'))).toBe(0);
    expect(statusOf('b')).toMatchObject({ taken: 20, settledSinceStart: 20, inProgress: 0 });
  });

  test.each([
    ['an event is forgotten', 'forgets', 1],
    ['events are settled twice', 'settlesTwice', -10],
    ['events are never settled', 'settlesNever', 10],
  ] as const)('shows when %s', async (_, fault, sign) => {
    faults[fault] = true;
    const { clock, statusOf } = fixture(memoryJournal(...bodies(5, 4)), [destination('a', mixed())]);
    await clock.advance(1_000);
    expect(Math.sign(difference(statusOf('a')))).toBe(Math.sign(sign));
  });
});
