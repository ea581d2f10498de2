import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { problemTable } from '@xiq-siem/admin-api';
import { checkConfiguration, parseYaml } from '@xiq-siem/config';
import { eventTable } from '@xiq-siem/health-events';
import { expect, it } from 'vitest';
import { registry } from '../src/registry.ts';
import { renderProblems } from './render-problems.ts';
import { exampleText, renderMapping, renderReference } from './render-reference.ts';

const pages = {
  'configuration.md': renderReference,
  'mapping.md': renderMapping,
  'problems.md': async () => renderProblems(),
};

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

it('every problem has a first line, a cause, a next step, a health event and a row of the reference', () => {
  const page = renderProblems();
  for (const [code, { label, when, next, healthEvent }] of Object.entries(problemTable)) {
    expect([code, label]).toEqual([expect.stringMatching(/^[a-z_]+$/), expect.stringMatching(/^[A-Z ]+$/)]);
    expect([when, next]).toEqual([expect.stringMatching(/^[A-Z`].{15,}\.$/), expect.stringMatching(/^[A-Z`].+\.$/)]);
    expect(Object.keys(eventTable)).toContain(healthEvent);
    expect(page).toContain(`| \`${code}\` | ${label} |`);
  }
});
