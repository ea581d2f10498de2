import { ConnectorError } from '@xiq-siem/core';
import { createRecordingMeter, validateEcs } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { expect, it } from 'vitest';
import { connectorFields } from './content.ts';
import { createHealthEventsFixture, destinationOf, eventsOf, startMs } from './test-health-events.ts';

const hourMs = 3_600_000;
const change = { call: 'reload', outcome: 'success', input: {} } as const;
const ago = (ms: number, now: number): string => new Date(now - ms).toISOString();

it('a healthy connector reports nothing', async () => {
  const { clock, reported, calls } = createHealthEventsFixture();
  await clock.advance(hourMs);
  expect(reported()).toEqual([]);
  expect(calls.status).toBe(241);
});

it('each destination has a heartbeat with its values after each period', async () => {
  const { world, clock, reported, bodies } = createHealthEventsFixture();
  world.settings = { ...world.settings, heartbeatMinutes: 5 };
  world.destinations = [destinationOf('a'), destinationOf('b', { state: 'stopping', reason: 'unreachable' })];
  await clock.advance(299_999);
  expect(reported()).toEqual([]);
  await clock.advance(300_001);
  expect(reported().map(({ action, subject, at }) => [action, subject, Date.parse(at) - startMs])).toEqual([
    ['heartbeat', 'a', 300_000],
    ['heartbeat', 'b', 300_000],
    ['heartbeat', 'a', 600_000],
    ['heartbeat', 'b', 600_000],
  ]);
  expect(bodies).toHaveLength(2);
  expect(reported()[1]).toMatchObject({
    reason: 'unreachable',
    attributes: {
      'destination.state': 'stopping',
      'lag.bodies': 0,
      'counters.reconciled': true,
      'counters.degraded': 0,
      'dead_letters.open': 0,
      'dead_letters.parked': 0,
      'journal.bytes': 1_000,
      'journal.max_bytes': 10_000,
      'journal.free_bytes': 50_000,
    },
  });
});

it('heartbeats can be more frequent than polls, and a reload takes effect', async () => {
  const { world, clock, reported } = createHealthEventsFixture();
  await clock.advance(15_000);
  world.settings = { ...world.settings, heartbeatMinutes: 0.1 };
  await clock.advance(75_000);
  expect(reported('heartbeat').length).toBeGreaterThanOrEqual(10);
});

it('the number of heartbeats is right although no poll is at their time, and a missed heartbeat is not repeated', async () => {
  const { world, clock, reported } = createHealthEventsFixture();
  world.settings = { ...world.settings, heartbeatMinutes: 0.4 };
  await clock.advance(600_000);
  expect(reported('heartbeat')).toHaveLength(25);
  world.shiftMs = 3_600_000;
  await clock.advance(60_000);
  expect(reported('heartbeat').length).toBeLessThanOrEqual(29);
});

it('a clock that is set back suppresses neither heartbeats nor refused credentials, and admin calls have its time', async () => {
  const { world, healthEvents, clock, reported } = createHealthEventsFixture();
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
  expect(reported('heartbeat')).toHaveLength(3);
  expect(reported('credentials-refused')).toHaveLength(2);
  const [first = '', second = ''] = reported('admin-call').map(({ at }) => at);
  expect(Date.parse(first) - Date.parse(second)).toBe(48 * hourMs);
});

it('while disabled nothing is created, not even for admin calls, and changes of that time are not reported later', async () => {
  const { world, healthEvents, clock, reported, poll } = createHealthEventsFixture();
  const on = world.settings;
  world.settings = { ...on, enabled: false, heartbeatMinutes: 1 };
  world.refused.push({ source: 'xiq', address: '192.0.2.1', count: 3 });
  healthEvents.adminCall(change);
  await clock.advance(hourMs);
  expect(reported()).toEqual([]);
  world.settings = on;
  await poll();
  await poll();
  expect(reported()).toEqual([]);
  healthEvents.adminCall(change);
  await clock.settle();
  expect(reported().map(({ action }) => action)).toEqual(['admin-call']);
});

it('each admin call that changes something is one event at once, and no two have the same time', async () => {
  const { healthEvents, clock, reported } = createHealthEventsFixture();
  const input = {
    where: { datasets: ['a', 'b'], deep: { x: 1 } },
    dryRun: false,
    text: 'x'.repeat(500),
    none: undefined,
  };
  healthEvents.adminCall({ call: 'retry', outcome: 'success', input });
  healthEvents.adminCall({ call: 'retry', outcome: 'failure', code: 'too_many_jobs', input: {} });
  await clock.settle();
  const [first, second] = reported('admin-call');
  expect(first?.attributes['admin.input']).toEqual([
    'where.datasets=a,b',
    'where.deep=…',
    'dryRun=false',
    `text=${'x'.repeat(154)}…`,
  ]);
  expect(second).toMatchObject({ outcome: 'failure', reason: 'too_many_jobs', subject: 'retry' });
  expect(first?.at).not.toBe(second?.at);
});

