import { allDelivered, type Batch, type DeliveryReport, type Destination } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { bodies, destination, fixture, memoryJournal, memoryPosition } from './test-delivery.ts';

type Script = (batch: Batch) => DeliveryReport;

const unconfirmed = { events: 1_000, bytes: 1_000_000 };

/** Responds at once, and confirms each batch when the test says so, with the report of `script`. */
function confirming(script: Script = allDelivered, most = unconfirmed) {
  const waiting: (() => void)[] = [];
  let calls = 0;
  const plugin: Destination = {
    unconfirmed: most,
    async deliver(batch, _signal, attempt) {
      calls++;
      attempt?.onlyConfirmationLeft();
      attempt?.onlyConfirmationLeft();
      await new Promise<void>((resolve) => waiting.push(resolve));
      return script(batch);
    },
  };
  return {
    plugin,
    calls: () => calls,
    open: () => waiting.length,
    confirm(count = Number.POSITIVE_INFINITY) {
      for (const end of waiting.splice(0, count)) end();
    },
  };
}

const options = { batch: { maxEvents: 10, maxAgeMs: 0 }, maxInFlight: 2 };
const down: Script = () => ({ batch: 'unavailable', code: 'down' });

test('L6: once the destination confirms events, batches that only wait for a confirmation do not count as in flight', async () => {
  const { plugin, open, confirm } = confirming();
  const { clock, statusOf } = fixture(memoryJournal(...bodies(300, 10)), [
    destination('a', plugin, options, { position: memoryPosition() }),
  ]);
  await clock.advance(1_000);
  expect(open()).toBe(2);
  confirm(1);
  await clock.advance(1_000);
  expect(open()).toBe(unconfirmed.events / 10);
  expect(statusOf('a').open).toBe(unconfirmed.events);
  while (statusOf('a').counters.delivered < 3_000) {
    confirm();
    await clock.advance(1_000);
  }
  expect(statusOf('a')).toMatchObject({ open: 0, batchesInFlight: 0 });
});

test('L6: a destination that stops to confirm gets no more than the usual batches', async () => {
  let script: Script = allDelivered;
  const { plugin, open, confirm, calls } = confirming((batch) => script(batch));
  const { clock } = fixture(memoryJournal(...bodies(300, 10)), [destination('a', plugin, options)]);
  await clock.advance(1_000);
  confirm();
  await clock.advance(1_000);
  expect(open()).toBeGreaterThan(50);
  script = down;
  confirm();
  const before = calls();
  await clock.advance(1_000);
  expect(open()).toBeLessThanOrEqual(2);
  expect(calls() - before).toBeLessThanOrEqual(2);
});

test('a position that does not fit into its slot is saved as soon as it does', async () => {
  const position = memoryPosition();
  let isStuck = true;
  const alternating: Script = ({ items }) => ({
    items: items.map(({ index, id }) => {
      const isOdd = Number.parseInt(id, 10) % 2 === 1;
      return isStuck && isOdd ? { index, verdict: 'retry', code: 'busy' } : { index, verdict: 'delivered' };
    }),
  });
  const { plugin, confirm } = confirming(alternating, { events: 8_000, bytes: 10_000_000 });
  const { clock, log, statusOf, delivery } = fixture(memoryJournal(...bodies(12_000, 1)), [
    destination('a', plugin, {}, { position }),
  ]);
  await clock.advance(1_000);
  confirm();
  await clock.advance(1_000);
  expect(statusOf('a').open).toBe(8_000);
  confirm();
  await clock.advance(1_000);
  expect(log.of('position.write_delayed')).toHaveLength(1);
  expect(position.position.settled.length).toBeLessThanOrEqual(2_048);
  isStuck = false;
  delivery.resume();
  while (statusOf('a').counters.delivered < 12_000) {
    await clock.advance(1_000);
    confirm();
  }
  await clock.advance(10_000);
  expect(position.position).toMatchObject({ sequence: 12_000, settled: [], counters: { delivered: 12_000 } });
});
