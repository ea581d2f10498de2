import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ownGauges } from '../src/own-metrics.ts';
import { allCounters, renderMetrics } from './render-metrics.ts';

it('the committed reference is current', async () => {
  const file = new URL('../../../docs/reference/metrics.md', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(await renderMetrics());
});

it('every metric says what it means', async () => {
  const rows = (await renderMetrics()).split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(Object.keys({ ...(await allCounters()), ...ownGauges }).length);
  const cells = rows.map((row) => row.split(' | '));
  expect(cells.filter(({ length }) => length !== 5)).toEqual([]);
  expect(cells.filter(([, , , , help = '']) => !/\w.{10,}\. \|$/.test(help))).toEqual([]);
});
