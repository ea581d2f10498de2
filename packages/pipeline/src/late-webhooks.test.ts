// A webhook that arrives after its event was fetched is filtered at every destination, whatever is killed.
import { readBackfillPairing } from '@xiq-siem/state';
import { expect, test } from 'vitest';
import { audit, destinations, openPipelineFixture, type PipelineFixture, unavailable, until } from './test-pipeline.ts';

const row = audit(1, { id: 7 });
const webhook = (n: number): object => audit(1, { id: null, device_count: n });
const idsAt = (fixture: PipelineFixture, name: string): unknown[] =>
  fixture.siem(name).received.map((json): unknown => JSON.parse(json).event.id);

test('each destination filters it once, counts it, and delivers the next one', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  await fixture.fetch([row]);
  await fixture.keep([webhook(1)]);
  await fixture.keep([webhook(1), webhook(2)]);
  await fixture.settled();
  expect(idsAt(fixture, 'one')).toHaveLength(2);
  expect(idsAt(fixture, 'two')).toEqual(idsAt(fixture, 'one'));
  const counters = { normalized: 4, delivered: 2, filtered: 2 };
  expect(fixture.pipeline.delivery.status()).toMatchObject([{ counters }, { counters }]);
  const { meter } = fixture.services;
  expect(meter.total('xiq_siem.destination.events', { outcome: 'duplicate_of_backfill' })).toBe(4);
});

test('a position that counts it is saved after its decision, so that a kill loses no other event', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  await fixture.fetch([row]);
  await fixture.keep([webhook(1)]);
  const { nextSequence } = fixture.journal.extent();
  await until(() => fixture.journal.positions().get('one')?.sequence === nextSequence);
  // What a kill at this moment leaves.
  const { log, now } = fixture;
  const stored = await readBackfillPairing(fixture.state.database, { now, log });
  const events = [1, 2].flatMap((n) => {
    const metadata = { source: 'xiq', messageType: 'AUDIT_LOG_ALL', origin: 'webhook', receivedAtMs: now() } as const;
    const body = { sequence: 9, receipt: '', metadata, bytes: Buffer.from(JSON.stringify([webhook(n)])) };
    return [...fixture.pipeline.sources().of(body).normalize(body, now())];
  });
  // The second first: the slot is used.
  expect(events.toReversed().map(stored.isDuplicate)).toEqual([false, true]);
});

test('a destination that is down for long, and restarts, get the same events', async () => {
  const first = await openPipelineFixture(destinations('one', 'two'));
  first.siem('two').response = unavailable;
  await first.fetch([row]);
  await first.keep([webhook(1), webhook(2)]);
  await until(() => idsAt(first, 'one').length === 2);
  await first.stop();
  const { directory, siems } = first;
  first.siem('two').response = undefined;
  await using second = await openPipelineFixture(destinations('one', 'two'), { after: { directory, siems } });
  await second.keep([webhook(2), webhook(1)]);
  await second.settled();
  expect(new Set(idsAt(second, 'two'))).toEqual(new Set(idsAt(second, 'one')));
  expect(new Set(idsAt(second, 'one')).size).toBe(2);
});
