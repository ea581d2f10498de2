// Power cuts of the disk under load: every event with a 202 response is on disk.

import { type Ext4Disk, ext4Disk, missingRequirement } from '@xiq-siem/testkit';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { problemsAfterRestart } from './after-restart.ts';
import {
  type RunningConnector,
  startProcess,
  type TemporaryDirectory,
  temporaryDirectory,
} from './connector-process.ts';
import { type Receipts, startLoad } from './load.ts';

const missingTools = missingRequirement('mount', 'loop', 'strace');
beforeEach(({ skip }) => skip(missingTools !== undefined, missingTools));

const trials = Number(process.env['XIQ_SIEM_POWER_CUTS'] ?? 5);
// Small segments and no retention: segments are created and removed all the time.
const journal = 'journal: { segmentBytes: 65536, minFreeBytes: 0, retainForHours: 0 }';

async function started(fixture: TemporaryDirectory, tracer?: readonly string[]): Promise<RunningConnector> {
  const connector = await startProcess(fixture, tracer);
  onTestFinished(async () => void (await connector.end('SIGKILL')));
  return connector;
}

/**
 * Load until `after` bodies have a response; then disk and process lose power, and the disk gets it back. Receipts of the
 * responses so far are added to `receipts`.
 */
async function cutUnderLoad(
  disk: Ext4Disk,
  fixture: TemporaryDirectory,
  connector: RunningConnector,
  { label, after, receipts }: { label: string; after: number; receipts: Receipts },
): Promise<void> {
  const answered: Receipts = new Map();
  const load = startLoad(fixture, connector, label, answered);
  const cutPower = await disk.armPowerCut();
  await load.reached(after);
  for (const [receipt, message] of answered) receipts.set(receipt, message);
  await cutPower();
  await connector.end('SIGKILL');
  await load.ended;
  await disk.remount();
}

it(`after each of ${trials} power cuts under load every receipt is in the output`, {
  timeout: 60_000 + trials * 5_000,
}, async () => {
  const disk = await ext4Disk(onTestFinished);
  const fixture = await temporaryDirectory(journal, {}, disk.path);
  await disk.sync();
  const receipts: Receipts = new Map();
  for (let trial = 0; trial < trials; trial += 1) {
    const after = 1 + ((trial * 331) % 1_500);
    await cutUnderLoad(disk, fixture, await started(fixture), { label: `trial ${trial}`, after, receipts });
    expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
  }
  expect(receipts.size).toBeGreaterThan(trials * 100);
  console.log(`${trials} power cuts: ${receipts.size} receipts, nothing lost`);
});

it('without syncs of journal and output a power cut loses events with a 202 response, so the test can detect it', async () => {
  const disk = await ext4Disk(onTestFinished);
  const fixture = await temporaryDirectory(journal, {}, disk.path);
  await disk.sync();
  await (await started(fixture)).end('SIGTERM');
  const receipts: Receipts = new Map();
  const withoutSync = await started(fixture, ['env', `NODE_OPTIONS=--import=${import.meta.dirname}/without-syncs.ts`]);
  await cutUnderLoad(disk, fixture, withoutSync, { label: 'no sync', after: 200, receipts });

  const lost = await problemsAfterRestart(fixture, receipts);
  expect(lost.length).toBeGreaterThan(100);
  console.log(`without syncs: ${receipts.size} receipts, ${lost.length} of their events lost`);
});
