import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allDelivered } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import { createFileDestination, fileDestination } from './file-destination.ts';
import { batchOf, configOf, dayMs, filesIn, idsIn, noSignal, temporaryDirectory, testContext } from './test-context.ts';

const deletedByAge = 'files_deleted age';
const deletedByBytes = 'files_deleted total_size';
/** Bytes of an event in a file. */
const sizeOf = (id: string) => Buffer.byteLength(`${batchOf([id]).items[0]?.json}\n`);

it('writes one document per line, in order; only the owner can read the file and the directory', async () => {
  const directory = join(await temporaryDirectory(onTestFinished), 'parent', 'out');
  const destination = await fileDestination.create(configOf(directory), testContext().context);
  const batch = batchOf(['a', 'b', 'a']);
  expect(await destination.deliver(batch, noSignal)).toEqual(allDelivered(batch));
  await destination.deliver(batchOf(['c']), noSignal);
  await destination.close?.();

  const file = join(directory, 'archive-2026-03-01-000001.ndjson');
  const text = await readFile(file, 'utf8');
  expect(text).toBe([...batch.items, ...batchOf(['c']).items].map(({ json }) => `${json}\n`).join(''));
  expect(text).toContain('\u2028');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

it('keeps the order of concurrent batches', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const destination = createFileDestination(configOf(directory, { rotateAtBytes: 150 }), testContext().context);
  const ids = Array.from({ length: 40 }, (_, number) => `id${number}`);
  await Promise.all(ids.map((id) => destination.deliver(batchOf([id]), noSignal)));
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(ids);
});

it('starts a new file before one exceeds rotateAtBytes, and writes a larger batch to its own file', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const destination = createFileDestination(configOf(directory, { rotateAtBytes: 500 }), testContext().context);
  await destination.deliver(batchOf(['a'], 150), noSignal);
  await destination.deliver(batchOf(['b'], 150), noSignal);
  await destination.deliver(batchOf(['c'], 150), noSignal);
  await destination.deliver(batchOf(['d'], 900), noSignal);
  await destination.deliver(batchOf(['e'], 150), noSignal);
  await destination.close?.();
  const files = await filesIn(directory);
  const linesOf = async (name: string) => (await readFile(join(directory, name), 'utf8')).split('\n').length - 1;
  expect(files).toEqual([1, 2, 3, 4].map((number) => `archive-2026-03-01-00000${number}.ndjson`));
  expect(await Promise.all(files.map(linesOf))).toEqual([2, 1, 1, 1]);
  expect(await idsIn(directory)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('starts a new file every UTC day, and increases the file number even if the clock goes back', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const { context, clock } = testContext();
  const destination = createFileDestination(configOf(directory), context);
  await destination.deliver(batchOf(['a']), noSignal);
  clock.nowMs += dayMs;
  await destination.deliver(batchOf(['b']), noSignal);
  clock.nowMs -= dayMs;
  await destination.deliver(batchOf(['c']), noSignal);
  clock.nowMs += dayMs;
  await destination.deliver(batchOf(['d']), noSignal);
  await destination.close?.();
  expect(await filesIn(directory)).toEqual([
    'archive-2026-03-01-000001.ndjson',
    'archive-2026-03-01-000003.ndjson',
    'archive-2026-03-02-000002.ndjson',
    'archive-2026-03-02-000004.ndjson',
  ]);
});

it.each([
  [0, 1],
  [-1, 2],
])('fills a file up to exactly rotateAtBytes (%i: %i files)', async (difference, files) => {
  const directory = await temporaryDirectory(onTestFinished);
  const rotateAtBytes = sizeOf('a') + sizeOf('b') + difference;
  const destination = createFileDestination(configOf(directory, { rotateAtBytes }), testContext().context);
  for (const id of ['a', 'b']) await destination.deliver(batchOf([id]), noSignal);
  await destination.close?.();
  expect(await filesIn(directory)).toHaveLength(files);
});

it('continues the newest file after a restart if it is from the same day and not full', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  for (const id of ['a', 'b']) {
    const destination = createFileDestination(configOf(directory), testContext().context);
    await destination.deliver(batchOf([id]), noSignal);
    await destination.close?.();
  }
  expect(await filesIn(directory)).toEqual(['archive-2026-03-01-000001.ndjson']);
  expect(await idsIn(directory)).toEqual(['a', 'b']);
});

it('removes an incomplete last line of any length, counts it, and keeps the lines before it', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const file = join(directory, 'archive-2026-03-01-000001.ndjson');
  const [complete, torn] = batchOf(['kept', 'torn']).items.map(({ json }) => Buffer.from(`${json}\n`));
  if (complete === undefined || torn === undefined) throw new Error('two items');
  for (let length = 0; length < torn.length; length++) {
    await writeFile(file, Buffer.concat([complete, torn.subarray(0, length)]));
    const { context, counted, logged } = testContext();
    const destination = createFileDestination(configOf(directory), context);
    await destination.deliver(batchOf(['next']), noSignal);
    await destination.close?.();
    expect(await idsIn(directory)).toEqual(['kept', 'next']);
    expect(counted['incomplete_lines_removed'] ?? 0).toBe(length > 0 ? 1 : 0);
    expect(logged.map(({ attributes }) => attributes?.['bytes'])).toEqual(length > 0 ? [length] : []);
  }
});

