import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { letterOf, openTestDeadLetters } from './dead-letters/test-dead-letters.ts';
import { readKnownHistory } from './known-history.ts';
import { openTestState } from './test-state.ts';

it('L13: dead letters and parked events of earlier bodies count for a position that starts again', async () => {
  const letters = await openTestDeadLetters();
  for (const sequence of [1, 2, 5]) await letters.append(letterOf(sequence));
  for (const sequence of [3, 6]) await letters.append(letterOf(sequence, { parked: true }));
  await letters.close();
  const { database } = await openTestState(letters.directory);
  const known = await readKnownHistory(database, 'instance', createRecordingLogger());
  expect(await known?.deadLettered('siem', 5)).toBe(3);
  expect(await known?.deadLettered('siem', 1)).toBe(0);
  expect(await known?.deadLettered('other', 1)).toBe(0);
});
