import { readFile } from 'node:fs/promises';
import { connectorFields, eventTable } from '@xiq-siem/health-events';
import { expect, it } from 'vitest';
import { renderHealthEvents } from './render-health-events.ts';

it('the committed reference is current', async () => {
  const file = new URL('../../../docs/reference/health-events.md', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(renderHealthEvents());
});

it('every health event says when it is made and what to do', () => {
  const silent = Object.values(eventTable).filter(
    ({ when, advice }) => !/^[A-Z].{20,}\.$/.test(when) || !/^[A-Z].*\.$/.test(advice),
  );
  expect(silent).toEqual([]);
});

it('the page names only fields that exist', () => {
  const known = connectorFields.map(({ name }) => name);
  const named = [...renderHealthEvents().matchAll(/`(extreme\.connector\.[a-z_.]+)`/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !known.some((field) => field === name))).toEqual([]);
});
