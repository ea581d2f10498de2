import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isTest } from './count-lines.ts';
import { genericDefinitionsIn } from './searchable-names.ts';
import { readProjects, root } from './workspace.ts';

it('every function of the product has a name that a search finds', () => {
  const found = readProjects()
    .filter(({ path }) => !path.startsWith('tools/') && path !== 'packages/testkit')
    .flatMap(({ path, files }) => files.map((file) => `${path}/${file.path}`))
    .filter((file) => !isTest(file))
    .flatMap((file) => genericDefinitionsIn(readFileSync(join(root, file), 'utf8')).map((line) => `${file}: ${line}`));
  expect(found).toEqual([]);
});

it.each([
  '  async close() {',
  '    read(limits, signal) {',
  'function stop(): void {',
  '  async *list() {',
  '  async run(',
])('finds "%s"', (line) => expect(genericDefinitionsIn(line)).toEqual([line.trim()]));

it.each([
  '  close(): Promise<void>;',
  '  close: closeJournal,',
  '  close: () => file.close(),',
  'async function closeJournal() {',
  '  await close();',
])('passes "%s"', (line) => expect(genericDefinitionsIn(line)).toEqual([]));

it('passes `run` of a command, and nothing else in its file', () => {
  expect(genericDefinitionsIn('defineCommand({\n  async run({ values }) {\n  close() {')).toEqual(['close() {']);
});
