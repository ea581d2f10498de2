import type { CompletenessLine } from '@xiq-siem/admin-api';
import { expect, test } from 'vitest';
import { restFixture, types } from './rest-fixture.ts';

const [audit] = types;
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;
const cellsOf = (lines: readonly CompletenessLine[]) =>
  lines.flatMap((line) => (line.kind === 'cell' ? [line.cell] : []));
const counters = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('events with different texts in the log are missing and surplus, and not complete', async () => {
  await using fixture = await restFixture();
  const { cloud, operator } = fixture;
  await fixture.start();
  cloud.emit({ type: audit, count: 4 });
  cloud.faults.set({ reword: {} });
  cloud.emit({ type: audit, count: 5, atMs: earlier(100), stepMs: 10 });
  await cloud.settled();
  await fixture.hasDelivered(9);
  const { code, lines } = await fixture.completeness();
  expect(code).toBe(1);
  const cells = cellsOf(lines);
  expect(counters(cells.map(({ missingCount }) => missingCount))).toBe(5);
  expect(counters(cells.map(({ surplusCount }) => surplusCount))).toBe(5);
  expect(cells.find(({ missingCount }) => missingCount > 0)?.reason).toContain('different text');
  const shown = await operator.run(`completeness ${fixture.span()}`);
  expect(shown.code).toBe(1);
  expect(shown.output).toContain('not received');
  expect(shown.output).toContain('Incomplete');
});

test('GDPR has no log: unprovable', async () => {
  await using fixture = await restFixture({ subscriptions: { messageTypes: [audit, 'GDPR_LOG_ALL'] } });
  await fixture.start();
  fixture.cloud.emit({ type: audit, count: 3 });
  await fixture.cloud.settled();
  await fixture.hasDelivered(3);
  const shown = await fixture.operator.run(`completeness ${fixture.span()}`);
  expect(shown.output).toContain('no log of this type');
  expect(shown.code).toBe(3);
  expect(await fixture.completeness(`${fixture.span()} --types audit`)).toMatchObject({ code: 0 });
});

test('each destination is shown with its assurance', async () => {
  await using fixture = await restFixture();
  await fixture.start();
  fixture.cloud.emit({ type: audit, count: 3 });
  await fixture.cloud.settled();
  await fixture.hasDelivered(3);
  const { lines } = await fixture.completeness();
  const [counts] = cellsOf(lines).flatMap(({ destinations }) => destinations);
  expect(counts).toMatchObject({ name: 'archive', assurance: 'stored', deadLettered: 0, waiting: 0, filtered: 0 });
});
