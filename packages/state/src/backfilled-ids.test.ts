import { hash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NormalizedEvent } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { openBackfilledIds, readBackfilledIds, withoutDuplicates } from './backfilled-ids.ts';

const day = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);
const idOf = (number: number): string => `1${hash('sha1', String(number), 'hex')}`;

async function newFile() {
  const directory = await mkdtemp(join(tmpdir(), 'backfilled-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'backfilled.ids');
}

async function open(path: string, nowMs = startMs, maxIds?: number) {
  const log = createRecordingLogger();
  const ids = await openBackfilledIds(path, { now: () => nowMs, log, ...(maxIds !== undefined && { maxIds }) });
  onTestFinished(() => ids.close().catch(() => {}));
  return { ids, log };
}

test('what was added is there after a restart, each once', async () => {
  const path = await newFile();
  const { ids } = await open(path);
  expect(ids.has(idOf(1))).toBe(false);
  await Promise.all([ids.add([idOf(1), idOf(2), idOf(1)]), ids.add([idOf(2), idOf(3)])]);
  await ids.close();
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
  const { ids: again } = await open(path);
  expect([1, 2, 3, 4].map((number) => again.has(idOf(number)))).toEqual([true, true, true, false]);
  expect(again.size).toBe(3);
});

test.each([
  ['torn in the midst', `${idOf(9)} 17`],
  ['torn before its line end', `${idOf(9)} ${startMs}`],
  ['nonsense', 'what is this\n\u0000\u0000'],
])('a last line that is %s does not spoil the next one', async (_, torn) => {
  const path = await newFile();
  const { ids } = await open(path);
  await ids.add([idOf(1)]);
  await ids.close();
  await appendFile(path, torn);
  const { ids: second } = await open(path);
  await second.add([idOf(2)]);
  await second.close();
  const { ids: third } = await open(path);
  expect([third.has(idOf(1)), third.has(idOf(2))]).toEqual([true, true]);
});

test('after 30 days an id is forgotten, on disk as well', async () => {
  const path = await newFile();
  await writeFile(path, `${idOf(1)} ${startMs - 31 * day}\n${idOf(2)} ${startMs - 29 * day}\n`);
  expect((await readBackfilledIds(path, startMs)).has(idOf(1))).toBe(false);
  expect(await readFile(path, 'utf8')).toContain(idOf(1));
  const { ids } = await open(path);
  expect([ids.has(idOf(1)), ids.has(idOf(2))]).toEqual([false, true]);
  expect(await readFile(path, 'utf8')).toBe(`${idOf(2)} ${startMs - 29 * day}\n`);
});

test('beyond its bound nothing is remembered, and that is said once', async () => {
  const path = await newFile();
  const { ids, log } = await open(path, startMs, 2);
  await ids.add([idOf(1), idOf(2), idOf(3)]);
  await ids.add([idOf(4)]);
  expect([ids.size, ids.has(idOf(3))]).toEqual([2, false]);
  expect(log.lines.map(({ event }) => event)).toEqual(['backfill.not_remembered']);
});

test('a file that holds more than the bound is cut to it at the opening', async () => {
  const path = await newFile();
  const lines = [1, 2, 3].map((number) => `${idOf(number)} ${startMs}\n`);
  await writeFile(path, lines.join(''));
  const { ids } = await open(path, startMs, 2);
  expect([1, 2, 3].map((number) => ids.has(idOf(number)))).toEqual([true, true, false]);
  expect(await readFile(path, 'utf8')).toBe(lines.slice(0, 2).join(''));
});

test('only what a webhook brings is a duplicate of a back-fill', async () => {
  const { ids } = await open(await newFile());
  const events: NormalizedEvent[] = [1, 2].map((number) => ({
    element: number,
    id: idOf(number),
    dataset: 'x',
    timeMs: 0,
    document: { '@timestamp': '' },
  }));
  const marks = (origin: 'webhook' | 'rest') =>
    [
      ...withoutDuplicates(
        events,
        {
          sequence: 1,
          receipt: 'r1_',
          bytes: Buffer.alloc(0),
          metadata: { source: 'xiq', origin, receivedAtMs: 0 },
        },
        ids,
      ),
    ].map(({ filtered }) => filtered);
  expect(marks('webhook')).toEqual([undefined, undefined]);
  await ids.add([idOf(2)]);
  expect(marks('webhook')).toEqual([undefined, 'duplicate_of_backfill']);
  expect(marks('rest')).toEqual([undefined, undefined]);
});
