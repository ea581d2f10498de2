import { createManualClock, createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { createDeadLetterLines } from './dead-letter-lines.ts';
import { bench, bodies, destination, each, memoryJournal, scripted } from './test-bench.ts';

test('the first dead letter of a code is said at once, those of its minute together at the end of it', async () => {
  const log = createRecordingLogger();
  const clock = createManualClock(0);
  const lines = createDeadLetterLines(log, clock);
  const said = () => log.of('delivery.dead_letter').map(({ facts: { code, events, id } }) => [code, events, id]);
  lines.note('bad', { id: 'a' });
  lines.note('bad', { id: 'b' });
  lines.note('large', { id: 'c' });
  lines.note('bad', { id: 'd' });
  expect(said()).toEqual([
    ['bad', 1, 'a'],
    ['large', 1, 'c'],
  ]);
  expect(lines.dueMs()).toBe(60_000);
  await clock.advance(59_999);
  lines.sayIfDue();
  expect(said()).toHaveLength(2);
  await clock.advance(1);
  lines.sayIfDue();
  expect(said().slice(2)).toEqual([['bad', 2, 'd']]);
  lines.note('bad', { id: 'e' });
  lines.note('large', { id: 'f' });
  expect(said().slice(3)).toEqual([['large', 1, 'f']]);
  lines.sayRest();
  expect(said().slice(4)).toEqual([['bad', 1, 'e']]);
  expect(lines.dueMs()).toBe(Number.POSITIVE_INFINITY);
});

test('a flood of dead letters gives a line a minute, in which all are counted; the counters stay exact', async () => {
  const plugin = scripted((batch) =>
    each(batch, (id) => (id.endsWith('.0') ? { verdict: 'rejected', code: 'bad' } : { verdict: 'delivered' })),
  );
  const journal = memoryJournal();
  const { clock, log, meter, delivery, statusOf } = bench(journal, [destination('a', plugin)]);
  const lines = () => log.of('delivery.dead_letter');
  for (let minute = 0; minute < 3; minute++) {
    journal.append(...bodies(500, 3, minute * 500));
    await clock.runUntil(() => statusOf('a').sequence === (minute + 1) * 500);
    await clock.advance(60_000);
  }
  const stopping = delivery.stop(0);
  await clock.advance(10_000);
  await stopping;
  expect(lines().length).toBeLessThanOrEqual(5);
  expect(lines()[0]?.facts).toMatchObject({ destination: 'a', dataset: 'test.events', code: 'bad', attempts: 1 });
  expect(lines().reduce((sum, { facts }) => sum + Number(facts['events']), 0)).toBe(1500);
  expect(meter.total('xiq_siem.destination.events', { outcome: 'dead_lettered' })).toBe(1500);
  expect(clock.sleepers()).toBe(0);
});
