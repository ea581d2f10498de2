// Tests parked events: they are stored like dead letters, and counted apart.
import { DatabaseSync } from 'node:sqlite';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { directState } from '../recovery/test-damage.ts';
import { stateFileIn } from '../state-file.ts';
import { openDeadLetters } from './open-dead-letters.ts';
import { allOf, appendAll, letterOf, mib, numbersOf, openTestDeadLetters, range } from './test-dead-letters.ts';

const parkedOf = (sequence: number, more: object = {}, size?: number) =>
  letterOf(sequence, { code: 'busy', parked: true, ...more }, size);
const limits = { maxEvents: 100, maxBytes: mib };
const none = { open: 0, parked: 0, delivered: 0, dropped: 0, lost: 0, fromJobs: 0 };

it('are listed, counted and grouped apart from dead letters, also after a restart', async () => {
  const letters = await openTestDeadLetters();
  await appendAll(letters, [1, 2]);
  await letters.append(parkedOf(3));
  await letters.append(parkedOf(4, { code: 'mapping' }));
  await letters.close();
  const again = await openTestDeadLetters(letters.directory);
  const { json: _, ...listed } = parkedOf(3);
  expect((await allOf(again))[2]).toEqual({ ...listed, number: 3 });
  expect(await again.get(3)).toEqual({ ...parkedOf(3), number: 3 });
  expect((await again.counts()).get('siem')).toEqual({ ...none, open: 2, parked: 2 });
  expect((await again.groups()).map(({ code, parked, count }) => [code, parked, count])).toEqual([
    ['mapping', undefined, 2],
    ['busy', true, 1],
    ['mapping', true, 1],
  ]);
  expect(await numbersOf(again, { parked: true })).toEqual([3, 4]);
  expect(await numbersOf(again, { parked: false })).toEqual([1, 2]);
  expect(await numbersOf(again, { code: 'mapping' })).toEqual([1, 2, 4]);
  expect(await numbersOf(again, { code: 'mapping', parked: true })).toEqual([4]);
  expect(await again.find(3)).toMatchObject([{ number: 3, code: 'busy', parked: true }]);
  const undelivered: unknown[] = [];
  for await (const some of again.undelivered(2)) {
    undelivered.push(...some.map(({ sequence, parked }) => [sequence, parked]));
  }
  expect(undelivered).toEqual([
    [2, undefined],
    [3, true],
    [4, true],
  ]);
});

it('stay parked with a new reason and the same number, become dead letters, or are resolved', async () => {
  const letters = await openTestDeadLetters();
  for (const sequence of [1, 2, 3]) await letters.append(parkedOf(sequence));
  const again = { ...parkedOf(1, { code: 'closed', message: 'index is closed', attempts: 7, lastAttemptMs: 9e9 }) };
  await letters.keepParked([{ ...again, number: 1 }]);
  expect(await letters.get(1)).toEqual({ ...again, number: 1 });
  expect(await letters.newestParked('siem')).toMatchObject({ code: 'closed', message: 'index is closed' });
  await letters.replace(2, letterOf(2, { code: 'rejected' }));
  await letters.resolve([3], 'delivered', 'parked-retry');
  expect((await letters.counts()).get('siem')).toEqual({ ...none, open: 1, parked: 1, delivered: 1 });
  expect(await letters.find(2)).toMatchObject([{ number: 4, code: 'rejected' }]);
  expect(await letters.find(3)).toMatchObject([{ code: 'busy', resolved: { how: 'delivered', by: 'parked-retry' } }]);
  // An operator dropped it meanwhile.
  await letters.drop({ parked: true }, 4);
  await letters.keepParked([{ ...again, number: 1 }]);
  expect((await letters.counts()).get('siem')).toEqual({ ...none, open: 1, delivered: 1, dropped: 1 });
  expect(await letters.newestParked('siem')).toBeUndefined();
});

it('are read in the order of their numbers, up to a number of events and of bytes', async () => {
  const letters = await openTestDeadLetters();
  for (const sequence of range(1, 10)) await letters.append(parkedOf(sequence, {}, 10_000));
  await letters.append(letterOf(11));
  await letters.append(parkedOf(12, { destination: 'other' }));
  const read = async (after: number, more: object = {}) => {
    const { entries, next } = await letters.readParked('siem', after, { ...limits, ...more });
    return { numbers: entries.map(({ number }) => number), next };
  };
  expect(await read(0)).toEqual({ numbers: range(1, 10), next: 10 });
  expect(await read(0, { maxEvents: 3 })).toEqual({ numbers: [1, 2, 3], next: 3 });
  expect(await read(3, { maxBytes: 25_000 })).toEqual({ numbers: [4, 5], next: 5 });
  expect(await read(3, { maxBytes: 1 })).toEqual({ numbers: [4], next: 4 });
  expect(await read(10)).toEqual({ numbers: [], next: undefined });
});

it('use half of the queue at most, so that dead letters have capacity', async () => {
  const letters = await openTestDeadLetters();
  let parked = 0;
  while (letters.hasParkingCapacity) await letters.append(parkedOf(++parked, {}, 2_000));
  expect(letters.bytes().used).toBeGreaterThan(letters.bytes().max / 2);
  await expect(letters.append(parkedOf(parked + 1, {}, 2_000))).rejects.toMatchObject({ code: 'state_full' });
  expect(letters.full).toBe(false);
  await letters.append(letterOf(parked + 1, {}, 2_000));
});

it('and dead letters of a stream are known for the bodies of a position; those of jobs are not', async () => {
  const letters = await openTestDeadLetters();
  await appendAll(letters, [1, 2]);
  await letters.append(parkedOf(3, { element: 4 }));
  await letters.append(letterOf(4), 'job');
  await letters.append(letterOf(5, { destination: 'other' }));
  expect(await letters.storedFrom('siem', 2)).toEqual([
    { sequence: 2, element: 0 },
    { sequence: 3, element: 4 },
  ]);
});

it('are recovered from a damaged file as parked events', async () => {
  const letters = await openTestDeadLetters();
  await appendAll(letters, [1]);
  await letters.append(parkedOf(2));
  await letters.close();
  {
    using database = new DatabaseSync(stateFileIn(letters.directory));
    database.exec('ALTER TABLE documents ADD COLUMN more TEXT');
  }
  const state = directState(letters.directory);
  const options = { maxBytes: mib, minFreeBytes: 0, directory: letters.directory, now: Date.now };
  const again = await openDeadLetters(state.database, { ...options, log: createRecordingLogger() });
  expect(await state.incidents()).toMatchObject([{ kind: 'damaged', lost: 0 }]);
  expect(await again.get(2)).toEqual({ ...parkedOf(2), number: 2 });
  expect((await again.counts()).get('siem')).toEqual({ ...none, open: 1, parked: 1 });
  await state.close();
});
