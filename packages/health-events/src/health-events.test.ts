import { ConnectorError } from '@xiq-siem/core';
import { createRecordingMeter, validateEcs } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { expect, it } from 'vitest';
import { connectorFields } from './content.ts';
import { destinationOf, eventsOf, healthEventsToTest, startMs } from './test-health-events.ts';

const hourMs = 3_600_000;
const change = { call: 'reload', outcome: 'success', input: {} } as const;
const ago = (ms: number, now: number): string => new Date(now - ms).toISOString();

it('a connector of which all is well says nothing', async () => {
  const { clock, said, asked } = healthEventsToTest();
  await clock.advance(hourMs);
  expect(said()).toEqual([]);
  expect(asked.status).toBe(241);
});

it('each destination has its heartbeat, with its figures, when a whole period has passed, and so on', async () => {
  const { world, clock, said, bodies } = healthEventsToTest();
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
    attributes: {
      'destination.state': 'stopping',
      'lag.bodies': 0,
      'counters.reconciled': true,
      'counters.degraded': 0,
      'dead_letters.open': 0,
      'journal.bytes': 1_000,
      'journal.max_bytes': 10_000,
      'journal.free_bytes': 50_000,
    },
  });
});

it('heartbeats come more often than polls where they are wanted so, and a reload takes effect', async () => {
  const { world, clock, said } = healthEventsToTest();
  await clock.advance(15_000);
  world.settings = { ...world.settings, heartbeatMinutes: 0.1 };
  await clock.advance(75_000);
  expect(said('heartbeat').length).toBeGreaterThanOrEqual(10);
});

it('heartbeats keep their number though no poll falls on their time, and one that is missed is not made up for', async () => {
  const { world, clock, said } = healthEventsToTest();
  world.settings = { ...world.settings, heartbeatMinutes: 0.4 };
  await clock.advance(600_000);
  expect(said('heartbeat')).toHaveLength(25);
  world.shiftMs = 3_600_000;
  await clock.advance(60_000);
  expect(said('heartbeat').length).toBeLessThanOrEqual(29);
});

it('a clock that is set back silences neither heartbeats nor refused credentials, and admin calls keep its time', async () => {
  const { world, healthEvents, clock, said } = healthEventsToTest();
  world.settings = { ...world.settings, heartbeatMinutes: 5 };
  const refuse = () => world.refused.push({ source: 'xiq', address: 'a', count: 1 });
  await clock.advance(600_000);
  refuse();
  await clock.advance(15_000);
  healthEvents.adminCall(change);
  world.shiftMs = -48 * hourMs;
  healthEvents.adminCall(change);
  refuse();
  await clock.advance(330_000);
  expect(said('heartbeat')).toHaveLength(3);
  expect(said('credentials-refused')).toHaveLength(2);
  const [first = '', second = ''] = said('admin-call').map(({ at }) => at);
  expect(Date.parse(first) - Date.parse(second)).toBe(48 * hourMs);
});

it('switched off nothing is made, not even of admin calls; and what happened meanwhile is not said later', async () => {
  const { world, healthEvents, clock, said, poll } = healthEventsToTest();
  const on = world.settings;
  world.settings = { ...on, enabled: false, heartbeatMinutes: 1 };
  world.refused.push({ source: 'xiq', address: '192.0.2.1', count: 3 });
  healthEvents.adminCall(change);
  await clock.advance(hourMs);
  expect(said()).toEqual([]);
  world.settings = on;
  await poll();
  await poll();
  expect(said()).toEqual([]);
  healthEvents.adminCall(change);
  await clock.settle();
  expect(said().map(({ action }) => action)).toEqual(['admin-call']);
});

it('each changing admin call is one event, at once, and no two share a time', async () => {
  const { healthEvents, clock, said } = healthEventsToTest();
  const input = {
    where: { datasets: ['a', 'b'], deep: { x: 1 } },
    dryRun: false,
    text: 'x'.repeat(500),
    none: undefined,
  };
  healthEvents.adminCall({ call: 'retry', outcome: 'success', input });
  healthEvents.adminCall({ call: 'retry', outcome: 'failure', code: 'too_many_jobs', input: {} });
  await clock.settle();
  const [first, second] = said('admin-call');
  expect(first?.attributes['admin.input']).toEqual([
    'where.datasets=a,b',
    'where.deep=…',
    'dryRun=false',
    `text=${'x'.repeat(154)}…`,
  ]);
  expect(second).toMatchObject({ outcome: 'failure', reason: 'too_many_jobs', subject: 'retry' });
  expect(first?.at).not.toBe(second?.at);
});

it('what cannot be kept is counted, logged, not tried again, and told as a number when the hour is over', async () => {
  const { world, healthEvents, clock, said, log, meter } = healthEventsToTest();
  world.full = new ConnectorError('journal_full', 'the journal is full');
  healthEvents.adminCall(change);
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await clock.advance(60_000);
  world.full = undefined;
  await clock.advance(hourMs - 120_000);
  expect(said()).toEqual([]);
  await clock.advance(120_000);
  expect(said().map(({ action, attributes }) => [action, attributes.count, attributes.codes])).toEqual([
    ['health-events-dropped', 2, ['admin-call=1', 'destination-misconfigured=1']],
  ]);
  expect(log.of('health_events.append_failed').map(({ attributes }) => attributes['code'])).toEqual([
    'journal_full',
    'journal_full',
  ]);
  expect(meter.total('xiq_siem.health_events.dropped', { reason: 'not_kept' })).toBe(2);
  expect(meter.total('xiq_siem.health_events.created', { action: 'health-events-dropped' })).toBe(1);
});