it('removes an incomplete line that is longer than one read, also the only line of a file', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const file = join(directory, 'archive-2026-03-01-000001.ndjson');
  for (const before of ['', '{"event":{"id":"kept"}}\n']) {
    await writeFile(file, `${before}${'x'.repeat(200_000)}`);
    const destination = createFileDestination(configOf(directory), testContext().context);
    await destination.deliver(batchOf(['next']), noSignal);
    await destination.close?.();
    expect(await idsIn(directory)).toEqual(before === '' ? ['next'] : ['kept', 'next']);
  }
});

it('keeps all complete lines of a file that is longer than one read', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const file = join(directory, 'archive-2026-03-01-000001.ndjson');
  const before = Array.from({ length: 8000 }, (_, number) => `line${number}`);
  for (const torn of ['', '{"event":{"id":"to']) {
    await writeFile(file, before.map((id) => `{"event":{"id":"${id}"}}\n`).join('') + torn);
    const destination = createFileDestination(configOf(directory), testContext().context);
    await destination.deliver(batchOf(['next']), noSignal);
    await destination.close?.();
    expect(await idsIn(directory)).toEqual([...before, 'next']);
  }
});

it('deletes files older than retainForDays, and no other files', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const others = [
    'archive-two-2020-01-01-000001.ndjson',
    'another-2020-01-01-000001.ndjson',
    'archive-2020-01-01-000001.ndjson.gz',
    'notes.txt',
  ];
  for (const name of others) await writeFile(join(directory, name), 'x\n');
  const { context, counted, logged, clock } = testContext();
  const destination = createFileDestination(configOf(directory, { retainForDays: 2 }), context);
  for (const id of ['a', 'b', 'c', 'd']) {
    await destination.deliver(batchOf([id]), noSignal);
    clock.nowMs += dayMs;
  }
  await destination.close?.();
  for (const name of others) await rm(join(directory, name));
  expect(await idsIn(directory)).toEqual(['b', 'c', 'd']);
  expect(counted).toEqual({ [deletedByAge]: 1 });
  expect(logged.map(({ event }) => event)).toEqual(['destination.file_deleted']);
});

