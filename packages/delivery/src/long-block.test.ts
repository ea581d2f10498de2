import type { JournalEntry, Position } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import {
  bodies,
  body,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  type Script,
  scripted,
} from './test-delivery.ts';

const blocked = { verdict: 'blocked', code: 'bad' } as const;
const delivered = { verdict: 'delivered' } as const;
const blocksFirst: Script = (batch) => each(batch, (id) => (id === '0.0' ? blocked : delivered));

test('one event is blocked and 100,000 bodies are delivered after it: after a crash only events in flight are sent again', async () => {
  const inFlight = bodies(20, 1, 100_001);
  const journal = memoryJournal();
  for (let from = 0; from < 100_001; from += 9_091) journal.append(...bodies(9_091, 1, from));
  const position = memoryPosition();
  const first = scripted((batch, call, signal) =>
    batch.items.some(({ id }) => Number.parseInt(id, 10) > 100_000)
      ? new Promise(() => {})
      : blocksFirst(batch, call, signal),
  );
  const before = fixture(journal, [destination('a', first, {}, { position })]);
  await before.clock.runUntil(() => first.taken.length === 100_000);
  journal.append(...inFlight);
  await before.clock.advance(5_000);
  expect(before.statusOf('a')).toMatchObject({ state: 'running', open: 21, blocked: { events: 1 } });
  expect(position.position).toMatchObject({
    sequence: 0,
    settled: [{ sequence: 1, toSequence: 100_000, elements: 'all' }],
    counters: { normalized: 100_000, delivered: 100_000 },
  });

  const found: Position = JSON.parse(JSON.stringify(position.position));
  const alreadyRead = journal.reads();
  const second = scripted(blocksFirst);
  const after = fixture(journal, [destination('a', second, {}, { position: memoryPosition(found) })]);
  await after.clock.advance(5_000);
  expect(second.taken).toEqual(Array.from({ length: 20 }, (_, n) => `${100_001 + n}.0`));
  expect(new Set(second.batches.flat())).toEqual(new Set(['0.0', ...second.taken]));
  expect(after.statusOf('a')).toMatchObject({ sequence: 0, open: 1, blocked: { events: 1 } });
  expect(after.statusOf('a').counters).toMatchObject({ normalized: 100_021, delivered: 100_020 });
  // The settled range is skipped, not read.
  expect(journal.reads() - alreadyRead).toBeLessThan(1_000);
});

test('a short settled range is skipped, and a lost span counts only unsettled bodies', async () => {
  const lost = (fromSequence: number, toSequence: number): JournalEntry => ({
    kind: 'lost',
    span: { fromSequence, toSequence, bodies: toSequence - fromSequence + 1, bytes: 9, reason: 'evicted', where: 'x' },
  });
  const run = (sequence: number, toSequence: number) => ({ sequence, toSequence, elements: 'all' }) as const;
  const position = memoryPosition({
    ...memoryPosition().position,
    settled: [run(1, 10), run(12, 2_000), run(3_000, 3_999)],
  });
  const journal = memoryJournal(
    ...bodies(12, 1),
    lost(12, 1_500),
    ...bodies(501, 1, 1_501),
    lost(2_002, 4_009),
    body(4_010, ['4010.0']),
  );
  const plugin = scripted(blocksFirst);
  const { clock, statusOf } = fixture(journal, [destination('a', plugin, {}, { position })]);
  await clock.advance(5_000);
  expect(plugin.taken).toEqual(['11.0', '2001.0', '4010.0']);
  expect(statusOf('a')).toMatchObject({ sequence: 0, counters: { delivered: 3, damaged: 998 + 10 } });
  expect(position.position.settled).toEqual([run(1, 4_010)]);
});
