import { ConnectorError } from '@xiq-siem/core';
import { createRecordingMeter, validateEcs } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { expect, it } from 'vitest';
import { connectorFields } from './facts.ts';
import { destinationOf, eventsOf, reading, signalsToTest, startMs } from './test-signals.ts';

const hourMs = 3_600_000;
const change = { call: 'reload', outcome: 'success', input: {} } as const;
const ago = (ms: number, now: number): string => new Date(now - ms).toISOString();

it('a connector of which all is well says nothing', async () => {
  const { clock, said, asked } = signalsToTest();
  await clock.advance(hourMs);
  expect(said()).toEqual([]);
  expect(asked.status).toBe(241);
});

it('each destination has its heartbeat, with its figures, when a whole period has passed, and so on', async () => {
  const { world, clock, said, bodies } = signalsToTest();
  world.settings = { ...world.settings, heartbeatMinutes: 5 };
  world.destinations = [destinationOf('a'), destinationOf('b', { state: 'stopping', reason: 'unreachable' })];
  await clock.advance(299_999);
  expect(said()).toEqual([]);
  await clock.advance(300_001);
  expect(said().map(({ action, subject, at }) => [action, subject, Date.parse(at) - startMs])).toEqual([
    ['heartbeat', 'a', 300_000],
    ['heartbeat', 'b', 300_000],
    ['heartbeat', 'a', 600_000],
    ['heartbeat', 'b', 600_000],
  ]);
  expect(bodies).toHaveLength(2);
  expect(said()[1]).toMatchObject({
    reason: 'unreachable',
    facts: { 'destination.state': 'stopping', 'lag.bodies': 0, 'sum.holds': true },
  });
});

it('heartbeats come more often than looks where they are wanted so, and a reload takes effect', async () => {
  const { world, clock, said } = signalsToTest();
  await clock.advance(15_000);
  world.settings = { ...world.settings, heartbeatMinutes: 0.1 };
  await clock.advance(75_000);
  expect(said('heartbeat').length).toBeGreaterThanOrEqual(10);
});

it('switched off nothing is made, not even of admin calls; and what happened meanwhile is not said later', async () => {
  const { world, signals, clock, said, look } = signalsToTest();
  const on = world.settings;
  world.settings = { ...on, enabled: false, heartbeatMinutes: 1 };
  world.refused.push({ source: 'xiq', address: '192.0.2.1', count: 3 });
  world.readings = [reading('xiq_siem.receiver.refused_credentials', 3, { source: 'xiq' })];
  signals.adminCall(change);
  await clock.advance(hourMs);
  expect(said()).toEqual([]);
  world.settings = on;
  await look();
  await look();
  expect(said()).toEqual([]);
  signals.adminCall(change);
  await clock.settle();
  expect(said().map(({ action }) => action)).toEqual(['admin-call']);
});

it('each changing admin call is one event, at once, and no two share a time', async () => {
  const { signals, clock, said } = signalsToTest();
  const input = {
    where: { datasets: ['a', 'b'], deep: { x: 1 } },
    dryRun: false,
    text: 'x'.repeat(500),
    none: undefined,
  };
  signals.adminCall({ call: 'retry', outcome: 'success', input });
  signals.adminCall({ call: 'retry', outcome: 'failure', code: 'busy', input: {} });
  await clock.settle();
  const [first, second] = said('admin-call');
  expect(first?.facts['admin.input']).toEqual([
    'where.datasets=a,b',
    'where.deep=…',
    'dryRun=false',
    `text=${'x'.repeat(154)}…`,
  ]);
  expect(second).toMatchObject({ outcome: 'failure', reason: 'busy', subject: 'retry' });
  expect(first?.at).not.toBe(second?.at);
});

it('what cannot be kept is counted, logged, not tried again, and told as a number when the hour is over', async () => {
  const { world, signals, clock, said, log, meter } = signalsToTest();
  world.full = new ConnectorError('journal_full', 'the journal is full');
  signals.adminCall(change);
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await clock.advance(60_000);
  world.full = undefined;
  await clock.advance(hourMs - 120_000);
  expect(said()).toEqual([]);
  await clock.advance(120_000);
  expect(said().map(({ action, facts }) => [action, facts.count, facts.codes])).toEqual([
    ['signals-left-out', 2, ['admin-call=1', 'destination-misconfigured=1']],
  ]);
  expect(log.of('signals.not_kept').map(({ facts }) => facts['code'])).toEqual(['journal_full', 'journal_full']);
  expect(meter.total('xiq_siem.signals.left_out', { reason: 'not_kept' })).toBe(2);
  expect(meter.total('xiq_siem.signals.made', { action: 'signals-left-out' })).toBe(1);
});

