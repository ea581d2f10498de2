import { expect, it, onTestFinished } from 'vitest';
import { batchOf, noSignal, startFixture, timeMs } from './test-harness.ts';

it('sends only the keys that HEC knows, with an exact time', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { index: 'network' } });
  await destination.deliver(batchOf('a'), noSignal);
  expect(fake.requests[0]?.text).toBe(
    `{"time":1636337187.553,"host":"xiq-siem-1","source":"xiq:acme","sourcetype":"extreme:xiq:audit","index":"network",` +
      `"event":{"event":{"dataset":"extreme_xiq.audit","id":"a"},"agent":{"name":"xiq-siem-1"},"message":"ümläut a",` +
      `"extreme":{"xiq":{"source":"acme"}}}}\n`,
  );
  expect(fake.events[0]?.time).toBe(timeMs / 1000);
});

it.each([
  [1_636_337_187_053, '1636337187.053'],
  [1_636_337_187_007, '1636337187.007'],
  [1_636_337_187_000, '1636337187.000'],
])('sends every digit of a time: %i', async (timeMs, digits) => {
  const { destination, fake } = await startFixture(onTestFinished);
  await destination.deliver({ items: batchOf('a').items.map((item) => ({ ...item, timeMs })) }, noSignal);
  expect(fake.requests[0]?.text).toContain(`{"time":${digits},`);
  expect(fake.events[0]?.time).toBe(timeMs / 1000);
});

it('sends no index if none is configured', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  await destination.deliver(batchOf('a'), noSignal);
  expect(fake.requests[0]?.text).not.toContain('"index"');
});

it('prefers sourcetype, index and source of the data set', async () => {
  const own = { index: 'wifi', sourcetype: 'acme:auth', source: 'acme' };
  const { destination, fake } = await startFixture(onTestFinished, {
    config: { index: 'network', source: 'common', datasets: { 'extreme_xiq.auth': own } },
  });
  await destination.deliver(batchOf('a', { id: 'b', dataset: 'extreme_xiq.auth' }), noSignal);
  expect(fake.events.map(({ index, sourcetype, source }) => ({ index, sourcetype, source }))).toEqual([
    { index: 'network', sourcetype: 'extreme:xiq:audit', source: 'common' },
    own,
  ]);
});

it('the host is the device that reported the event, else the connector; the source is that of the event', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  const batch = batchOf(
    { id: 'a', fields: { 'observer.hostname': 'ap-1', 'organization.name': 'Acme' } },
    { id: 'b', fields: { 'observer.product': 'ExtremeCloud IQ' }, extreme: { xiq: { source: 'self' } } },
    { id: 'c', fields: { 'observer.hostname': '' }, extreme: {} },
    { id: 'd', fields: { 'agent.name': '' }, extreme: { xiq: { source: 17 } } },
  );
  await destination.deliver(batch, noSignal);
  expect(fake.events.map(({ host, source }) => [host, source])).toEqual([
    ['ap-1', 'xiq:acme'],
    ['xiq-siem-1', 'xiq:self'],
    ['xiq-siem-1', 'xiq'],
    [undefined, 'xiq'],
  ]);
});

it('counts events beyond Splunk’s limits, and logs a warning once an hour', async () => {
  const { destination, meter, log, clock } = await startFixture(onTestFinished);
  const longAnd = (characters: number) => ({ id: 'x', fields: { message: 'm'.repeat(characters) } });
  await destination.deliver(batchOf('short', longAnd(5_000), longAnd(10_000)), noSignal);
  await destination.deliver(batchOf(longAnd(5_000)), noSignal);
  const total = (limit: string) => meter.total('long_events', { limit });
  expect([total('5000'), total('10000')]).toEqual([3, 1]);
  const warnings = () =>
    log.of('destination.long_events').map(({ attributes: { characters, events } }) => [characters, events]);
  expect(warnings()).toEqual([
    [5_000, 2],
    [10_000, 1],
  ]);
  clock.nowMs += 3_600_000;
  await destination.deliver(batchOf(longAnd(5_000)), noSignal);
  expect(warnings().slice(2)).toEqual([[5_000, 2]]);
});

it('does not count a rejected long event', async () => {
  const { destination, fake, meter } = await startFixture(onTestFinished);
  fake.refuse(({ event }) => (/bad/.test(JSON.stringify(event)) ? 15 : undefined));
  const long = (id: string) => ({ id, fields: { message: 'm'.repeat(5_000) } });
  await destination.deliver(batchOf(long('a'), long('bad'), long('b')), noSignal);
  expect(meter.total('long_events', { limit: '5000' })).toBe(2);
});
