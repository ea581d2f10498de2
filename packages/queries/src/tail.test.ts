import type { TailLine } from '@xiq-siem/admin-api';
import { expect, test } from 'vitest';
import { tail } from './tail.ts';
import { audit, configChange, destinations, openPlace, type Place } from './test-place.ts';

function begin(place: Place, where = {}) {
  const leaving = new AbortController();
  const lines = tail(place.evidence(), where, leaving.signal);
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

test('only what comes from now on is shown, as it comes', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1)]);
  await using live = begin(place);
  expect(await live.next()).toEqual({ kind: 'waiting', snapshot: false });
  const next = live.next();
  await place.keep([audit(2), audit(3)]);
  expect(await next).toMatchObject({ kind: 'document', source: 'xiq', document: { event: { code: '99001' } } });
  expect(idOf(await live.next())).toBe('3');
});

test('filters hold: data set, source and action', async () => {
  await using place = await openPlace(destinations('one'));
  await using live = begin(place, { actions: ['config-changed'], sources: ['xiq'], datasets: ['extreme_xiq.audit'] });
  await live.next();
  await place.keep([audit(1), configChange(2)]);
  expect(idOf(await live.next())).toBe('2');
});

test('a client that leaves while nothing comes ends it', async () => {
  await using place = await openPlace(destinations('one'));
  await using live = begin(place);
  await live.next();
  const next = live.next();
  live.leave();
  expect(await next).toBeUndefined();
});

test('who reads too slowly is told how many bodies were left out, and goes on at the tail', async () => {
  await using place = await openPlace(destinations('one'));
  await using live = begin(place);
  await live.next();
  await place.keep([audit(1)]);
  expect(idOf(await live.next())).toBe('1');
  await Promise.all(Array.from({ length: 600 }, (_, id) => place.keep([audit(100 + id)])));
  const skipped = await live.next();
  expect(skipped).toEqual({ kind: 'skipped', bodies: 600 });
  const next = live.next();
  await place.keep([audit(5)]);
  expect(idOf(await next)).toBe('5');
});

test('it holds nothing in the journal: what is settled and old goes though somebody looks', async () => {
  await using place = await openPlace(destinations('one'), { journal: { segmentBytes: 4096 } });
  await using live = begin(place);
  await live.next();
  for (let id = 1; id <= 10; id += 1) await place.keep([audit(id, { description: 'x'.repeat(1500) })]);
  await live.next();
  await place.settled();
  place.pass(100 * 3_600_000);
  await place.keep([audit(99)]);
  await place.settled();
  await place.journal.maintain();
  await place.journal.maintain();
  expect(place.journal.extent().firstSequence).toBeGreaterThan(5);
  let line = await live.next();
  while (line !== undefined && idOf(line) !== '99') line = await live.next();
  expect(idOf(line)).toBe('99');
});
