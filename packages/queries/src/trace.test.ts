import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseReceipt } from '@xiq-siem/journal';
import { expect, test } from 'vitest';
import { statusOf } from './status.ts';
import {
  audit,
  configChange,
  destinations,
  type Fixture,
  hanging,
  linesOf,
  never,
  openFixture,
  unavailable,
  until,
  verdictWhere,
} from './test-queries.ts';
import { traceEvent, traceReceipt } from './trace.ts';

const trace = (fixture: Fixture, receipt: string) => traceReceipt(fixture.readModel(), receipt);

async function verdictsOf(fixture: Fixture, receipt: string, element = 0) {
  const { events } = await trace(fixture, receipt);
  return events.find((event) => event.element === element)?.destinations ?? [];
}

test('a stored body is shown with the times between which each destination settled it', async () => {
  await using fixture = await openFixture(destinations('one'));
  const receipt = await fixture.keep([audit(1), configChange(2)]);
  await fixture.settled();
  fixture.pass(5_000);
  await fixture.sample();
  const told = await trace(fixture, receipt);
  expect(told).toMatchObject({
    snapshot: false,
    receipt,
    found: 'kept',
    omitted: 0,
    body: { sequence: 1, source: 'xiq', messageType: 'AUDIT_LOG_ALL', origin: 'webhook' },
    events: [
      { element: 0, kind: 'event' },
      { element: 1, dataset: 'extreme_xiq.audit', action: 'config-changed' },
    ],
  });
  const [verdict] = told.events[1]?.destinations ?? [];
  expect(verdict).toMatchObject({ destination: 'one', verdict: 'delivered', assurance: 'stored' });
  const received = Date.parse(told.body?.received ?? '');
  expect(Date.parse(verdict?.notBefore ?? '')).toBeLessThanOrEqual(received);
  expect(Date.parse(verdict?.notAfter ?? '')).toBeGreaterThanOrEqual(received + 5_000);
});

test('an unknown receipt is unknown, one past retention removed, one of a missing segment lost', async () => {
  await using fixture = await openFixture(destinations('one'), { journal: { segmentBytes: 4096 } });
  const receipts: string[] = [];
  for (let id = 1; id <= 12; id += 1) receipts.push(await fixture.keep([audit(id, { description: 'x'.repeat(1500) })]));
  await fixture.settled();
  expect(await trace(fixture, 'r1_AAAAAAAAAAAAAAAAAAAAAA')).toMatchObject({ found: 'unknown', events: [] });
  expect(await trace(fixture, 'nonsense')).toMatchObject({ found: 'unknown' });
  await fixture.stop();
  const segments = readdirSync(join(fixture.directory, 'data/journal')).filter((name) => name.endsWith('.segment'));
  const middle = segments.sort()[2];
  await rm(join(fixture.directory, 'data/journal', middle ?? ''));
  await using again = await openFixture(destinations('one'), { after: fixture, journal: { segmentBytes: 4096 } });
  const found = await Promise.all(receipts.map(async (receipt) => (await trace(again, receipt)).found));
  expect(found).toContain('lost');
  expect(found.filter((one) => one !== 'lost')).toEqual(found.filter((one) => one === 'kept'));
  again.pass(100 * 3_600_000);
  await again.keep([audit(99)]);
  await again.settled();
  await again.journal.maintain();
  await again.journal.maintain();
  expect(await trace(again, receipts[0] ?? '')).toMatchObject({ found: 'removed' });
});

test('a rejected event is shown with code, message and number, and with its resolution', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', (json) => json.includes('number 2'));
  const receipt = await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  expect(await verdictsOf(fixture, receipt, 0)).toMatchObject([{ verdict: 'delivered' }]);
  const [rejected] = await verdictsOf(fixture, receipt, 1);
  expect(rejected).toMatchObject({ verdict: 'dead_lettered', code: 'bad', message: 'no such field' });
  const number = rejected?.deadLetter ?? -1;
  expect(await fixture.deadLetters.get(number)).toMatchObject({ element: 1 });
  await fixture.deadLetters.resolve([number], 'dropped', 'operator');
  expect(await verdictsOf(fixture, receipt, 1)).toMatchObject([{ verdict: 'dropped', code: 'bad' }]);
});

test('a dead letter of one destination is not one of another', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  fixture.siem('two').response = verdictWhere('rejected', () => true);
  const receipt = await fixture.keep([audit(1)]);
  await fixture.settled();
  expect(await verdictsOf(fixture, receipt)).toMatchObject([
    { destination: 'one', verdict: 'delivered' },
    { destination: 'two', verdict: 'dead_lettered' },
  ]);
});

