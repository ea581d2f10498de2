import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openProgressHistory, readProgressHistory } from './progress-history.ts';

let directory: string;
let log = createRecordingLogger();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'progress-history-'));
  log = createRecordingLogger();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file = () => join(directory, 'one.times');
const noted = async (progress: readonly (readonly [number, number])[]) => {
  const history = await openProgressHistory(directory, log);
  for (const [sequence, atMs] of progress) await history.add('one', { sequence, atMs });
  return history;
};

test('a body came to rest between the last time that it had not and the first that it had', async () => {
  const history = await noted([
    [1, 100],
    [1, 150],
    [5, 200],
    [9, 300],
  ]);
  for (const { around } of [history, await readProgressHistory(directory)]) {
    expect(around('one', 1)).toEqual({ notBeforeMs: 100, notAfterMs: 200 });
    expect(around('one', 4)).toEqual({ notBeforeMs: 100, notAfterMs: 200 });
    expect(around('one', 5)).toEqual({ notBeforeMs: 200, notAfterMs: 300 });
    expect(around('one', 9)).toEqual({ notBeforeMs: 300 });
    expect(around('one', 0)).toEqual({ notAfterMs: 100 });
    expect(around('never', 3)).toEqual({});
  }
  expect(history.first('one')).toEqual({ sequence: 1, atMs: 100 });
  expect(history.first('never')).toBeUndefined();
});

test('where a destination stands still, nothing is written', async () => {
  await noted([
    [3, 1],
    [3, 2],
    [3, 3],
  ]);
  expect(await readFile(file(), 'utf8')).toBe('3 1\n');
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

test('a line that is torn, and what makes no sense, is passed over; what is noted after it stands', async () => {
  await writeFile(file(), '1 100\nnonsense\n-3 4\n5 200\n7 3');
  const history = await openProgressHistory(directory, log);
  await history.add('one', { sequence: 9, atMs: 400 });
  const again = await readProgressHistory(directory);
  expect(again.around('one', 2)).toEqual({ notBeforeMs: 100, notAfterMs: 200 });
  expect(again.around('one', 8)).toMatchObject({ notAfterMs: 400 });
});

test('a position that stepped back ends what was before, now and after a restart', async () => {
  const history = await noted([
    [1, 100],
    [50, 200],
    [10, 300],
    [20, 400],
  ]);
  for (const { first, around } of [history, await readProgressHistory(directory)]) {
    expect(first('one')).toEqual({ sequence: 10, atMs: 300 });
    expect(around('one', 15)).toEqual({ notBeforeMs: 300, notAfterMs: 400 });
    expect(around('one', 30)).toEqual({ notBeforeMs: 400 });
  }
});

test('a file at its bound is cut to its newer half', async () => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `${index + 1} ${index + 1}\n`);
  await writeFile(file(), lines.join(''));
  const history = await openProgressHistory(directory, log);
  await history.add('one', { sequence: 200_000, atMs: 200_000 });
  await history.add('one', { sequence: 200_001, atMs: 200_001 });
  for (const { first, around } of [history, await readProgressHistory(directory)]) {
    expect(first('one')?.sequence).toBe(50_001);
    expect(around('one', 200_000)).toEqual({ notBeforeMs: 200_000, notAfterMs: 200_001 });
  }
  expect(await readdir(directory)).toEqual(['one.times']);
});

test('what is forgotten of a destination is not known of the next one of its name', async () => {
  const history = await noted([[1, 100]]);
  await history.forget('one');
  expect(history.first('one')).toBeUndefined();
  expect(await readdir(directory)).toEqual([]);
  await history.forget('one');
  await history.add('one', { sequence: 40, atMs: 900 });
  expect((await readProgressHistory(directory)).first('one')).toEqual({ sequence: 40, atMs: 900 });
});

test('a disk that does not take it is said, and no matter', async () => {
  const history = await openProgressHistory(directory, log);
  await rm(directory, { recursive: true });
  await history.add('one', { sequence: 1, atMs: 1 });
  expect(log.of('milestones.not_noted')).toHaveLength(1);
  expect(history.first('one')).toEqual({ sequence: 1, atMs: 1 });
});

test('other files of the directory are left alone', async () => {
  await appendFile(join(directory, 'one.position'), '7 7\n');
  expect((await openProgressHistory(directory, log)).first('one')).toBeUndefined();
});
