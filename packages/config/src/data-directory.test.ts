import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataDirectoryOf } from './data-directory.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'data-directory-'));
});
afterAll(() => rm(directory, { recursive: true }));

it.each([
  ['a wrong key beside it', 'dataDirectory: ./kept\ndestination: { type: nothing }\n', 'kept'],
  ['a wrong type of a destination', 'destinations: { a: { type: nothing } }\ndataDirectory: /srv/kept\n', '/srv/kept'],
  ['invalid YAML after it', 'dataDirectory: ./kept\nsources: { xiq: [\n', 'kept'],
  ['invalid YAML that may hide it', 'sources: "xiq\ndataDirectory: ./kept\n', undefined],
  ['an invalid tab', 'dataDirectory: kept\n\tsources: {}\n', 'kept'],
  ['no such key', 'sources: 7\n', 'data'],
  ['an empty file', '', 'data'],
  ['a number', 'dataDirectory: 7\n', undefined],
  ['a list', 'dataDirectory: [ ./kept ]\n', undefined],
  ['an empty text', 'dataDirectory: ""\n', undefined],
  ['no value', 'dataDirectory:\n', undefined],
  ['a file without keys', 'just a text\n', undefined],
])('the data directory with %s', async (_what, yaml, expected) => {
  const file = join(directory, 'c.yaml');
  await writeFile(file, yaml);
  const absolute = expected === undefined || expected.startsWith('/') ? expected : join(directory, expected);
  expect((await dataDirectoryOf(file))?.path).toBe(absolute);
});

it('is unknown where the file cannot be read', async () => {
  expect(await dataDirectoryOf(join(directory, 'nothing.yaml'))).toBeUndefined();
});

it('has isNamed if the file sets it', async () => {
  const file = join(directory, 'c.yaml');
  await writeFile(file, 'datadirectory: ./elsewhere\n');
  expect(await dataDirectoryOf(file)).toEqual({ path: join(directory, 'data'), isNamed: false });
  await writeFile(file, 'dataDirectory: ./data\nsorces: {}\n');
  expect(await dataDirectoryOf(file)).toEqual({ path: join(directory, 'data'), isNamed: true });
});