test('an event that a retry delivered is delivered, with a note', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  const receipt = await fixture.keep([audit(1)]);
  await fixture.settled();
  const { entries } = await fixture.deadLetters.list({}, { limit: 9 });
  await fixture.deadLetters.resolve(
    entries.map(({ number }) => number),
    'delivered',
    'job',
  );
  expect(await verdictsOf(fixture, receipt)).toMatchObject([
    { verdict: 'delivered', assurance: 'stored', message: expect.stringContaining('retry') },
  ]);
});

test('an event that is parked is shown with its reason and the next attempt, and then as delivered', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  const receipt = await fixture.keep([audit(1)]);
  await fixture.settled();
  const [entry] = (await fixture.deadLetters.list({}, { limit: 9 })).entries;
  const stored = await fixture.deadLetters.get(entry?.number ?? 0);
  if (stored === undefined) throw new Error('no entry');
  await fixture.deadLetters.append({ ...stored, code: 'busy', message: 'too many requests', parked: true });
  const [parked] = await verdictsOf(fixture, receipt);
  expect(parked).toMatchObject({ verdict: 'parked', code: 'busy', message: 'too many requests' });
  expect(Date.parse(parked?.retry ?? '')).toBeGreaterThan(fixture.now());
  const status = await statusOf(fixture.readModel(), { version: '1', instanceId: 'i' }, undefined);
  expect(status).toMatchObject({
    reconciled: true,
    deadLetters: { open: 0 },
    destinations: [{ parked: { events: 1, code: 'busy', message: 'too many requests' }, deadLetters: { open: 0 } }],
  });
  expect(status.problems.map(({ code }) => code)).toContain('events_parked');
  fixture.siem('one').response = undefined;
  fixture.pipeline.delivery.resume('one');
  await until(() => fixture.siem('one').received.length === 1);
  await expect.poll(async () => (await fixture.deadLetters.counts()).get('one')?.delivered).toBe(1);
  expect(await verdictsOf(fixture, receipt)).toMatchObject([
    { verdict: 'delivered', message: 'delivered after it was parked' },
  ]);
});

test('an event that a destination does not want is filtered, before and after its position', async () => {
  const where = { datasets: ['extreme_xiq.gdpr'] };
  await using fixture = await openFixture({ one: { type: 'memory', where }, two: { type: 'memory' } });
  fixture.siem('two').response = hanging;
  const receipt = await fixture.keep([audit(1)]);
  await expect
    .poll(() => fixture.pipeline.delivery.status().find(({ name }) => name === 'two')?.batchesInFlight)
    .toBe(1);
  expect(await verdictsOf(fixture, receipt)).toMatchObject([
    { destination: 'one', verdict: 'filtered' },
    { destination: 'two', verdict: 'waiting' },
  ]);
});

test('in a partly delivered body the blocked event is waiting', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('blocked', (json) => json.includes('number 2'));
  const receipt = await fixture.keep([audit(1), audit(2)]);
  await expect
    .poll(async () => (await Promise.all([0, 1].map((one) => verdictsOf(fixture, receipt, one)))).flat())
    .toMatchObject([{ verdict: 'delivered' }, { verdict: 'waiting' }]);
});

test('the verdict of a new destination on older bodies is not known', async () => {
  await using fixture = await openFixture(destinations('one'));
  const receipt = await fixture.keep([audit(1)]);
  await fixture.settled();
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'late')));
  await fixture.sample();
  const later = await fixture.keep([audit(2)]);
  await fixture.settled();
  await fixture.sample();
  expect(await verdictsOf(fixture, receipt)).toMatchObject([{ verdict: 'delivered' }, { verdict: 'not_known' }]);
  expect(await verdictsOf(fixture, later)).toMatchObject([{ verdict: 'delivered' }, { verdict: 'delivered' }]);
});

test('a body that a full journal evicted is lost to the destination that needed it, and to no other', async () => {
  await using fixture = await openFixture(destinations('one'));
  const receipt = await fixture.keep([audit(1)]);
  await fixture.settled();
  const { sequence = 0 } = parseReceipt(receipt) ?? {};
  const readModel = fixture.readModel();
  const gap = { destination: 'one', fromSequence: sequence, toSequence: sequence, bodies: 1, bytes: 9, lastAtMs: 1 };
  const gapped = { ...readModel, journal: { ...readModel.journal, retentionGaps: () => [gap] } };
  const { events } = await traceReceipt(gapped, receipt);
  expect(events[0]?.destinations).toMatchObject([{ verdict: 'lost' }]);
});

