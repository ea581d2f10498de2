// Tests a kill at each step of replacing a damaged file: the next start finishes it, and nothing is lost.
import fs, { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { openDeadLetters } from '../dead-letters/open-dead-letters.ts';
import { letterOf, mib } from '../dead-letters/test-dead-letters.ts';
import { stateFileIn } from '../state-file.ts';
import { copyOf, directState, everything, filledDirectory, readEverything } from './test-damage.ts';

const filled = await filledDirectory();
const steps = ['mkdirSync', 'renameSync', 'rmSync', 'copyFileSync', 'writeSync', 'closeSync'] as const;

/** From its nth step on, every call that changes a file fails, as after a kill. Returns the number of calls. */
function killAt(nth: number): () => number {
  let count = 0;
  const restore = steps.map((name) => {
    const original = fs[name];
    const replaced = (...given: never[]): unknown => {
      count += 1;
      if (count >= nth) throw new Error('killed');
      return Reflect.apply(original, fs, given);
    };
    Object.assign(fs, { [name]: replaced });
    return () => Object.assign(fs, { [name]: original });
  });
  syncBuiltinESMExports();
  const end = (): void => {
    for (const one of restore) one();
    syncBuiltinESMExports();
  };
  onTestFinished(end);
  return () => {
    end();
    return count;
  };
}

/** State after a kill: one more entry, which is in the log only. File and log are damaged. */
async function damagedDirectory(): Promise<string> {
  const directory = copyOf(filled);
  const { database, close } = directState(directory);
  const log = createRecordingLogger();
  const options = { maxBytes: 64 * mib, minFreeBytes: 0, directory, now: Date.now, log };
  const letters = await openDeadLetters(database, options);
  for (const sequence of [1000, 1001, 1002]) await letters.append(letterOf(sequence));
  const killed = copyOf(directory);
  await close();
  for (const [path, at] of [
    [stateFileIn(killed), 0],
    [`${stateFileIn(killed)}-wal`, 0],
  ] as const) {
    writeFileSync(path, readFileSync(path).fill(0xee, at, at + 16));
  }
  return killed;
}

it('a kill at each step', { timeout: 60_000 }, async () => {
  let kills = 0;
  for (let step = 1; ; step += 1) {
    const directory = await damagedDirectory();
    const count = killAt(step);
    const killed = directState(directory);
    const isKilled = await killed.verify().then(
      () => false,
      () => true,
    );
    const steps = count();
    await killed.close();
    if (!isKilled) {
      expect(steps).toBeLessThan(step);
      break;
    }
    kills += 1;
    const state = directState(directory);
    await state.verify();
    expect(await state.incidents(), `killed at step ${step}`).toMatchObject([{ kind: 'damaged', lost: 0 }]);
    const log = createRecordingLogger();
    const found = await readEverything(state, log);
    expect(found.entries, `killed at step ${step}`).toBe(everything.entries + 3);
    expect([found.documents, found.ids, log.lines]).toEqual([20, 200, []]);
    const kept = readdirSync(join(directory, 'quarantine'));
    expect(kept.filter((name) => name.endsWith('.sqlite'))).toHaveLength(1);
    expect(kept.filter((name) => name.endsWith('-wal'))).toHaveLength(1);
    await state.close();
    const left = readdirSync(directory).filter((name) => name.startsWith('state.sqlite'));
    expect(left).toEqual(['state.sqlite']);
  }
  expect(kills).toBeGreaterThan(8);
});

it('a kill while a missing file is created is still an incident', async () => {
  for (let step = 1; ; step += 1) {
    const directory = copyOf(filled);
    fs.rmSync(stateFileIn(directory));
    const count = killAt(step);
    const killed = directState(directory);
    const isKilled = await killed.verify().then(
      () => false,
      () => true,
    );
    count();
    if (!isKilled) break;
    const state = directState(directory);
    await state.verify();
    expect(await state.incidents(), `killed at step ${step}`).toHaveLength(1);
    expect(existsSync(`${stateFileIn(directory)}.new`)).toBe(false);
    await state.close();
  }
});
