import { expect, test } from 'vitest';
import { restPlace, types } from './rest-place.ts';

const [audit, authentication] = types;
/** Within the last hours, and no two at one time. */
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;

test('what was dropped is back-filled, nothing twice, and the proof says whole', async () => {
  await using place = await restPlace();
  const connector = await place.start();
  const { cloud } = place;
  cloud.emit({ type: audit, count: 27, atMs: earlier(1_000) });
  // Some that come at once show that both clocks agree.
  cloud.emit({ type: audit, count: 3 });
  cloud.emit({ type: authentication, count: 20, atMs: earlier(900), sameMillisecond: true });
  await cloud.settled();
  await place.hasDelivered(50);
  cloud.faults.set({ drop: {} });
  cloud.emit({ type: audit, count: 150, atMs: earlier(500), batch: 7 });
  cloud.emit({ type: authentication, count: 40, atMs: earlier(400), alike: true });
  await cloud.settled();
  const before = await place.completeness();
  expect(before.code).toBe(1);
  const { code, job } = await place.backfill();
  expect(job.types).toMatchObject([
    { messageType: audit, state: 'done', done: 1, fetched: 180, known: 30, kept: 150 },
    { messageType: authentication, state: 'done', done: 1, fetched: 60, known: 20, kept: 40 },
  ]);
  expect(code).toBe(0);
  await place.hasDelivered(240);
  const after = await place.completeness();
  expect(after.lines.at(-1)).toMatchObject({ kind: 'end', verdict: 'whole' });
  expect(after.code).toBe(0);
  expect((await place.backfill()).job.types).toMatchObject([{ kept: 0 }, { kept: 0 }]);
  await connector.end('SIGTERM');
  const stopped = await place.completeness();
  expect([stopped.code, stopped.lines.at(-1)]).toMatchObject([0, { verdict: 'whole', snapshot: true }]);
});
