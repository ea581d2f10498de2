// Tests the state file on a full or failing disk, and after a kill at any of its system calls.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRecordingLogger, injectInto, injecting, missingRequirement, tmpfsAt } from '@xiq-siem/testkit';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { openDeadLetters } from '../src/dead-letters/open-dead-letters.ts';
import { letterOf, mib, openBodies, range } from '../src/dead-letters/test-dead-letters.ts';
import { prepareState } from '../src/migration/migrate.ts';
import { stateFileIn } from '../src/state-file.ts';
import { newStateDirectory, openTestState } from '../src/test-state.ts';
import { crashModel, linesOf } from './crash-model.ts';
import { runOperations } from './run-operations.ts';

const lack = missingRequirement('mount', 'strace');
beforeEach(({ skip }) => skip(lack !== undefined, lack));

const log = createRecordingLogger();

it('a full disk rejects with state_full, loses nothing, and accepts writes again when it has space', async () => {
  const directory = join(await newStateDirectory(), 'mounted');
  await tmpfsAt(directory, 4 * mib, onTestFinished);
  for (const name of ['positions', 'quarantine']) mkdirSync(join(directory, name));
  await prepareState(directory, 0, { now: Date.now, log });
  writeFileSync(join(directory, 'ballast'), Buffer.alloc(mib));
  const state = await openTestState(directory);
  const options = { maxBytes: 64 * mib, minFreeBytes: 0, directory, now: Date.now, log };
  const letters = await openDeadLetters(state.database, options);
  const kept: number[] = [];
  for (let isFull = false; !isFull; ) {
    const sequences = range(kept.length + 1, kept.length + 7);
    const outcomes = await Promise.allSettled(sequences.map((one) => letters.append(letterOf(one, {}, 2000))));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') kept.push(sequences[index] ?? 0);
      else expect(outcome.reason).toMatchObject({ code: 'state_full' });
      isFull ||= outcome.status === 'rejected';
    }
  }
  expect(kept.length).toBeGreaterThan(100);
  expect(await openBodies(letters)).toEqual(kept);
  rmSync(join(directory, 'ballast'));
  await letters.append(letterOf(10_000));
  await state.close();
  const again = await openTestState(directory);
  expect(await openBodies(await openDeadLetters(again.database, options))).toEqual([...kept, 10_000]);
  expect(await again.incidents()).toEqual([]);
  await again.close();
});

it.each(['fsync', 'pwrite64'])(
  'an error of %s causes state_failed, and a restart has all committed data',
  async (call) => {
    const directory = await newStateDirectory();
    const model = crashModel();
    const running = runOperations(directory, 1);
    onTestFinished(async () => void (await running.kill()));
    await running.reached(300);
    await injectInto(running.pid, `${stateFileIn(directory)}-wal`, `${call}:error=EIO`, onTestFinished);
    const { output, errors } = await running.ended;
    expect(errors).toContain('state_failed');
    model.add(linesOf(output));
    expect(await model.faults(directory)).toEqual([]);
  },
);

const calls = ['pwrite64', 'fsync', 'ftruncate', 'unlink'];

it('a kill at any system call loses no committed data', { timeout: 240_000 }, async () => {
  const directory = await newStateDirectory();
  const model = crashModel();
  const trials = calls.flatMap((call) => [1, 2, 7, 40, 99].map((when) => ({ call, when })));
  let killed = 0;
  for (const [index, { call, when }] of trials.entries()) {
    const tracer = injecting(`${call}:signal=KILL:when=${when}`);
    const running = runOperations(directory, index + 1, { tracer });
    const isKilled = await running.reached(600).then(
      () => false,
      () => true,
    );
    killed += Number(isKilled);
    model.add(linesOf(await running.kill()));
    expect(await model.faults(directory), `killed at ${call} ${when}`).toEqual([]);
  }
  expect(killed).toBeGreaterThan(8);
  console.log(`${killed} kills at system calls of ${trials.length}: ${model.promised()} promised, none lost`);
});
