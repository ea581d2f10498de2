import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createFileDestination } from './file-destination.ts';
import { batchOf, configOf, idsIn, noSignal, temporaryDirectory, testContext } from './test-context.ts';

/** A file system of 1 MiB. Undefined if this user may not mount one. */
async function smallDisk(): Promise<string | undefined> {
  const directory = join(await temporaryDirectory(onTestFinished), 'disk');
  await mkdir(directory);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [directory]));
  return directory;
}

it('recovers from a disk that fills up during a write, without an incomplete or a duplicate line', async ({ skip }) => {
  const directory = await smallDisk();
  if (directory === undefined) return skip('needs root, to mount a small file system');
  const ballast = join(directory, 'ballast');
  await writeFile(ballast, Buffer.alloc(900_000));
  const destination = createFileDestination(configOf(directory), testContext().context);
  const delivered: string[] = [];
  let failed: unknown;
  for (let number = 0; failed === undefined; number++) {
    const ids = Array.from({ length: 5 }, (_, index) => `id${number}-${index}`);
    const report = await destination.deliver(batchOf(ids, 3000), noSignal);
    if ('items' in report) delivered.push(...ids);
    else failed = report;
  }
  expect(failed).toMatchObject({ batch: 'unavailable', code: expect.stringMatching(/^(short_write|disk_full)$/) });
  await rm(ballast);
  expect(await idsIn(directory)).toEqual(delivered);

  await destination.deliver(batchOf(['after'], 3000), noSignal);
  await destination.close?.();
  expect(await idsIn(directory)).toEqual([...delivered, 'after']);
});

it('reports a read-only disk, and continues when it is writable again', async ({ skip }) => {
  const directory = await smallDisk();
  if (directory === undefined) return skip('needs root, to mount a small file system');
  const remount = (mode: string) => execFileSync('mount', ['-o', `remount,${mode}`, directory]);
  const destination = createFileDestination(configOf(directory), testContext().context);
  remount('ro');
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'read_only',
  });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false });
  remount('rw');
  await destination.deliver(batchOf(['a']), noSignal);
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(['a']);
});

it('L10: follows the path where a disk is mounted over the directory, and unmounted in use', async ({ skip }) => {
  const directory = join(await temporaryDirectory(onTestFinished), 'disk');
  await mkdir(directory);
  const { context, counted } = testContext();
  const destination = createFileDestination(configOf(directory), context);
  const deliver = (id: string) => destination.deliver(batchOf([id]), noSignal);
  await deliver('a');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return skip('needs root, to mount a small file system');
  }
  try {
    expect(await deliver('b')).toMatchObject({ items: [{ verdict: 'delivered' }] });
    expect(await idsIn(directory)).toEqual(['b']);
  } finally {
    execFileSync('umount', ['--lazy', directory]);
  }
  expect(await deliver('c')).toMatchObject({ items: [{ verdict: 'delivered' }] });
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(['a', 'c']);
  expect(counted['file_changes moved']).toBe(2);
});
