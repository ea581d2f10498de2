// Other programs that rename, copy, truncate, delete or replace the current file: no event is lost.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allDelivered } from '@xiq-siem/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FileConfig } from './config.ts';
import { createFileDestination } from './file-destination.ts';
import { keptMs, maxKeptBytes } from './recent-appends.ts';
import { batchOf, configOf, dayMs, idsIn, noSignal, temporaryDirectory, testContext } from './test-context.ts';

const first = 'archive-2026-03-01-000001.ndjson';

/** `beforeWrite` runs once, after the plugin has compared the file with its path and before it writes to it. */
async function fixture(options: Partial<FileConfig> = {}) {
  const parent = await temporaryDirectory(onTestFinished);
  const directory = join(parent, 'out');
  const file = join(directory, first);
  const test = testContext();
  let beforeWrite: (() => Promise<unknown>) | undefined;
  const destination = createFileDestination(configOf(directory, options), test.context, async () => {
    const run = beforeWrite;
    beforeWrite = undefined;
    await run?.();
    return 1e12;
  });
  onTestFinished(() => destination.close?.());
  return {
    ...test,
    parent,
    directory,
    file,
    destination,
    deliver: (...ids: readonly string[]) => destination.deliver(batchOf(ids), noSignal),
    beforeWrite(run: () => Promise<unknown>) {
      beforeWrite = run;
    },
    /** Every id below `parent`, with duplicates, sorted. */
    async ids() {
      const found: string[] = [];
      for (const entry of await readdir(parent, { recursive: true, withFileTypes: true })) {
        if (entry.isDirectory()) found.push(...(await idsIn(join(entry.parentPath, entry.name), 'filesOnly')));
      }
      return found.sort();
    },
    changes: () => test.logged.filter(({ event }) => event === 'destination.file_changed'),
  };
}

type Fixture = Awaited<ReturnType<typeof fixture>>;
const away = (name: string) => async (f: Fixture) => {
  await mkdir(join(f.parent, 'away'), { recursive: true });
  await rename(f.file, join(f.parent, 'away', name));
};

describe('L10: the file is changed between two batches', () => {
  it.each<[string, (f: Fixture) => Promise<unknown>, reason: string, lost?: readonly string[]]>([
    ['renamed', (f) => rename(f.file, `${f.file}.1`), 'moved'],
    ['moved to another directory', away('x'), 'moved'],
    [
      'renamed, and a new file has its name (create)',
      (f) => rename(f.file, `${f.file}.1`).then(() => writeFile(f.file, '')),
      'moved',
    ],
    ['replaced by its copy', (f) => copyFile(f.file, `${f.file}~`).then(() => rename(`${f.file}~`, f.file)), 'deleted'],
    ['deleted', (f) => unlink(f.file), 'deleted', ['a']],
    ['moved with its directory', (f) => rename(f.directory, join(f.parent, 'old')), 'moved'],
    [
      'moved with its directory, which is created again',
      (f) => rename(f.directory, join(f.parent, 'old')).then(() => mkdir(f.directory)),
      'moved',
    ],
    ['deleted with its directory', (f) => rm(f.directory, { recursive: true }), 'deleted', ['a']],
    ['appended to', (f) => writeFile(f.file, '{"event":{"id":"foreign"}}\n', { flag: 'a' }), 'grown'],
  ])('%s: the next batch is delivered to the file that has the path', async (_, change, reason, lost = []) => {
    const f = await fixture();
    await f.deliver('a');
    await change(f);
    expect(await f.deliver('b')).toEqual(allDelivered(batchOf(['b'])));
    const ids = await f.ids();
    expect(ids.filter((id) => id !== 'foreign')).toEqual(['a', 'b'].filter((id) => !lost.includes(id)));
    expect(await idsIn(f.directory, 'filesOnly')).toContain('b');
    expect(f.changes()).toMatchObject([{ attributes: { file: first, reason } }]);
    expect(f.counted[`file_changes ${reason}`]).toBe(1);
    expect(await f.deliver('c')).toEqual(allDelivered(batchOf(['c'])));
    expect(f.changes()).toHaveLength(1);
  });

  it('a torn line of another program is not joined with an event', async () => {
    const f = await fixture();
    await f.deliver('a');
    await writeFile(f.file, '{"torn', { flag: 'a' });
    await f.deliver('b');
    expect(await f.ids()).toEqual(['a', 'b']);
  });
});