it('an event that cannot be stored is counted, logged, not retried, and reported as a number after the hour', async () => {
  const { world, healthEvents, clock, reported, log, meter } = createHealthEventsFixture();
  world.full = new ConnectorError('journal_full', 'the journal is full');
  healthEvents.adminCall(change);
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await clock.advance(60_000);
  world.full = undefined;
  await clock.advance(hourMs - 120_000);
  expect(reported()).toEqual([]);
  await clock.advance(120_000);
  expect(reported().map(({ action, attributes }) => [action, attributes.count, attributes.codes])).toEqual([
    ['health-events-dropped', 2, ['admin-call=1', 'destination-misconfigured=1']],
  ]);
  expect(log.of('health_events.append_failed').map(({ attributes }) => attributes['code'])).toEqual([
    'journal_full',
    'journal_full',
  ]);
  expect(meter.total('xiq_siem.health_events.dropped', { reason: 'append_failed' })).toBe(2);
  expect(meter.total('xiq_siem.health_events.created', { action: 'health-events-dropped' })).toBe(1);
});

it('many admin calls are limited, and suppress no other event', async () => {
  const { world, healthEvents, clock, reported, meter } = createHealthEventsFixture();
  await clock.settle();
  for (let call = 0; call < 1_000; call += 1) healthEvents.adminCall(change);
  await clock.settle();
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await clock.advance(15_000);
  expect(reported('admin-call')).toHaveLength(100);
  expect(reported('destination-misconfigured')).toHaveLength(1);
  expect(meter.total('xiq_siem.health_events.dropped', { action: 'admin-call', reason: 'too_many' })).toBe(900);
  await clock.advance(hourMs);
  expect(reported('health-events-dropped').map(({ attributes }) => attributes.count)).toEqual([900]);
});

it('a hundred states that change all the time create no more events than the limit', async () => {
  const { world, clock, reported } = createHealthEventsFixture();
  for (let second = 0; second < 3_600; second += 15) {
    const state = second % 30 === 0 ? 'running' : 'paused';
    world.destinations = Array.from({ length: 100 }, (_, n) =>
      destinationOf(`d${n}`, { state, reason: 'unauthorized' }),
    );
    await clock.advance(15_000);
  }
  expect(reported().filter(({ action }) => action !== 'health-events-dropped').length).toBeLessThanOrEqual(200);
  expect(reported('health-events-dropped').length).toBeLessThanOrEqual(1);
});

it('a failed poll is logged, and the next poll runs', async () => {
  const { world, reported, log, poll, clock } = createHealthEventsFixture();
  await clock.settle();
  const misconfigured = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  let calls = 0;
  Object.defineProperty(world, 'destinations', {
    get() {
      calls += 1;
      if (calls === 1) throw new Error('no status');
      return misconfigured;
    },
  });
  await poll();
  expect(log.of('health_events.check_failed').map(({ attributes }) => attributes['error'])).toEqual([
    'Error: no status',
  ]);
  await poll();
  expect(reported('destination-misconfigured')).toHaveLength(1);
});

it('an error in one watcher suppresses no other event', async () => {
  const { world, reported, log, poll } = createHealthEventsFixture();
  Object.defineProperty(world, 'completeness', {
    get() {
      throw new Error('unreadable');
    },
  });
  world.destinations = [destinationOf('archive', { state: 'paused', reason: 'unauthorized' })];
  await poll();
  expect(reported('destination-misconfigured')).toHaveLength(1);
  expect(log.of('health_events.watch_failed')[0]?.attributes).toEqual({ name: 'losses', error: 'Error: unreadable' });
});

it('after stop nothing is checked or reported', async () => {
  const { healthEvents, clock, reported, calls } = createHealthEventsFixture();
  await clock.settle();
  await healthEvents.stop();
  const { status } = calls;
  healthEvents.adminCall(change);
  await clock.advance(hourMs);
  expect([reported().length, calls.status, clock.sleepers()]).toEqual([0, status, 0]);
});

it('every reported event is read as a valid document', async () => {
  const { world, healthEvents, clock, bodies } = createHealthEventsFixture();
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
