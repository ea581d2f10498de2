import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkConfiguration, parseYaml } from '@xiq-siem/config';
import { expect, it } from 'vitest';
import { registry } from '../src/registry.ts';
import { exampleText, renderMapping, renderReference } from './render-reference.ts';

const pages = { 'configuration.md': renderReference, 'mapping.md': renderMapping };

it.each(Object.entries(pages))('%s is current', async (name, render) => {
  const file = new URL(`../../../docs/reference/${name}`, import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(await render());
});

it.each(Object.entries(pages))('%s describes every key', async (_, render) => {
  const bare = (await render()).split('\n').filter((line) => /^\| `.*\| {2}\|$/.test(line));
  expect(bare).toEqual([]);
});

it('the example is a valid configuration', async () => {
  const directory = fileURLToPath(new URL('../../../docs/examples/', import.meta.url));
  const file = `${directory}connector.yaml`;
  const yaml = parseYaml(file, await exampleText('connector.yaml'));
  const result = await checkConfiguration(yaml, file, directory, registry, {});
  expect(result.ok ? [] : result.faults).toEqual([]);
});

it('the example has every key', async () => {
  const example = await exampleText('connector.yaml');
  const keys = [...(await renderReference()).matchAll(/^\| `(?:\S*\.)?(\w+)` \|/gm)].map(([, key]) => key);
  expect(keys.length).toBeGreaterThan(90);
  expect(keys.filter((key) => !new RegExp(`\\b${key}: `).test(example))).toEqual([]);
});
