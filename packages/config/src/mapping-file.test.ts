import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { xiqSource } from '@xiq-siem/xiq';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadMapping } from './mapping-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mapping-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const sources = [{ definition: xiqSource }, { definition: xiqSource }];
const { mappingSchema: _, ...without } = xiqSource;
const file = './mapping.yaml';

async function load(text: string, of: Parameters<typeof loadMapping>[2] = sources) {
  await writeFile(join(directory, 'mapping.yaml'), text);
  return loadMapping(file, directory, of);
}

test('without a file there is no mapping', async () => {
  expect(await loadMapping(undefined, directory, sources)).toEqual({ loaded: undefined, faults: [] });
});

test('the types with a mapping get its rules, and its version depends only on the content', async () => {
  const { loaded, faults } = await load('statusWords: { "NOT SENT": failure }\n');
  expect(faults).toEqual([]);
  expect(loaded?.version).toMatch(/^[0-9a-f]{12}$/);
  expect(loaded?.rulesOf('xiq')).toMatchObject({ rules: { statusWords: { 'NOT SENT': 'failure' } } });
  expect(loaded?.rulesOf('other')).toBeUndefined();
  const same = await load('# a comment\nstatusWords:\n  NOT SENT: failure\n');
  expect(same.loaded?.version).toBe(loaded?.version);
  const other = await load('statusWords: { "NOT SENT": unknown }\n');
  expect(other.loaded?.version).not.toBe(loaded?.version);
});

test('a type without a mapping gets no rules', async () => {
  const { loaded, faults } = await load('anything: 1\n', [{ definition: without }]);
  expect(faults).toEqual([]);
  expect(loaded?.rulesOf('xiq')).toBeUndefined();
});

test('every fault has its file, line and column, and is reported once', async () => {
  const { faults } = await load('statusWords:\n  SENT: perhaps\nauditCodes:\n  "12": { action: A, type: [change] }\n');
  expect(faults).toMatchObject([
    { file: join(directory, 'mapping.yaml'), line: 4, column: 11, field: 'auditCodes.12.action' },
    { file: join(directory, 'mapping.yaml'), line: 2, field: 'statusWords.SENT' },
  ]);
});

test('a missing file or invalid YAML is a fault of that file', async () => {
  const missing = await loadMapping(file, directory, sources);
  expect(missing.faults).toMatchObject([
    { file: join(directory, 'mapping.yaml'), message: expect.stringContaining('ENOENT') },
  ]);
  expect((await load('a: [1\n')).faults[0]).toMatchObject({
    file: join(directory, 'mapping.yaml'),
    line: expect.any(Number),
  });
});
