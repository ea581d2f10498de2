// Tests a power cut of the disk: committed data is there, and nothing else.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRecordingLogger, type Ext4Disk, ext4Disk, missingRequirement } from '@xiq-siem/testkit';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { prepareState } from '../src/migration/migrate.ts';
import { crashModel, linesOf } from './crash-model.ts';
import { runOperations } from './run-operations.ts';

const lack = missingRequirement('mount', 'loop');
beforeEach(({ skip }) => skip(lack !== undefined, lack));

const trials = Number(process.env['XIQ_SIEM_POWER_CUTS'] ?? 8);

async function directoryOn(disk: Ext4Disk): Promise<string> {
  const directory = join(disk.path, 'data');
  for (const path of [directory, join(directory, 'positions'), join(directory, 'quarantine')]) mkdirSync(path);
  await prepareState(directory, 0, { now: Date.now, log: createRecordingLogger() });
  await disk.sync();
  return directory;
}

type Model = ReturnType<typeof crashModel>;

/** Adds the printed operations up to the cut to the model, and the requested ones after it. */
async function cutUnder(disk: Ext4Disk, model: Model, session: number, after: number, syncs?: 'without-syncs') {
  const running = runOperations(join(disk.path, 'data'), session, syncs === undefined ? {} : { syncs });
  onTestFinished(async () => void (await running.kill()));
  const cutPower = await disk.armPowerCut();
  await running.reached(after);
  const counted = linesOf(running.output().slice(0, running.output().lastIndexOf('\n') + 1)).length;
  await cutPower();
  model.add(linesOf(await running.kill()), counted);
  await disk.remount();
}

it(`keeps all committed data after each of ${trials} power cuts`, {
  timeout: 60_000 + trials * 10_000,
}, async () => {
  const disk = await ext4Disk(onTestFinished);
  const directory = await directoryOn(disk);
  const model = crashModel();
  for (let session = 1; session <= trials; session += 1) {
    await cutUnder(disk, model, session, 1 + ((session * 577) % 2_500));
    expect(await model.faults(directory), `cut ${session}`).toEqual([]);
  }
  expect(model.promised()).toBeGreaterThan(trials * 20);
  console.log(`${trials} power cuts: ${model.promised()} entries, documents and ids promised, none lost`);
});

it('without syncs a power cut loses committed data, which proves that the trial detects it', async () => {
  const disk = await ext4Disk(onTestFinished);
  const directory = await directoryOn(disk);
  const model = crashModel();
  await cutUnder(disk, model, 1, 1_000, 'without-syncs');
  const promised = model.promised();
  const lost = (await model.faults(directory)).filter((fault) => fault.includes('is gone'));
  expect(lost.length).toBeGreaterThan(promised / 2);
  console.log(`without syncs: ${promised} promised, ${lost.length} of them lost`);
});