describe('L10: the file is changed while a batch is written', () => {
  it.each<[string, (f: Fixture) => Promise<unknown>, report: object, copies: readonly string[]]>([
    ['renamed', (f) => rename(f.file, `${f.file}.1`), { code: 'file_moved', verdict: 'unknown' }, ['a', 'b', 'b']],
    [
      'renamed, and a new file has its name',
      (f) => rename(f.file, `${f.file}.1`).then(() => writeFile(f.file, '')),
      { code: 'file_moved', verdict: 'unknown' },
      ['a', 'b', 'b'],
    ],
    // A compressor has read the file before the batch was in it.
    [
      'renamed and copied, and deleted after the write',
      (f) => copyFile(f.file, `${f.file}.gz`).then(() => unlink(f.file)),
      { code: 'path_missing', batch: 'unavailable' },
      ['a', 'b'],
    ],
    ['deleted', (f) => unlink(f.file), { code: 'path_missing', batch: 'unavailable' }, ['b']],
    [
      'copied and truncated',
      (f) => copyFile(f.file, `${f.file}.1`).then(() => truncate(f.file)),
      { code: 'file_truncated', verdict: 'unknown' },
      ['a', 'a', 'b', 'b'],
    ],
    ['truncated', (f) => truncate(f.file), { code: 'file_truncated', verdict: 'unknown' }, ['a', 'b', 'b']],
  ])('%s: the batch is not delivered, and the next attempt is', async (_, change, report, copies) => {
    const f = await fixture();
    await f.deliver('a');
    f.beforeWrite(() => change(f));
    const reported = await f.deliver('b');
    expect('items' in reported ? reported.items[0] : reported).toMatchObject(report);
    expect(await f.deliver('b')).toEqual(allDelivered(batchOf(['b'])));
    expect(await f.ids()).toEqual(copies);
    expect(f.changes()).toHaveLength(1);
  });
});

describe('L10: copytruncate', () => {
  it('what is appended between the copy and the truncation is written again', async () => {
    const f = await fixture();
    await f.deliver('a');
    await copyFile(f.file, `${f.file}.1`);
    await f.deliver('b');
    await truncate(f.file);
    await f.deliver('c');
    expect(await f.ids()).toEqual(['a', 'a', 'b', 'c']);
    expect(f.counted['bytes_written_again']).toBe(
      Buffer.byteLength(
        batchOf(['a', 'b'])
          .items.map(({ json }) => `${json}\n`)
          .join(''),
      ),
    );
    // Once only.
    await f.deliver('d');
    expect(await f.ids()).toEqual(['a', 'a', 'b', 'c', 'd']);
  });

  it('also when the destination is closed next, and where the rewritten lines need a new file', async () => {
    const f = await fixture({ rotateAtBytes: 4096 });
    for (const id of ['a', 'b']) await f.destination.deliver(batchOf([id], 2000), noSignal);
    await truncate(f.file);
    await f.destination.close?.();
    expect(await f.ids()).toEqual(['a', 'b']);
  });

  it('only lines of the last 10 seconds are written again', async () => {
    const f = await fixture();
    await f.deliver('a');
    await copyFile(f.file, `${f.file}.1`);
    f.clock.nowMs += keptMs + 1;
    await f.deliver('b');
    await truncate(f.file);
    await f.deliver('c');
    expect(await f.ids()).toEqual(['a', 'b', 'c']);
  });

  it('and at most 16 MiB', async () => {
    const f = await fixture();
    const lineBytes = 1024 ** 2;
    const ids = Array.from({ length: 20 }, (_, number) => `id${number + 10}`);
    for (const id of ids) await f.destination.deliver(batchOf([id], lineBytes), noSignal);
    await truncate(f.file);
    await f.deliver('last');
    expect(f.counted['bytes_written_again']).toBeLessThanOrEqual(maxKeptBytes);
    expect(await f.ids()).toEqual([...ids.slice(-15), 'last']);
  });

  it('a truncation is not missed where the next write fails', async () => {
    const f = await fixture();
    await f.deliver('a');
    f.beforeWrite(async () => {
      await truncate(f.file);
      throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    });
    expect(await f.deliver('b')).toMatchObject({ batch: 'unavailable', code: 'disk_full' });
    await f.deliver('b');
    expect(await f.ids()).toEqual(['a', 'b']);
  });

  it('nor while the file is opened again', async () => {
    const f = await fixture();
    await f.deliver('a');
    f.beforeWrite(() => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' })));
    await f.deliver('b');
    await truncate(f.file);
    await f.deliver('b');
    expect(await f.ids()).toEqual(['a', 'b']);
    expect(f.changes()).toMatchObject([{ attributes: { reason: 'truncated' } }]);
  });

  it('nor where the destination has started its next file', async () => {
    const f = await fixture({ rotateAtBytes: 4096 });
    await f.destination.deliver(batchOf(['a'], 3000), noSignal);
    await copyFile(f.file, `${f.file}.1`);
    await f.deliver('b');
    await f.destination.deliver(batchOf(['c'], 3000), noSignal);
    expect(await readdir(f.directory)).toContain('archive-2026-03-01-000002.ndjson');
    await truncate(f.file);
    await f.deliver('d');
    expect(new Set(await f.ids())).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  it('lines are written again also if the disk was full at first', async () => {
    const f = await fixture();
    await f.deliver('a');
    await truncate(f.file);
    f.beforeWrite(() => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'statfs' })));
    expect(await f.deliver('b')).toMatchObject({ batch: 'unavailable', code: 'disk_full' });
    expect(await f.deliver('b')).toEqual(allDelivered(batchOf(['b'])));
    expect(await f.ids()).toEqual(['a', 'b']);
  });
});

