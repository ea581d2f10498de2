// The files of a stopped connector: the same answers, and not a byte of them changed.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDirectory } from '@xiq-siem/journal';
import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDeadLetters, openDeadLettersSnapshot } from './open-dead-letters.ts';
import { allOf, appendAll, mib, openBodies, range } from './test-dead-letters.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dead-letters-'));
});
afterEach(() => rm(directory, { recursive: true }));

const log = createRecordingLogger();

/** Every file below the data directory, with a digest of its content. */
async function digests(): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    files.sort().map(
      async (path) =>
        `${path} ${createHash('sha256')
          .update(await readFile(path))
          .digest('hex')}`,
    ),
  );
}

async function filled() {
  const data = await openDataDirectory(directory, { now: Date.now, log });
  const letters = await openDeadLetters(data.paths.deadLetters, {
    maxBytes: mib,
    minFreeBytes: 0,
    segmentBytes: mib,
    now: Date.now,
    log,
    meter: createRecordingMeter(),
  });
  await appendAll(letters, range(1, 100), 1000);
  await letters.resolve([3, 4], 'dropped', 'operator');
  await letters.compact();
  return { data, letters };
}

it('answers as the store did, and changes nothing', async () => {
  const { data, letters } = await filled();
  const expected = {
    counts: letters.counts(),
    groups: letters.groups(),
    entries: await allOf(letters),
    shown: await letters.get(50),
    dropped: await letters.find(3),
  };
  await letters.close();
  await data.close();
  const before = await digests();
  const snapshot = await openDeadLettersSnapshot(directory, { log });
  expect({
    counts: snapshot.counts(),
    groups: snapshot.groups(),
    entries: await allOf(snapshot),
    shown: await snapshot.get(50),
    dropped: await snapshot.find(3),
  }).toEqual(expected);
  expect(expected.shown?.sequence).toBe(50);
  await snapshot.close();
  expect(await digests()).toEqual(before);
});

it('can be taken of a store that is in use', async () => {
  const { data, letters } = await filled();
  const snapshot = await openDeadLettersSnapshot(directory, { log });
  expect(await openBodies(snapshot)).toEqual([1, 2, ...range(5, 100)]);
  await snapshot.close();
  await letters.close();
  await data.close();
});

it('is empty where there never was a dead letter', async () => {
  const data = await openDataDirectory(directory, { now: Date.now, log });
  await data.close();
  const snapshot = await openDeadLettersSnapshot(directory, { log });
  expect(await openBodies(snapshot)).toEqual([]);
  expect(snapshot.counts().size).toBe(0);
  await snapshot.close();
});
