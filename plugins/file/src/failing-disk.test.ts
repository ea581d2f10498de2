import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { createFileDestination } from './file-destination.ts';
import { batchOf, configOf, idsIn, noSignal, temporaryDirectory, testContext } from './test-context.ts';

const someHandle = await open(import.meta.filename);
const fileHandle: typeof someHandle = Object.getPrototypeOf(someHandle);
await someHandle.close();

afterEach(() => void vi.restoreAllMocks());

function inputOutputError(): Error {
  return Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', syscall: 'fdatasync' });
}

it('syncs each batch, and the directory entry of each new file, before it reports', async () => {
  const datasync = vi.spyOn(fileHandle, 'datasync');
  const sync = vi.spyOn(fileHandle, 'sync');
  const directory = await temporaryDirectory(onTestFinished);
  const destination = createFileDestination(configOf(directory, { rotateAtBytes: 500 }), testContext().context);
  for (const [batch, files] of [1, 1, 2, 2, 3].entries()) {
    await destination.deliver(batchOf([`id${batch}`], 200), noSignal);
    expect(datasync).toHaveBeenCalledTimes(batch + 1);
    // A rotation opens the full file again, which syncs the directory again.
    expect(sync).toHaveBeenCalledTimes(2 * files - 1);
  }
  await destination.close?.();
});

it('syncs the parent of each directory that it creates', async () => {
  const sync = vi.spyOn(fileHandle, 'sync');
  const directory = join(await temporaryDirectory(onTestFinished), 'parent', 'out');
  const destination = createFileDestination(configOf(directory), testContext().context);
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
  expect(sync).toHaveBeenCalledTimes(2);
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
  expect(sync).toHaveBeenCalledTimes(2);
  await destination.close?.();
});

it.each([
  ['EACCES', 'misconfigured', 'permission_denied'],
  ['EPERM', 'misconfigured', 'permission_denied'],
  ['ENOTDIR', 'misconfigured', 'not_a_directory'],
  ['ENOENT', 'unavailable', 'path_missing'],
  ['ENOSPC', 'unavailable', 'disk_full'],
  ['EDQUOT', 'unavailable', 'disk_full'],
  ['EROFS', 'unavailable', 'read_only'],
  ['EMFILE', 'unavailable', 'io_error'],
])('reports %s as %s, %s', async (errno, batch, code) => {
  const directory = await temporaryDirectory(onTestFinished);
  const destination = createFileDestination(configOf(directory), testContext().context);
  const error = Object.assign(new Error(`${errno}: by a test`), { code: errno, syscall: 'write' });
  vi.spyOn(fileHandle, 'write').mockRejectedValueOnce(error);
  const report = await destination.deliver(batchOf(['a']), noSignal);
  expect(report).toEqual({ batch, code, message: `${errno}: by a test` });
  await destination.close?.();
});

it('does not report a batch as delivered if the sync fails: closes the file and removes the batch from it', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const destination = createFileDestination(configOf(directory), testContext().context);
  await destination.deliver(batchOf(['a']), noSignal);
  const datasync = vi.spyOn(fileHandle, 'datasync').mockRejectedValueOnce(inputOutputError());
  const report = await destination.deliver(batchOf(['b', 'c']), noSignal);
  expect(report).toMatchObject({ batch: 'unavailable', code: 'io_error', message: 'EIO: i/o error, fdatasync' });
  expect(datasync.mock.contexts).toMatchObject([{ fd: -1 }]);
  expect(await idsIn(directory)).toEqual(['a']);

  await destination.deliver(batchOf(['b', 'c']), noSignal);
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(['a', 'b', 'c']);
});

it('removes an incomplete line at the next opening, if it cannot remove it at once', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const { context, counted } = testContext();
  const destination = createFileDestination(configOf(directory), context);
  await destination.deliver(batchOf(['a']), noSignal);
  const write = fileHandle.write;
  vi.spyOn(fileHandle, 'write').mockImplementationOnce(function writePart(this: typeof someHandle, data) {
    return write.call(this, String(data).slice(0, 20));
  });
  vi.spyOn(fileHandle, 'truncate').mockRejectedValueOnce(inputOutputError());
  const report = await destination.deliver(batchOf(['b']), noSignal);
  expect(report).toMatchObject({ batch: 'unavailable', code: 'short_write' });

  await destination.deliver(batchOf(['b']), noSignal);
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(['a', 'b']);
  expect(counted['incomplete_lines_removed']).toBe(1);
});

it('throws an error that is not a disk error, and writes the next batch', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const destination = createFileDestination(configOf(directory), testContext().context);
  vi.spyOn(fileHandle, 'write').mockRejectedValueOnce(new TypeError('a bug'));
  await expect(destination.deliver(batchOf(['a']), noSignal)).rejects.toThrow('a bug');
  await destination.deliver(batchOf(['a']), noSignal);
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(['a']);
});
