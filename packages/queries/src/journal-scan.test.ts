import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { scanJournal, sequencesOf } from './journal-scan.ts';
import { audit, destinations, linesOf, never, openFixture } from './test-queries.ts';
import { throttled } from './throttle.ts';

const timeOf = (ms: number): string => new Date(ms).toISOString();

test('a span has an inclusive start and an exclusive end', async () => {
  await using fixture = await openFixture(destinations('one'));
  const times: string[] = [];
  for (const id of [1, 2, 3]) {
    fixture.pass(60_000);
    times.push(timeOf(fixture.now()));
    await fixture.keep([audit(id)]);
  }
  const { journal } = fixture;
  const [, second = '', third = ''] = times;
  expect(await sequencesOf(journal, {}, never)).toEqual({ first: 1, next: 4 });
  expect(await sequencesOf(journal, { from: second }, never)).toEqual({ first: 2, next: 4 });
  expect(await sequencesOf(journal, { to: third }, never)).toEqual({ first: 1, next: 3 });
  expect(await sequencesOf(journal, { from: second, to: third }, never)).toEqual({ first: 2, next: 3 });
  expect(await sequencesOf(journal, { to: timeOf(0) }, never)).toEqual({ first: 1, next: 1 });
  expect(await sequencesOf(journal, { from: timeOf(fixture.now() + 1e9) }, never)).toEqual({ first: 4, next: 4 });
});

test.each([
  ['2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['2026-01-01T01:00:00+02:00', '2025-12-31T23:00:00Z'],
])('the span from %s to %s is empty and refused', async (from, to) => {
  await using fixture = await openFixture(destinations('one'));
  await expect(sequencesOf(fixture.journal, { from, to }, never)).rejects.toMatchObject({ code: 'usage' });
});

test('every body of a span is read in order, with progress before and after', async () => {
  await using fixture = await openFixture(destinations('one'));
  for (let id = 1; id <= 200; id += 1) await fixture.keep([audit(id)]);
  const steps = await linesOf(scanJournal(fixture.readModel(), { first: 50, next: 151 }, never));
  expect(steps.flatMap((step) => (step.kind === 'body' ? [step.body.sequence] : []))).toEqual(
    Array.from({ length: 101 }, (_, index) => 50 + index),
  );
  expect(steps[0]).toEqual({ kind: 'progress', done: 0, total: 101 });
  expect(steps.at(-1)).toEqual({ kind: 'progress', done: 101, total: 101 });
});

test('a scan of an empty journal ends at once', async () => {
  await using fixture = await openFixture(destinations('one'));
  const span = await sequencesOf(fixture.journal, {}, never);
  expect(await linesOf(scanJournal(fixture.readModel(), span, never))).toEqual([
    { kind: 'progress', done: 0, total: 0 },
  ]);
});

test('a scan ends when its signal fires, and when its reader stops', async () => {
  await using fixture = await openFixture(destinations('one'));
  for (let id = 1; id <= 100; id += 1) await fixture.keep([audit(id)]);
  const leaving = new AbortController();
  const met: number[] = [];
  for await (const step of scanJournal(fixture.readModel(), { first: 1, next: 101 }, leaving.signal)) {
    if (step.kind === 'body') met.push(step.body.sequence);
    if (met.length === 5) leaving.abort();
  }
  expect(met).toEqual([1, 2, 3, 4, 5]);
  let closed = 0;
  const { journal, ...rest } = fixture.readModel();
  const reader: typeof journal.reader = (from, to) => {
    const opened = journal.reader(from, to);
    return { ...opened, close: () => opened.close().finally(() => (closed += 1)) };
  };
  for await (const step of scanJournal({ ...rest, journal: { ...journal, reader } }, { first: 1, next: 101 }, never)) {
    if (step.kind === 'body') break;
  }
  expect(closed).toBe(1);
});

test('a scan yields to the event loop', async () => {
  await using fixture = await openFixture(destinations('one'));
  await Promise.all(Array.from({ length: 3000 }, (_, id) => fixture.keep([audit(id)])));
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    while (!isOver) {
      await setImmediate();
      turns += 1;
    }
  })();
  const readModel = { ...fixture.readModel(), yieldNow: throttled() };
  for await (const step of scanJournal(readModel, { first: 1, next: 3001 }, never)) {
    if (step.kind === 'body') expect([...readModel.normalize(step.body)]).toHaveLength(1);
  }
  isOver = true;
  await counting;
  expect(turns).toBeGreaterThan(10);
});
