import { readFile } from 'node:fs/promises';
import { gaugeNames, metricNames } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { renderMetrics } from './render-metrics.ts';

it('the committed reference is that of the table', async () => {
  const file = new URL('../../../docs/reference/metrics.md', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(renderMetrics());
});

it('every metric says what it means', () => {
  const rows = renderMetrics()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(metricNames.length + gaugeNames.length);
  const cells = rows.map((row) => row.split(' | '));
  expect(cells.filter(({ length }) => length !== 5)).toEqual([]);
  expect(cells.filter(([, , , , help = '']) => !/\w.{10,}\. \|$/.test(help))).toEqual([]);
});
