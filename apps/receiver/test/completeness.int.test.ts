import type { CompletenessLine } from '@xiq-siem/admin-api';
import { expect, test } from 'vitest';
import { restPlace, types } from './rest-place.ts';

const [audit] = types;
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;
const cellsOf = (lines: readonly CompletenessLine[]) =>
  lines.flatMap((line) => (line.kind === 'cell' ? [line.cell] : []));
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('events that the log words differently are missing and surplus, and not whole', async () => {
  await using place = await restPlace();
  const { cloud, operator } = place;
  await place.start();
  cloud.emit({ type: audit, count: 4 });
  cloud.faults.set({ reword: {} });
  cloud.emit({ type: audit, count: 5, atMs: earlier(100), stepMs: 10 });
  await cloud.settled();
  await place.hasDelivered(9);
  const { code, lines } = await place.completeness();
  expect(code).toBe(1);
  const cells = cellsOf(lines);
  expect(sum(cells.map(({ missingCount }) => missingCount))).toBe(5);
  expect(sum(cells.map(({ surplusCount }) => surplusCount))).toBe(5);
  expect(cells.find(({ missingCount }) => missingCount > 0)?.reason).toContain('worded differently');
  const shown = await operator.run(`completeness ${place.span()}`);
  expect(shown.code).toBe(1);
  expect(shown.output).toContain('never came');
  expect(shown.output).toContain('Not whole');
});

test('GDPR has no log: unprovable, and nothing worse', async () => {
  await using place = await restPlace({ subscriptions: { messageTypes: [audit, 'GDPR_LOG_ALL'] } });
  await place.start();
  place.cloud.emit({ type: audit, count: 3 });
  await place.cloud.settled();
  await place.hasDelivered(3);
  const shown = await place.operator.run(`completeness ${place.span()}`);
  expect(shown.output).toContain('no log of this type');
  expect(shown.code).toBe(3);
  expect(await place.completeness(`${place.span()} --types audit`)).toMatchObject({ code: 0 });
});

test('each destination is told with its assurance', async () => {
  await using place = await restPlace();
  await place.start();
  place.cloud.emit({ type: audit, count: 3 });
  await place.cloud.settled();
  await place.hasDelivered(3);
  const { lines } = await place.completeness();
  const [counts] = cellsOf(lines).flatMap(({ destinations }) => destinations);
  expect(counts).toMatchObject({ name: 'archive', assurance: 'stored', deadLettered: 0, waiting: 0, filtered: 0 });
});