it('a flood of admin calls is folded, and silences nothing else', async () => {
  const { world, healthEvents, clock, said, meter } = healthEventsToTest();
  await clock.settle();
  for (let call = 0; call < 1_000; call += 1) healthEvents.adminCall(change);
  await clock.settle();
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await clock.advance(15_000);
  expect(said('admin-call')).toHaveLength(100);
  expect(said('destination-misconfigured')).toHaveLength(1);
  expect(meter.total('xiq_siem.health_events.dropped', { action: 'admin-call', reason: 'too_many' })).toBe(900);
  await clock.advance(hourMs);
  expect(said('health-events-dropped').map(({ attributes }) => attributes.count)).toEqual([900]);
});

it('a hundred things that change all the time make no more than the bound', async () => {
  const { world, clock, said } = healthEventsToTest();
  for (let second = 0; second < 3_600; second += 15) {
    const state = second % 30 === 0 ? 'running' : 'paused';
    world.destinations = Array.from({ length: 100 }, (_, n) =>
      destinationOf(`d${n}`, { state, reason: 'unauthorized' }),
    );
    await clock.advance(15_000);
  }
  expect(said().filter(({ action }) => action !== 'health-events-dropped').length).toBeLessThanOrEqual(200);
  expect(said('health-events-dropped').length).toBeLessThanOrEqual(1);
});

it('a poll that fails is logged, and the next one is made all the same', async () => {
  const { world, said, log, poll, clock } = healthEventsToTest();
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
  await poll();
  expect(log.of('health_events.check_failed').map(({ attributes }) => attributes['why'])).toEqual(['Error: no status']);
  await poll();
  expect(said('destination-misconfigured')).toHaveLength(1);
});

it('a fault in what watches one thing silences no other', async () => {
  const { world, said, log, poll } = healthEventsToTest();
  Object.defineProperty(world, 'completeness', {
    get() {
      throw new Error('unreadable');
    },
  });
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await poll();
  expect(said('destination-misconfigured')).toHaveLength(1);
  expect(log.of('health_events.watch_failed')[0]?.attributes).toEqual({ name: 'losses', why: 'Error: unreadable' });
});

it('after stop nothing is checked or said', async () => {
  const { healthEvents, clock, said, asked } = healthEventsToTest();
  await clock.settle();
  await healthEvents.stop();
  const { status } = asked;
  healthEvents.adminCall(change);
  await clock.advance(hourMs);
  expect([said().length, asked.status, clock.sleepers()]).toEqual([0, status, 0]);
});

it('all that is said is read back as valid documents, none of them an error', async () => {
  const { world, healthEvents, clock, bodies } = healthEventsToTest();
  await clock.settle();
  healthEvents.adminCall({
    call: 'reload',
    outcome: 'failure',
    code: 'config_invalid',
    input: { a: '\u0000\u202e\ud800' },
  });
  world.settings = { ...world.settings, heartbeatMinutes: 1 };
  const lag = { bodies: 9, bytes: 99, seconds: 3_600, eventsInFlight: 2, hoursUntilFull: 0.5 };
  const since = ago(hourMs, clock.now());
  const blocked = { events: 2, code: 'mapping_conflict', message: 'no' };
  world.destinations = [
    destinationOf('archive', { state: 'backing_off', reason: 'unreachable', since, lag }),
    destinationOf('elastic', { blocked, eventsPerSecond: 2.5 }),
  ];
  world.gaps = [
    { id: 'archive:1-5', destination: 'archive', fromSequence: 1, toSequence: 5, bodies: 5, bytes: 50, at: since },
  ];
  world.incidents = [{ id: 'state:1', at: since, kind: 'damaged', reason: 'malformed', recovered: 7, lost: 2 }];
  world.lost = [{ fromSequence: 7, toSequence: 8, bodies: 2, bytes: 10, reason: 'damaged', where: 'journal/1.log' }];
  world.refused.push({ source: 'xiq', address: '::ffff:192.0.2.1', count: 3 });
  const hour = { hourMs: startMs, state: 'missing', xiq: 12, kept: 10, missing: 2, surplus: 0 } as const;
  world.completeness = [{ ...hour, source: 'xiq', messageType: 'AUDIT_LOG_ALL' }];
  world.settings = { ...world.settings, silentMinutes: 0.5 };
  await clock.advance(60_000);
  const own = [...connectorFields, ...xiqSource.fields];
  const meter = createRecordingMeter();
  const events = bodies.flatMap((body) => eventsOf(JSON.stringify(body), clock.now(), meter));
  expect(events.flatMap(({ document }) => validateEcs(document, own))).toEqual([]);
  expect(meter.total('pipeline_errors')).toBe(0);
  const actions = new Set(events.map(({ document }) => document.event?.action));
  expect([...actions].sort()).toEqual([
    'admin-call',
    'bodies-lost',
    'completeness-missing',
    'credentials-refused',
    'destination-down',
    'destination-misconfigured',
    'heartbeat',
    'retention-gap-opened',
    'source-silent',
    'state-damaged',
  ]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});