it('a flood of admin calls is folded, and silences nothing else', async () => {
  const { world, signals, clock, said, meter } = signalsToTest();
  await clock.settle();
  for (let call = 0; call < 1_000; call += 1) signals.adminCall(change);
  await clock.settle();
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await clock.advance(15_000);
  expect(said('admin-call')).toHaveLength(100);
  expect(said('destination-misconfigured')).toHaveLength(1);
  expect(meter.total('xiq_siem.signals.left_out', { action: 'admin-call', reason: 'too_many' })).toBe(900);
  await clock.advance(hourMs);
  expect(said('signals-left-out').map(({ facts }) => facts.count)).toEqual([900]);
});

it('a hundred things that change all the time make no more than the bound', async () => {
  const { world, clock, said } = signalsToTest();
  for (let second = 0; second < 3_600; second += 15) {
    const state = second % 30 === 0 ? 'running' : 'paused';
    world.destinations = Array.from({ length: 100 }, (_, n) =>
      destinationOf(`d${n}`, { state, reason: 'unauthorized' }),
    );
    await clock.advance(15_000);
  }
  expect(said().filter(({ action }) => action !== 'signals-left-out').length).toBeLessThanOrEqual(200);
  expect(said('signals-left-out').length).toBeLessThanOrEqual(1);
});

it('a look that fails is logged, and the next one is made all the same', async () => {
  const { world, said, log, look, clock } = signalsToTest();
  await clock.settle();
  const misconfigured = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  let asked = 0;
  Object.defineProperty(world, 'destinations', {
    get() {
      asked += 1;
      if (asked === 1) throw new Error('no status');
      return misconfigured;
    },
  });
  await look();
  expect(log.of('signals.look_failed').map(({ facts }) => facts['why'])).toEqual(['Error: no status']);
  await look();
  expect(said('destination-misconfigured')).toHaveLength(1);
});

it('a fault in what watches one thing silences no other', async () => {
  const { world, said, log, look } = signalsToTest();
  Object.defineProperty(world, 'letters', {
    get() {
      throw new Error('unreadable');
    },
  });
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await look();
  expect(said('destination-misconfigured')).toHaveLength(1);
  expect(log.of('signals.watch_failed')[0]?.facts).toEqual({ name: 'deadLetters', why: 'Error: unreadable' });
});

it('after stop nothing is looked at or said', async () => {
  const { signals, clock, said, asked } = signalsToTest();
  await clock.settle();
  await signals.stop();
  const { status } = asked;
  signals.adminCall(change);
  await clock.advance(hourMs);
  expect([said().length, asked.status, clock.sleepers()]).toEqual([0, status, 0]);
});

it('all that is said is read back as valid documents, none of them an error', async () => {
  const { world, signals, clock, bodies } = signalsToTest();
  await clock.settle();
  signals.adminCall({ call: 'reload', outcome: 'failure', code: 'config_invalid', input: { a: '\u0000\u202e\ud800' } });
  world.settings = { ...world.settings, heartbeatMinutes: 1 };
  const lag = { bodies: 9, bytes: 99, seconds: 3_600, eventsInFlight: 2, hoursUntilFull: 0.5 };
  const since = ago(hourMs, clock.now());
  const held = { events: 2, code: 'mapping_conflict', words: 'no' };
  world.destinations = [
    destinationOf('archive', { state: 'backing_off', reason: 'unreachable', since, lag }),
    destinationOf('elastic', { held, eventsPerSecond: 2.5 }),
  ];
  world.gaps = [
    { id: 'archive:1-5', destination: 'archive', fromSequence: 1, toSequence: 5, bodies: 5, bytes: 50, at: since },
  ];
  world.lost = [{ fromSequence: 7, toSequence: 8, bytes: 10, reason: 'damaged', where: 'journal/1.log' }];
  world.refused.push({ source: 'xiq', address: '::ffff:192.0.2.1', count: 3 });
  world.letters = [{ destination: 'archive', code: 'too_large', dataset: 'extreme_xiq.audit', count: 2 }];
  world.readings = [
    reading('xiq_siem.receiver.refused_credentials', 3, { source: 'xiq' }),
    reading('xiq_siem.source.events', 2, { source: 'xiq', dataset: 'extreme_xiq.unknown' }),
    reading('xiq_siem.source.pipeline_errors', 1, { source: 'xiq', code: 'invalid_json' }),
  ];
  await clock.advance(60_000);
  const own = [...connectorFields, ...xiqSource.fields];
  const meter = createRecordingMeter();
  const events = bodies.flatMap((body) => eventsOf(JSON.stringify(body), clock.now(), meter));
  expect(events.flatMap(({ document }) => validateEcs(document, own))).toEqual([]);
  expect(meter.total('pipeline_errors')).toBe(0);
  const actions = new Set(events.map(({ document }) => document.event?.action));
  expect([...actions].sort()).toEqual([
    ...['admin-call', 'bodies-lost', 'credentials-refused', 'dead-letters-growing', 'destination-down'],
    ...[
      'destination-misconfigured',
      'gap-opened',
      'heartbeat',
      'journal-filling',
      'pipeline-errors',
      'unknown-message-types',
    ],
  ]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});
