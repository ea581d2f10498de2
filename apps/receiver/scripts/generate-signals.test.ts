import { readFile } from 'node:fs/promises';
import { signalActions, signalTable } from '@xiq-siem/health-events';
import { expect, it } from 'vitest';
import { renderSignals } from './render-signals.ts';

it('the committed reference is that of the table', async () => {
  const file = new URL('../../../docs/reference/signals.md', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(renderSignals());
});

it('every signal says when it comes and what to do', () => {
  const silent = signalActions.filter((action) => {
    const { when, advice } = signalTable[action];
    return !/^[A-Z].{20,}\.$/.test(when) || !/^[A-Z].*\.$/.test(advice);
  });
  expect(silent).toEqual([]);
});
