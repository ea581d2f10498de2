import type { TailLine } from '@xiq-siem/admin-api';
import { expect, test } from 'vitest';
import { tail } from './tail.ts';
import { audit, configChange, destinations, type Fixture, openFixture } from './test-queries.ts';

function begin(fixture: Fixture, where = {}) {
  const leaving = new AbortController();
  const lines = tail(fixture.readModel(), where, leaving.signal);
  return {
    leave: () => leaving.abort(),
    async [Symbol.asyncDispose](): Promise<void> {
      leaving.abort();
      await lines.return?.(undefined);
    },
    async next(): Promise<TailLine | undefined> {
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
  };
}

const idOf = (line: TailLine | undefined) =>
  line?.kind === 'document' ? JSON.stringify(line.document).match(/number (\d+)/)?.[1] : line?.kind;

test('only new events are shown, as they are received', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await using live = begin(fixture);
  expect(await live.next()).toEqual({ kind: 'waiting', snapshot: false });
  const next = live.next();
  await fixture.keep([audit(2), audit(3)]);
  expect(await next).toMatchObject({ kind: 'document', source: 'xiq', document: { event: { code: '99001' } } });
  expect(idOf(await live.next())).toBe('3');
});

test('data set, source and action filter the events', async () => {
  await using fixture = await openFixture(destinations('one'));
  await using live = begin(fixture, { actions: ['config-changed'], sources: ['xiq'], datasets: ['extreme_xiq.audit'] });
  await live.next();
  await fixture.keep([audit(1), configChange(2)]);
  expect(idOf(await live.next())).toBe('2');
});

test('a client that disconnects while nothing is received ends it', async () => {
  await using fixture = await openFixture(destinations('one'));
  await using live = begin(fixture);
  await live.next();
  const next = live.next();
  live.leave();
  expect(await next).toBeUndefined();
});

test('a slow client learns how many bodies were skipped, and continues at the end of the journal', async () => {
  await using fixture = await openFixture(destinations('one'));
  await using live = begin(fixture);
  await live.next();
  await fixture.keep([audit(1)]);
  expect(idOf(await live.next())).toBe('1');
  await Promise.all(Array.from({ length: 600 }, (_, id) => fixture.keep([audit(100 + id)])));
  const skipped = await live.next();
  expect(skipped).toEqual({ kind: 'skipped', bodies: 600 });
  const next = live.next();
  await fixture.keep([audit(5)]);
  expect(idOf(await next)).toBe('5');
});

test('an open tail does not keep settled segments in the journal', async () => {
  await using fixture = await openFixture(destinations('one'), { journal: { segmentBytes: 4096 } });
  await using live = begin(fixture);
  await live.next();
  for (let id = 1; id <= 10; id += 1) await fixture.keep([audit(id, { description: 'x'.repeat(1500) })]);
  await live.next();
  await fixture.settled();
  fixture.pass(100 * 3_600_000);
  await fixture.keep([audit(99)]);
  await fixture.settled();
  await fixture.journal.maintain();
  await fixture.journal.maintain();
  expect(fixture.journal.extent().firstSequence).toBeGreaterThan(5);
  let line = await live.next();
  while (line !== undefined && idOf(line) !== '99') line = await live.next();
  expect(idOf(line)).toBe('99');
});