describe('L10: another kind of file has the name of the current file', () => {
  it.each<[string, (file: string) => Promise<unknown>]>([
    ['a directory', (file) => mkdir(file)],
    ['a FIFO', async (file) => execFileSync('mkfifo', [file])],
    [
      'a symbolic link to a file',
      (file) => writeFile(`${file}.target`, '').then(() => symlink(`${file}.target`, file)),
    ],
    ['a dangling symbolic link', (file) => symlink(`${file}.gone`, file)],
    ['a symbolic link to itself', (file) => symlink(file, file)],
  ])('%s: the destination is misconfigured until it is moved away', async (_, replace) => {
    const f = await fixture();
    await f.deliver('a');
    await rename(f.file, `${f.file}.1`);
    await replace(f.file);
    const expected = { batch: 'misconfigured', code: 'not_a_file', message: `${f.file} is not a regular file` };
    expect(await f.deliver('b')).toMatchObject(expected);
    expect(await f.destination.check?.(noSignal)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/is not a regular file: move it to another directory$/),
    });
    // The search must not wait for a writer of the FIFO.
    await f.destination.find?.({ id: 'a', dataset: 'x', timeMs: 0 }, noSignal);
    await rm(f.file, { recursive: true });
    expect(await f.deliver('b')).toEqual(allDelivered(batchOf(['b'])));
    expect(await f.ids()).toEqual(['a', 'b']);
  });
});

describe('L10: a new file never has the name of an earlier one', () => {
  it.each(['.1', '.gz', '-20260302', '.1.gz'])(
    'where another program renamed the earlier one to …ndjson%s',
    async (suffix) => {
      const f = await fixture();
      await f.deliver('a');
      await rename(f.file, `${f.file}${suffix}`);
      // As after a restart.
      const { context } = testContext();
      const restarted = createFileDestination(configOf(f.directory), context, async () => 1e12);
      await restarted.deliver(batchOf(['b']), noSignal);
      await restarted.close?.();
      expect((await readdir(f.directory)).sort()).toEqual([`${first}${suffix}`, 'archive-2026-03-01-000002.ndjson']);
    },
  );

  it('where every file is moved to another directory', async () => {
    const f = await fixture();
    for (const id of ['a', 'b', 'c']) {
      await f.deliver(id);
      await mkdir(join(f.parent, 'away'), { recursive: true });
      for (const name of await readdir(f.directory)) {
        await expect(readFile(join(f.parent, 'away', name))).rejects.toThrow('ENOENT');
        await rename(join(f.directory, name), join(f.parent, 'away', name));
      }
    }
    expect(await f.ids()).toEqual(['a', 'b', 'c']);
  });
});

it('L10: reopen opens the newest file by its path before the next batch', async () => {
  const f = await fixture();
  await f.deliver('a');
  await writeFile(join(f.directory, 'archive-2026-03-01-000007.ndjson'), '');
  await f.deliver('b');
  await f.destination.reopen?.();
  await f.deliver('c');
  expect(await readFile(join(f.directory, 'archive-2026-03-01-000007.ndjson'), 'utf8')).toContain('"c"');
  expect(await f.ids()).toEqual(['a', 'b', 'c']);
});

it.each([-365, 365, 36_500])('L11: a clock step of %i days deletes no file and loses no event', async (days) => {
  const f = await fixture({ retainForDays: 1 });
  await f.deliver('a');
  f.clock.mayDelete = false;
  f.clock.nowMs += days * dayMs;
  await f.deliver('b');
  f.clock.nowMs -= days * dayMs;
  await f.deliver('c');
  f.clock.nowMs += days * dayMs;
  await f.deliver('d');
  expect(await f.ids()).toEqual(['a', 'b', 'c', 'd']);
  expect(f.counted).toEqual({});
  // The order of the numbers is that of the events.
  expect(await idsIn(f.directory, 'byNumber')).toEqual(['a', 'b', 'c', 'd']);
});
