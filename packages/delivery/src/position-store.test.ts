import type { Position } from '@xiq-siem/core';
import { createManualClock, createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { createLedger } from './ledger.ts';
import { createPositionStore } from './position-store.ts';
import { start } from './test-delivery.ts';

/** A position file whose saves end under the control of the test. */
function fixture(ledger = createLedger(start)) {
  const clock = createManualClock(0);
  const log = createRecordingLogger();
  const saves: { readonly end: () => void; readonly fail: () => void }[] = [];
  let notified = 0;
  const save = (_: Position) =>
    new Promise<void>((resolve, reject) => {
      saves.push({ end: resolve, fail: () => reject(new Error('no space')) });
    });
  const file = { position: start, save, close: async () => {} };
  const wakeup = { notify: () => void notified++ };
  const positions = createPositionStore(file, ledger, { name: 'a', clock, log, wakeup });
  return { clock, log, saves, positions, notified: () => notified };
}

test('a save is due 250 ms after the first change, or at once after 10,000 changes', () => {
  const { positions, notified } = fixture();
  expect(positions.dueMs()).toBe(Number.POSITIVE_INFINITY);
  for (let move = 1; move < 10_000; move++) positions.markChanged();
  expect([positions.dueMs(), notified()]).toEqual([250, 1]);
  positions.markChanged();
  expect([positions.dueMs(), notified()]).toEqual([0, 2]);
});

test('one save runs at a time; flush waits for it and saves later changes', async () => {
  const { clock, saves, positions, notified } = fixture();
  positions.markChanged();
  await clock.advance(250);
  positions.saveIfDue();
  positions.markChanged();
  let isFlushed = false;
  const flushing = positions.flush().then(() => {
    isFlushed = true;
  });
  await clock.advance(1_000);
  positions.saveIfDue();
  expect([saves.length, isFlushed, positions.dueMs()]).toEqual([1, false, Number.POSITIVE_INFINITY]);
  saves[0]?.end();
  await clock.settle();
  expect([saves.length, isFlushed, notified()]).toEqual([2, false, 3]);
  saves[1]?.end();
  await flushing;
  expect(positions.isSaved()).toBe(true);
});

test('a failed save is logged, and repeated five seconds later', async () => {
  const { clock, log, saves, positions } = fixture();
  positions.markChanged();
  await clock.advance(250);
  positions.saveIfDue();
  saves[0]?.fail();
  await clock.settle();
  expect(log.of('position.write_failed')[0]?.attributes).toEqual({ destination: 'a', error: 'Error: no space' });
  expect([positions.dueMs(), positions.isSaved()]).toEqual([5_250, false]);
  await clock.advance(5_000);
  positions.saveIfDue();
  expect(saves).toHaveLength(2);
});

test('a position that does not fit into its slot is saved later, and reported once', async () => {
  let fits = false;
  const { clock, log, saves, positions } = fixture({ ...createLedger(start), fits: () => fits });
  positions.markChanged();
  await clock.advance(250);
  positions.saveIfDue();
  await clock.advance(5_000);
  positions.saveIfDue();
  await positions.flush();
  expect([saves.length, positions.isSaved(), log.of('position.write_delayed').length]).toEqual([0, false, 1]);
  fits = true;
  await clock.advance(5_000);
  positions.saveIfDue();
  saves[0]?.end();
  await clock.settle();
  expect([saves.length, positions.isSaved()]).toEqual([1, true]);
});
