// Short runs of the oracle: it reports each planted fault and nothing else, and finds nothing in a run with faults.
import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { plantNames } from './options.ts';
import { faultNames } from './plan.ts';
import { plants } from './plant.ts';
import { reportText } from './report.ts';
import { type Result, runOracle } from './run.ts';

const seconds = 20;
const run = (options: Partial<Parameters<typeof runOracle>[0]>): Promise<Result> =>
  runOracle({ seed: 1, minutes: 0, only: faultNames, plant: undefined, json: false, ...options }, console.log);

it.each(plantNames)('reports a planted %s, and nothing else', { timeout: 120_000 }, async (plant) => {
  const { findings, directory } = await run({ plant });
  await rm(directory, { recursive: true, force: true });
  expect(findings.map(({ kind, destination }) => ({ kind, destination }))).toEqual([
    { kind: plants[plant], destination: 'otel' },
  ]);
});

it.each([7, randomInt(2 ** 31)])(
  'accounts for every event under the faults of seed %d',
  {
    timeout: 400_000,
  },
  async (seed) => {
    const result = await run({ seed, minutes: seconds / 60 });
    console.log(reportText(result));
    expect(result.findings).toEqual([]);
    expect(result.owed).toBeGreaterThan(100);
  },
);
