// Tests `kill -9` at any moment: committed data is there, and nothing else.
import { expect, it } from 'vitest';
import { newStateDirectory } from '../src/test-state.ts';
import { crashModel, linesOf } from './crash-model.ts';
import { runOperations } from './run-operations.ts';

const kills = 6;

it(`keeps all committed data after each of ${kills} kills`, { timeout: 60_000 + kills * 5_000 }, async () => {
  const directory = await newStateDirectory();
  const model = crashModel();
  for (let session = 1; session <= kills; session += 1) {
    const running = runOperations(directory, session);
    await running.reached(1 + ((session * 577) % 2500));
    model.add(linesOf(await running.kill()));
    expect(await model.faults(directory), `kill ${session}`).toEqual([]);
  }
  expect(model.promised()).toBeGreaterThan(kills * 20);
  console.log(`${kills} kills: ${model.promised()} entries, documents and ids promised, none lost`);
});
