import { expect, test } from 'vitest';
import { loggedTypes, proofFixture, subscribed } from './xiq-proof-fixture.ts';

const audit = 'AUDIT_LOG_ALL';
const hour = 3_600_000;
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;
const counters = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('different texts: missing and surplus, not complete, and each pair is named as probably the same', async () => {
  await using fixture = await proofFixture();
  const { cloud } = fixture;
  await subscribed(fixture);
  const asSent = loggedTypes.flatMap((type) => cloud.emit({ type, count: 3 }));
  cloud.faults.set({ reword: {} });
  const reworded = cloud.emit({ type: audit, count: 5, atMs: earlier(10), stepMs: 10 });
  await cloud.settled();
  await fixture.waitForAll([...asSent, ...reworded]);

  const { code, verdict, cells } = await fixture.completenessOf();
  expect([code, verdict]).toEqual([1, 'missing_or_surplus']);
  const missing = cells.flatMap((cell) => cell.missing);
  const surplus = cells.flatMap((cell) => cell.surplus);
  expect([missing.length, surplus.length]).toEqual([5, 5]);
  for (const [from, to] of [
    [missing, surplus],
    [surplus, missing],
  ] as const) {
    for (const { message, time } of from) {
      const other = to.find(({ id }) => message?.includes(`probably ${id}`));
      expect(other?.time).toBe(time);
    }
  }
  expect(cells.filter(({ state }) => state !== 'complete').map(({ messageType }) => messageType)).toContain(audit);
  expect(cells.filter(({ messageType }) => messageType !== audit).every(({ state }) => state === 'complete')).toBe(
    true,
  );
  const shown = await fixture.runLine(`completeness ${fixture.span()}`);
  expect([shown.code, shown.output]).toEqual([1, expect.stringContaining('Incomplete')]);
  // After the back-fill both forms are stored and none is missing: the webhook's form is still surplus.
  expect((await fixture.runLine(`backfill ${fixture.span()}`)).code).toBe(0);
  const after = await fixture.completenessOf();
  expect(after).toMatchObject({ code: 1, verdict: 'missing_or_surplus' });
  expect(counters(after.cells.map(({ missingCount }) => missingCount))).toBe(0);
  expect(counters(after.cells.map(({ surplusCount }) => surplusCount))).toBe(5);
});

test('events that the log hides are surplus (1); GDPR and LOCATION are unprovable (3), and worse verdicts win', async () => {
  const messageTypes = [audit, 'GDPR_LOG_ALL', 'LOCATION_AP_CENTRIC'] as const;
  await using fixture = await proofFixture({}, { messageTypes });
  const { cloud } = fixture;
  await subscribed(fixture);
  const seen = messageTypes.flatMap((type) => cloud.emit({ type, count: 4 }));
  await cloud.settled();
  await fixture.waitForAll(seen);
  const unprovable = await fixture.completenessOf();
  expect([unprovable.code, unprovable.verdict]).toEqual([3, 'unprovable']);
  const stateOf = Object.fromEntries(unprovable.cells.map(({ messageType, state }) => [messageType, state]));
  expect(stateOf).toEqual({ [audit]: 'complete', GDPR_LOG_ALL: 'unprovable', LOCATION_AP_CENTRIC: 'unprovable' });
  expect(await fixture.completenessOf(`${fixture.span()} --types ${audit}`)).toMatchObject({
    code: 0,
    verdict: 'complete',
  });

  cloud.faults.set({ hideFromLog: { next: 2 } });
  const hidden = cloud.emit({ type: audit, count: 2 });
  await cloud.settled();
  await fixture.waitForAll([...seen, ...hidden]);
  const { code, cells } = await fixture.completenessOf();
  expect(code).toBe(1);
  expect(counters(cells.map(({ surplusCount }) => surplusCount))).toBe(2);
});

test.each([
  ['an hour ahead', hour],
  ['an hour behind', -hour],
])(
  "XIQ's clock is %s and no webhook has shown it: reported, and no hour whose log is not final is complete",
  async (_, ms) => {
    await using fixture = await proofFixture({ clockOffsetMs: ms });
    const { cloud } = fixture;
    await subscribed(fixture);
    const span = `--from ${new Date(Date.now() - 3 * hour).toISOString()} --to ${new Date().toISOString()}`;
    const blind = await fixture.completenessOf(span);
    const shown = await fixture.runLine(`completeness ${span}`);
    expect(shown.output).toMatch(ms > 0 ? /60 min ahead of ours/ : /60 min behind ours/);
    if (ms > 0) {
      expect(blind).toMatchObject({ code: 0, verdict: 'complete' });
      return;
    }
    expect(blind).toMatchObject({ code: 3, verdict: 'unprovable' });
    const logFinalMs = Date.now() - hour;
    for (const { hour: begin, state } of blind.cells) {
      const isOver = Date.parse(begin) + hour <= logFinalMs;
      expect([begin, state]).toEqual([begin, isOver ? 'complete' : 'unprovable']);
    }
    cloud.faults.set({ drop: {} });
    cloud.emit({ type: audit, count: 5 });
    await cloud.settled();
    expect([1, 3]).toContain((await fixture.completenessOf(span)).code);
    const preview = await fixture.runLine(`backfill ${span} --dry-run`);
    expect(preview.output).toMatch(/60 min behind ours; the log since .* is not final and was not read/);
  },
);