test('an event that was read before its body was evicted has the verdict of its dead letter', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  const receipt = await fixture.keep([audit(1)]);
  await fixture.settled();
  const readModel = fixture.readModel();
  const gap = { destination: 'one', fromSequence: 1, toSequence: 1, bodies: 1, bytes: 9, lastAtMs: 1 };
  const gapped = { ...readModel, journal: { ...readModel.journal, retentionGaps: () => [gap] } };
  const { events } = await traceReceipt(gapped, receipt);
  expect(events[0]?.destinations).toMatchObject([{ verdict: 'dead_lettered' }]);
});

test('the events of a large body are limited, and the omitted ones are counted', async () => {
  await using fixture = await openFixture(destinations('one'));
  const receipt = await fixture.keep(`[${Array.from({ length: 100_000 }, () => '{}').join()}]`);
  let yields = 0;
  const readModel = {
    ...fixture.readModel(),
    yieldNow: async () => {
      yields += 1;
    },
  };
  const told = await traceReceipt(readModel, receipt);
  expect(told.events).toHaveLength(200);
  expect(told.omitted).toBe(99_800);
  expect(yields).toBe(100_000);
});

test('an event is found by its id in every body that contains it, with progress', async () => {
  await using fixture = await openFixture(destinations('one'));
  const first = await fixture.keep([audit(1), audit(2)]);
  const second = await fixture.keep([audit(2), audit(3)]);
  await fixture.keep([audit(4)]);
  await fixture.settled();
  const id = (await fixture.eventsOf(first))[1]?.id ?? '';
  const lines = await linesOf(traceEvent(fixture.readModel(), id, {}, never));
  const traces = lines.flatMap((line) => (line.kind === 'trace' ? [line.trace] : []));
  expect(traces).toMatchObject([
    { receipt: first, events: [{ element: 1, id, destinations: [{ verdict: 'delivered' }] }], omitted: 0 },
    { receipt: second, events: [{ element: 0, id }] },
  ]);
  expect(lines[0]).toEqual({ kind: 'progress', done: 0, total: 3 });
  expect(lines.at(-1)).toEqual({ kind: 'end', snapshot: false, found: 2, bodies: 3 });
});

test('the signal ends a scan for an event, also within a body', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep(`[${Array.from({ length: 1000 }, () => '{}').join()}]`);
  const leaving = new AbortController();
  let yields = 0;
  const yieldNow = async (): Promise<void> => {
    yields += 1;
    await setImmediate();
    if (yields === 10) leaving.abort();
  };
  const lines = await linesOf(traceEvent({ ...fixture.readModel(), yieldNow }, 'none', {}, leaving.signal));
  expect(lines.map(({ kind }) => kind)).not.toContain('end');
  expect(yields).toBeLessThan(20);
});

test('for an evicted body the destinations that did not get it are named', async () => {
  const limits = { maxBytes: 65_536, segmentBytes: 8_192 };
  await using fixture = await openFixture(destinations('one', 'two'), { journal: limits });
  fixture.siem('two').response = unavailable;
  const receipts: string[] = [];
  while (fixture.journal.retentionGaps().length === 0 && receipts.length < 200) {
    const ids = Array.from({ length: 10 }, (_, index) => receipts.length + index);
    receipts.push(
      ...(await Promise.all(ids.map((id) => fixture.keep([audit(id, { description: 'x'.repeat(1500) })])))),
    );
    await until(() => fixture.journal.positions().get('one')?.sequence === receipts.length + 1);
    await fixture.journal.maintain();
  }
  const told = await trace(fixture, receipts[0] ?? '');
  expect(told).toMatchObject({ found: 'lost', lostTo: ['two'], events: [] });
  await fixture.journal.acknowledgeGaps('two', 1_000);
  expect(await trace(fixture, receipts[0] ?? '')).toMatchObject({ found: 'removed' });
});

test('a late webhook of a fetched event is filtered, before and after a destination has read it', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = unavailable;
  await fixture.fetch([audit(1, { id: 7 })]);
  const receipt = await fixture.keep([audit(1, { id: null }), audit(1, { id: null, device_count: 2 })]);
  const filtered = {
    verdict: 'filtered',
    code: 'duplicate_of_backfill',
    message: expect.stringContaining('with another event id'),
  };
  expect(await verdictsOf(fixture, receipt)).toMatchObject([filtered]);
  expect(await verdictsOf(fixture, receipt, 1)).toMatchObject([{ verdict: 'waiting' }]);
  fixture.siem('one').response = undefined;
  fixture.pipeline.delivery.resume('one');
  await fixture.settled();
  expect(await verdictsOf(fixture, receipt)).toMatchObject([filtered]);
  expect(await verdictsOf(fixture, receipt, 1)).toMatchObject([{ verdict: 'delivered' }]);
});
