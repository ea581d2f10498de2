import { readFile } from 'node:fs/promises';
import { exitMeanings, renderHelp } from '@xiq-siem/cli';
import { expect, it } from 'vitest';
import { allCommands as commands } from '../src/commands.ts';
import { renderCommands } from './render-commands.ts';

it('the committed reference is current', async () => {
  const file = new URL('../../../docs/reference/commands.md', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(await renderCommands());
});

it('every help fits 80 columns, names its command, and uses exit codes of the list only', async () => {
  const known = exitMeanings.map(([code]) => code);
  for (const { name, summary, load } of commands) {
    const parts = (await load()).help(name);
    if (parts === undefined) continue;
    const help = renderHelp(parts);
    expect(help).toMatch(new RegExp(`^Usage: xiq-siem ${name} .*\\[options\\]\n`));
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const [, codes = ''] = help.split('Exit codes:\n');
    const used = [...codes.matchAll(/^ +(\d+) {2}/gm)].map(([, code]) => Number(code));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((code) => !known.includes(code))).toEqual([]);
    expect(summary.length).toBeLessThan(60);
  }
});

it('every command on a connector has --json, and a schema for it', async () => {
  const without = await Promise.all(
    commands.map(async ({ name, load }) => {
      const { help, json } = await load();
      return (json !== undefined) === 'json' in (help(name)?.options ?? {})
        ? json === undefined
          ? [name]
          : []
        : [`${name}: differs`];
    }),
  );
  expect(without.flat()).toEqual(['serve', 'simulate']);
});

it('every heading of the page is unique, so that a link finds its type', async () => {
  const headings = [...(await renderCommands()).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase(),
  );
  expect(headings.filter((heading, index) => headings.indexOf(heading) !== index)).toEqual([]);
});
