// Tests of delivery from a log that skips sequences: 10, 20, 21, 40, 50, …
import { modelLog, sequenceWithHoles } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import {
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  memoryPosition,
  replayOptions,
  type Script,
  scripted,
} from './test-delivery.ts';

const count = 3_000;
const at = sequenceWithHoles;

/** A log of bodies with one event each. The ids are the ordinals. */
async function filledLog() {
  const store = modelLog();
  const log = store.open();
  const metadata = { source: 'xiq', origin: 'webhook', receivedAtMs: 0 } as const;
  const bodies = Array.from({ length: count }, (_, n) => JSON.stringify([{ id: String(n), dataset: 'test.events' }]));
  await Promise.all(bodies.map((body) => log.append(metadata, Buffer.from(body))));
  return { store, log, openReader: (from: number) => log.reader(from) };
}

const blocks =
  (blocked: string): Script =>
  (batch) =>
    each(batch, (id) => (id === blocked ? { verdict: 'blocked', code: 'bad' } : { verdict: 'delivered' }));

test('lost bodies are counted, and the settled bodies after a blocked event are one range and are not sent again', async () => {
  const { store, openReader } = await filledLog();
  store.damage([at(5), at(6), at(7), at(50)]);
  const position = memoryPosition();
  const first = scripted(blocks('2'));
  const before = fixture(memoryJournal(), [destination('a', first, {}, { position })], { openReader });
  await before.clock.advance(60_000);
  const counters = { normalized: count, delivered: count - 5, damaged: 4 };
  expect(before.statusOf('a')).toMatchObject({ sequence: at(2), open: 1, counters });
  expect(before.log.of('delivery.bodies_lost').map(({ attributes }) => attributes['bodies'])).toEqual([3, 1]);
  expect(position.position.settled).toEqual([{ sequence: at(3), toSequence: at(count - 1), elements: 'all' }]);

  const second = scripted();
  const saved = memoryPosition(position.position);
  const after = fixture(memoryJournal(), [destination('a', second, {}, { position: saved })], { openReader });
  await after.clock.runUntil(() => after.statusOf('a').sequence > at(count - 1));
  expect(second.taken).toEqual(['2']);
  expect(after.statusOf('a').counters).toMatchObject({ normalized: count, delivered: count - 4, damaged: 4 });
});

test('a replay is done at the end of its span, even if no body has the last sequence', async () => {
  const { log } = await filledLog();
  const plugin = scripted(deliverAll);
  const { clock, delivery } = fixture(memoryJournal(), [destination('a', plugin)]);
  const position = memoryPosition({ ...memoryPosition().position, sequence: at(4) - 5 });
  const openReader = (from: number) => log.reader(from, at(8) - 1);
  const replay = delivery.startReplay(replayOptions('a', [], { position, openReader }));
  await clock.advance(1_000);
  expect(await replay.ended).toBe('done');
  expect(plugin.taken).toEqual(['4', '5', '6', '7']);
  expect(position.position).toMatchObject({ sequence: at(7) + 1, counters: { normalized: 4, damaged: 0 } });
});