it('keeps all files together within maxBytes by deleting the oldest', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const { context, counted } = testContext();
  const config = configOf(directory, { rotateAtBytes: 1000, maxBytes: 3000 });
  const destination = createFileDestination(config, context);
  for (let number = 0; number < 40; number++) {
    await destination.deliver(batchOf([`id${number}`], 250), noSignal);
    const sizes = (await filesIn(directory)).map(async (name) => (await stat(join(directory, name))).size);
    expect((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(3000);
  }
  await destination.close?.();
  const ids = await idsIn(directory);
  expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => `id${40 - ids.length + index}`));
  expect(counted[deletedByBytes]).toBeGreaterThan(5);
});

it.each([
  [0, []],
  [-1, ['archive-2026-03-01-000001.ndjson']],
])(
  'reserves space for one full file after a restart, and deletes no more than necessary (%i)',
  async (difference, deleted) => {
    const directory = await temporaryDirectory(onTestFinished);
    const names = [1, 2, 3].map((number) => `archive-2026-03-01-00000${number}.ndjson`);
    for (const [at, bytes] of [1000, 1000, 300].entries()) {
      await writeFile(join(directory, names[at] ?? ''), '\n'.padStart(bytes));
    }
    const config = configOf(directory, { rotateAtBytes: 1000, maxBytes: 3000 + difference });
    const destination = createFileDestination(config, testContext().context);
    await destination.deliver(batchOf(['a']), noSignal);
    await destination.close?.();
    expect(await filesIn(directory)).toEqual(names.filter((name) => !deleted.includes(name)));
  },
);

it('counts the batch itself against minFreeBytes', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  let free = 999 + sizeOf('a');
  const config = configOf(directory, { minFreeBytes: 1000 });
  const destination = createFileDestination(config, testContext().context, async () => free);
  const batch = batchOf(['a']);
  expect(await destination.deliver(batch, noSignal)).toMatchObject({ batch: 'unavailable', code: 'disk_full' });
  free += 1;
  expect(await destination.deliver(batch, noSignal)).toEqual(allDelivered(batch));
  await destination.close?.();
});

it('writes nothing below minFreeBytes, and continues without help when there is space again', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  let free = 999;
  const config = configOf(directory, { minFreeBytes: 1000 });
  const destination = createFileDestination(config, testContext().context, async () => free);
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'disk_full',
  });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false });
  expect(await idsIn(directory)).toEqual([]);
  free = 10_000;
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
  await destination.deliver(batchOf(['a']), noSignal);
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(['a']);
});

it('reports misconfigured if a file has the name of the directory', async () => {
  const directory = join(await temporaryDirectory(onTestFinished), 'out');
  await writeFile(directory, '');
  const destination = createFileDestination(configOf(directory), testContext().context);
  const report = await destination.deliver(batchOf(['a']), noSignal);
  expect(report).toMatchObject({ batch: 'misconfigured', code: 'not_a_directory' });
  expect(await destination.check?.(noSignal)).toEqual({
    ok: false,
    message: expect.stringMatching(
      /is not writable: EEXIST.*: a file has the name of the directory: move it, or set another `directory`/,
    ),
  });
  await rm(directory);
  await mkdir(directory);
  await destination.deliver(batchOf(['a']), noSignal);
  await destination.close?.();
  expect(await idsIn(directory)).toEqual(['a']);
});

it('reports that the directory cannot be created, although its parent exists', async () => {
  const destination = createFileDestination(configOf('/proc/xiq-siem'), testContext().context);
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'path_missing',
  });
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringContaining('/proc/xiq-siem is not writable: ENOENT'),
  });
});

it.each([
  ['aborted', new Error('shutdown')],
  ['timed_out', new DOMException('the time limit is over', 'TimeoutError')],
])('reports %s and writes nothing if the signal has fired', async (code, reason) => {
  const directory = await temporaryDirectory(onTestFinished);
  const destination = createFileDestination(configOf(directory), testContext().context);
  const report = await destination.deliver(batchOf(['a']), AbortSignal.abort(reason));
  expect(report).toMatchObject({ batch: 'unavailable', code });
  await destination.close?.();
  expect(await filesIn(directory)).toEqual([]);
});
