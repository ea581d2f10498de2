import { readFile } from 'node:fs/promises';
import { eventTable } from '@xiq-siem/health-events';
import { expect, it } from 'vitest';
import { renderSignals } from './render-health-events.ts';

it('the committed reference is that of the table', async () => {
  const file = new URL('../../../docs/reference/health-events.md', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(renderSignals());
});

it('every health event says when it is made and what to do', () => {
  const silent = Object.values(eventTable).filter(
    ({ when, advice }) => !/^[A-Z].{20,}\.$/.test(when) || !/^[A-Z].*\.$/.test(advice),
  );
  expect(silent).toEqual([]);
});
