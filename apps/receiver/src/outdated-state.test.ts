import { newStateDirectory, openTestState } from '@xiq-siem/state/test-state';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { noteForeignState } from './outdated-state.ts';

test('a state file of another data directory is one incident; a new one, and the right one, is none', async () => {
  const directory = await newStateDirectory();
  const state = await openTestState(directory, createRecordingLogger());
  await noteForeignState(state, 'ours');
  await noteForeignState(state, 'ours');
  expect(await state.incidents()).toEqual([]);
  await state.close();
  const again = await openTestState(directory, createRecordingLogger());
  await noteForeignState(again, 'theirs');
  await noteForeignState(again, 'theirs');
  expect(await again.incidents()).toMatchObject([{ kind: 'outdated', reason: expect.stringContaining('(ours)') }]);
});
