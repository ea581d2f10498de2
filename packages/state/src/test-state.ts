// For tests: opens state files in temporary directories.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { onTestFinished } from 'vitest';
import { prepareState } from './migration/migrate.ts';
import { openState, type State } from './open-state.ts';

/** A data directory with an empty state file. */
export async function newStateDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-state-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await Promise.all(['positions', 'quarantine', 'secrets'].map((name) => mkdir(join(directory, name))));
  await prepareState(directory, 0, { now: Date.now, log: createRecordingLogger() });
  return directory;
}

/** Opens the state of a new or given directory. The end of the test closes it. */
export async function openTestState(directory?: string, log = createRecordingLogger()): Promise<State> {
  const state = await openState(directory ?? (await newStateDirectory()), { now: Date.now, log });
  onTestFinished(() => state.close());
  return state;
}
