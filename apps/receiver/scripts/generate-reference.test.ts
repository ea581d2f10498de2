import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { renderReference } from './render-reference.ts';

it('the committed reference is that of the schemas', async () => {
  const file = new URL('../../../docs/reference/configuration.md', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(await renderReference());
});

it('every key says what it is for', async () => {
  const silent = (await renderReference()).split('\n').filter((line) => /^\| `.*\| {2}\|$/.test(line));
  expect(silent).toEqual([]);
});
