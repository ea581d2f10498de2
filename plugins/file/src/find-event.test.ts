import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createFileDestination } from './file-destination.ts';
import { findEvent } from './find-event.ts';
import { batchOf, configOf, dayMs, filesIn, noSignal, temporaryDirectory, testContext } from './test-context.ts';

const event = (id: string) => ({ id, dataset: 'extreme_xiq.audit', timeMs: 0 });

/** Writes these output files, oldest first. */
async function directoryWith(...files: readonly string[]): Promise<string> {
  const directory = await temporaryDirectory(onTestFinished);
  for (const [at, text] of files.entries()) {
    await writeFile(join(directory, `archive-2026-03-01-00000${at + 1}.ndjson`), text);
  }
  return directory;
}

const line = (id: string, rest: object = {}) => `${JSON.stringify({ ...rest, event: { id } })}\n`;
const search = (directory: string, id: string, signal = noSignal, maxBytes?: number) =>
  findEvent(directory, 'archive', { id }, signal, maxBytes);

it('finds each delivered event in any file, and names the file', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const { context, clock } = testContext();
  const destination = createFileDestination(configOf(directory, { rotateAtBytes: 500 }), context);
  for (const ids of [['a', 'b'], ['c'], ['d', 'e']]) await destination.deliver(batchOf(ids, 300), noSignal);
  clock.nowMs += dayMs;
  await destination.deliver(batchOf(['f']), noSignal);
  expect(await filesIn(directory)).toHaveLength(4);

  const messages = new Map<string, string | undefined>();
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const result = await destination.find?.(event(id), noSignal);
    expect(result).toMatchObject({ found: true });
    messages.set(id, result?.message);
  }
  expect(messages.get('b')).toBe(`found in archive-2026-03-01-000001.ndjson in ${directory}`);
  expect(messages.get('f')).toBe(`found in archive-2026-03-02-000004.ndjson in ${directory}`);
  expect(await destination.find?.(event('g'), noSignal)).toEqual({
    found: false,
    message: `not found in the 4 files in ${directory}`,
  });
  await destination.close?.();
});

it('ignores other fields with the same value, and an incomplete line', async () => {
  const others = [
    line('x', { user: { id: 'wanted' }, message: 'event "id":"wanted"' }),
    line('y', { original: line('wanted') }),
    '{"event":{"id":"wanted"\n',
    line('z', { extreme: { xiq: { extra: { event: { id: 'wanted' } } } } }),
  ];
  const directory = await directoryWith(others.join(''));
  expect(await search(directory, 'wanted')).toMatchObject({ found: false });

  const file = join(directory, 'archive-2026-03-01-000001.ndjson');
  const complete = line('wanted');
  await appendFile(file, complete.slice(0, -1));
  expect(await search(directory, 'wanted')).toMatchObject({ found: false });
  await appendFile(file, '\n');
  expect(await search(directory, 'wanted')).toMatchObject({ found: true });
});

it('finds lines that span several reads, also long ones', async () => {
  const lengths = [10, 700_000, 3_000_000, 20, 400_000, 1_048_576, 5];
  const lines = lengths.map((length, at) => line(`id${at}`, { filler: 'ü'.repeat(length / 2) }));
  const directory = await directoryWith(lines.join(''), '');
  for (const at of lengths.keys()) expect(await search(directory, `id${at}`)).toMatchObject({ found: true });
  expect(await search(directory, `id${lengths.length}`)).toMatchObject({ found: false });
});

it('skips a line beyond the length limit, and searches the lines before it', async () => {
  const directory = await directoryWith(`${line('before')}${'x'.repeat(17 * 1024 ** 2)}\n${line('after')}`);
  expect(await search(directory, 'after')).toMatchObject({ found: true });
  expect(await search(directory, 'before')).toMatchObject({ found: true });
});

it('searches no more than the byte limit, and says so', async () => {
  const directory = await directoryWith(line('old'), line('older') + line('newer'), line('newest'));
  const bound = line('newest').length + line('newer').length + 3;
  expect(await search(directory, 'newest', noSignal, bound)).toMatchObject({ found: true });
  expect(await search(directory, 'newer', noSignal, bound)).toMatchObject({ found: true });
  for (const id of ['older', 'old']) {
    expect(await search(directory, id, noSignal, bound)).toEqual({
      found: false,
      message: `not found in the newest ${bound} bytes in ${directory}: the search limit`,
    });
  }
});

it('searches only the files of its destination', async () => {
  const directory = await directoryWith(line('mine'));
  for (const name of ['archive-two', 'another']) {
    await writeFile(join(directory, `${name}-2026-03-01-000002.ndjson`), line('other'));
  }
  expect(await search(directory, 'other')).toMatchObject({ found: false });
});

it('rejects when its signal fires, and says that the search is incomplete', async () => {
  const directory = await directoryWith(line('a'));
  await expect(search(directory, 'b', AbortSignal.abort())).rejects.toMatchObject({
    code: 'destination_failed',
    message: expect.stringContaining('the time limit ended the search'),
  });
});

it('finds nothing if no file was written yet', async () => {
  const directory = join(await temporaryDirectory(onTestFinished), 'out');
  expect(await search(directory, 'a')).toEqual({
    found: false,
    message: `${directory} does not exist: no file was written yet`,
  });
  await mkdir(directory);
  expect(await search(directory, 'a')).toMatchObject({ found: false });
});

it('says why it cannot search', async () => {
  const directory = join(await temporaryDirectory(onTestFinished), 'out');
  await writeFile(directory, '');
  await expect(search(directory, 'a')).rejects.toMatchObject({
    code: 'destination_failed',
    message: expect.stringMatching(/cannot be searched: ENOTDIR.*: a file has the name of the directory/),
  });
  await rm(directory);
});
