import { hash } from 'node:crypto';
import { createRecordingLogger, createRecordingMeter, validateEcs } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Content, connectorFields } from './content.ts';
import { eventTable, type HealthAction } from './event-table.ts';
import { adminCall, doctorProbe, type HealthEvent, newHealthEvent } from './health-event.ts';
import { selfSource } from './self-source.ts';
import { agent, bodyOf, eventsOf, startMs } from './test-health-events.ts';

const own = [...connectorFields, ...xiqSource.fields];

/** A value for every fact there is. */
const allAttributes: Content['attributes'] = {
  'destination.name': 'elastic',
  'destination.type': 'elasticsearch',
  'destination.state': 'backing_off',
  'destination.since': '2026-01-01T00:00:00.000Z',
  source: 'xiq',
  count: 3,
  total: 5,
  period_seconds: 15.5,
  per_minute: 11.6,
  codes: ['heartbeat=2'],
  'lag.bodies': 1,
  'lag.bytes': 2,
  'lag.seconds': 0.5,
  'lag.events_in_flight': 0,
  events_per_second: 1.5,
  'counters.normalized': 9,
  'counters.delivered': 8,
  'counters.degraded': 0,
  'counters.duplicate': 0,
  'counters.dead_lettered': 1,
  'counters.filtered': 0,
  'counters.damaged': 0,
  'counters.unaccounted': 0,
  'counters.reconciled': true,
  held_events: 1,
  'dead_letters.open': 1,
  possible_duplicates: 0,
  plugin_faults: 0,
  'journal.bytes': 1,
  'journal.max_bytes': 2,
  'journal.free_bytes': 3,
  'journal.hours_until_full': 1.25,
  'gap.id': 'elastic:1-9',
  'gap.from_sequence': 1,
  'gap.to_sequence': 9,
  'gap.bodies': 9,
  'gap.bytes': 99,
  'silence.seconds': 700,
  'silence.habit_seconds': 20,
  'silence.last_received': '2026-01-01T00:00:00.000Z',
  'refused.by_address': ['::ffff:192.0.2.7=9', '2001:db8::1=2', 'fe80::1%eth0=1', 'unknown=1'],
  message_type: 'AUDIT_LOG_ALL',
  'completeness.hour': '2026-01-01T00:00:00.000Z',
  'completeness.xiq': 12,
  'completeness.kept': 10,
  'completeness.surplus': 0,
  'admin.call': 'reload',
  'admin.input': ['name=elastic'],
};

/** As `Object.keys`, with their type. */
const actions = Object.keys(eventTable).filter((name): name is HealthAction => name in eventTable);

const whole = (action: HealthAction): HealthEvent =>
  newHealthEvent(action, 'elastic', startMs, {
    reason: 'unauthorized',
    message: 'no such key',
    attributes: allAttributes,
  });

describe('every health event', () => {
  it.each(actions)('%s is a valid ECS document, with all facts and with none', (action) => {
    const [full, bare] = eventsOf(JSON.stringify([whole(action), newHealthEvent(action, 'x', startMs)]));
    expect([full, bare].map((event) => validateEcs(event?.document ?? {}, own))).toEqual([[], []]);
    expect(full?.document).toMatchObject({
      event: { action, dataset: 'extreme_xiq.connector', module: 'extreme_xiq', provider: 'xiq-siem-connector' },
      extreme: { xiq: { receipt: bodyOf('').receipt }, connector: { signal_version: 1, subject: 'elastic' } },
    });
  });

  it('has every fact in a field that destinations know, and no field is listed that none can fill', () => {
    const [event] = eventsOf(JSON.stringify([whole('heartbeat')]));
    const leaves = (value: object, path: string): string[] =>
      Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? leaves(inner, `${path}.${key}`)
          : [`${path}.${key}`],
      );
    const filled = leaves(Object(event?.document.extreme?.['connector']), 'extreme.connector');
    expect(filled.sort()).toEqual(connectorFields.map(({ name }) => name).sort());
    const names = new Set(xiqSource.fields.map(({ name }) => name));
    expect(connectorFields.filter(({ name }) => names.has(name))).toEqual([]);
  });
});

it('a refused credential stands where a SIEM looks for it', () => {
  const [event] = eventsOf(JSON.stringify([whole('credentials-refused')]));
  expect(event?.document).toMatchObject({
    event: { kind: 'alert', category: ['authentication'], type: ['start'], outcome: 'failure' },
    source: { ip: '192.0.2.7' },
    related: { ip: ['192.0.2.7', '2001:db8::1'] },
    log: { level: 'warning' },
  });
});

it('an admin call is a change of configuration, with its outcome', () => {
  const call = { call: 'resumeDestination', outcome: 'failure', code: 'not_found', input: { name: 'x' } } as const;
  const [event] = eventsOf(JSON.stringify([adminCall(call, startMs)]));
  expect(event?.document).toMatchObject({
    event: { category: ['configuration'], type: ['change'], outcome: 'failure', reason: 'not_found' },
    message: 'Admin call resumeDestination(name=x) was refused (not_found).',
  });
});

it('is not ingested before it was made, though the clock was set back', () => {
  const source = selfSource.create(
    { namespace: 'default' },
    { name: 'self', agent, log: createRecordingLogger(), meter: createRecordingMeter() },
  );
  const [event] = source.normalize(bodyOf(JSON.stringify([doctorProbe(startMs)])), startMs - 60_000);
  expect(event?.document.event).toMatchObject({
    created: '2026-01-01T00:00:00.000Z',
    ingested: '2026-01-01T00:00:00.000Z',
  });
});

it('reads health events of older releases, with the same ids', () => {
  const older = { version: 1, at: '2026-01-01T00:00:00.000Z', subject: 'elastic', reason: 'x', words: 'no such key' };
  const facts = { 'sum.normalized': 9, 'sum.difference': 1, 'sum.holds': false, 'gap.bodies': 2 };
  const actions = ['heartbeat', 'gap-opened', 'subscription-mended', 'public-url-wrong', 'source-heard'];
  const written = [...actions, 'signals-left-out'].map((action) => ({ ...older, action, facts }));
  const read = eventsOf(JSON.stringify(written));
  expect(read.map(({ document }) => document.event?.action)).toEqual([...actions, 'signals-left-out']);
  expect(read.map(({ document }) => validateEcs(document, own))).toEqual(read.map(() => []));
  expect(read[0]?.document).toMatchObject({
    error: { message: 'no such key' },
    extreme: { connector: { counters: { normalized: 9, unaccounted: 1, reconciled: false }, gap: { bodies: 2 } } },
  });
  expect(read.slice(0, 2).map(({ id }) => id)).toEqual([
    '159831919c9f09a88d9aad54b6b371f14748a5037',
    '17b6f29e54c2a703ee818983642cdbf967402825d',
  ]);
});

it('a heartbeat is a metric', () => {
  expect(eventsOf(JSON.stringify([whole('heartbeat')]))[0]?.document.event).toMatchObject({
    kind: 'metric',
    category: ['process'],
    type: ['info'],
    severity: 0,
  });
});

it("doctor's probe is marked as synthetic", () => {
  const [event] = eventsOf(JSON.stringify([doctorProbe(startMs)]));
  expect(event?.document).toMatchObject({
    tags: ['extreme_xiq', 'connector', 'synthetic'],
    message: 'A test event of xiq-siem doctor; nothing happened.',
    event: { action: 'doctor-probe' },
  });
});

it('ids are the same on every replay, and pinned: 1 and SHA-256 of time, action, subject and number', () => {
  const content = JSON.stringify([
    newHealthEvent('heartbeat', 'a', startMs),
    newHealthEvent('heartbeat', 'a', startMs),
  ]);
  const ids = eventsOf(content).map(({ id }) => id);
  expect(ids).toEqual(['188fa4094edea07ccc267d93952e99626bd1b70b9', '1e7c78766fb6345f5694d075603f5f35f3bdeea61']);
  const key = ['connector', String(startMs), 'heartbeat', 'a', '1'].map((part) => `${part.length}:${part}`).join('');
  expect(ids[0]).toBe(`1${hash('sha256', key, 'hex').slice(0, 40)}`);
  expect(eventsOf(content, startMs + 86_400_000).map(({ id }) => id)).toEqual(ids);
});

it('the original is the own text of each element, whatever stands in it', () => {
  const elements = [
    newHealthEvent('admin-call', 'a "],[{\\', startMs),
    newHealthEvent('heartbeat', 'b', startMs, { message: '\ud800 \u2028 ä' }),
    { text: 'a,b', '9': [1.5, { deep: ['\u0000'] }] },
    'a,b',
    null,
  ];
  const texts = elements.map((element) => JSON.stringify(element));
  const events = eventsOf(`[${texts}]`);
  expect(events.map(({ document }) => document.event?.original)).toEqual(texts);
  expect(events.map(({ document }) => document.event?.hash)).toEqual(texts.map((text) => hash('sha256', text, 'hex')));
  expect(events.map(({ element }) => element)).toEqual([0, 1, 2, 3, 4]);
});

describe('what an older version kept', () => {
  const kept = (action: string, more: object = {}) =>
    JSON.stringify([
      { version: 1, action, at: '2026-01-01T00:00:00.000Z', subject: 'archive', attributes: { count: 3 }, ...more },
    ]);

  it.each([
    ['destination-degraded', 'event', 47, 'warning', ['error']],
    ['dead-letters-growing', 'alert', 73, 'error', ['error']],
    ['journal-filling', 'alert', 73, 'error', ['error']],
    ['unknown-message-types', 'event', 21, 'notice', ['info']],
    ['pipeline-errors', 'event', 47, 'warning', ['error']],
  ])('is read though it is made no more: %s', (action, kind, severity, level, type) => {
    const meter = createRecordingMeter();
    const [event, ...more] = eventsOf(kept(action, { reason: 'rejected' }), startMs, meter);
    expect(more).toEqual([]);
    expect(event?.document).toMatchObject({
      event: { kind, severity, type, action, reason: 'rejected', dataset: 'extreme_xiq.connector' },
      log: { level },
      message: `An older version reported ${action} of archive (rejected).`,
      extreme: { connector: { subject: 'archive', count: 3 } },
    });
    expect(validateEcs(event?.document ?? {}, own)).toEqual([]);
    expect(meter.total('pipeline_errors')).toBe(0);
    const key = ['connector', String(startMs), action, 'archive', '1'].map((part) => `${part.length}:${part}`).join('');
    expect(event?.id).toBe(`1${hash('sha256', key, 'hex').slice(0, 40)}`);
  });

  it('is read with the facts of its time', () => {
    const attributes = { 'silence.seconds': 1_200, 'silence.habit_seconds': 60, total: 5 };
    const [event] = eventsOf(kept('source-silent', { attributes }));
    expect(event?.document).toMatchObject({
      event: { kind: 'alert', action: 'source-silent' },
      extreme: { connector: { silence: { seconds: 1_200, habit_seconds: 60 }, total: 5 } },
    });
  });

  it('is no event where no version ever made it', () => {
    const actions = ['toString', '__proto__', 'heart'];
    const codes = actions.map((action) => eventsOf(kept(action))[0]?.document.error?.code);
    expect(codes).toEqual(['not_a_health_event', 'not_a_health_event', 'not_a_health_event']);
  });
});

describe('what it cannot read', () => {
  const text = JSON.stringify(newHealthEvent('heartbeat', 'a', startMs));
  it.each([
    ['invalid_json', ''],
    ['invalid_json', '['],
    ['not_an_array', text],
    ['not_an_array', 'null'],
    ['too_many_elements', `[${'0,'.repeat(1_000)}0]`],
    ['not_a_health_event', '[null]'],
    ['not_a_health_event', `[${text.replace('"version":1', '"version":2')}]`],
    ['not_a_health_event', `[${text.replace('"version":1', '"version":1,"more":1')}]`],
    ['not_a_health_event', `[${text.replace('"attributes":{}', '"attributes":{"secret":"x"}')}]`],
    ['not_a_health_event', `[${text.replace('"a"', '"\\ud800"')}]`],
  ])('becomes a pipeline_error: %s, %#', (code, content) => {
    const meter = createRecordingMeter();
    const [event, ...more] = eventsOf(content, startMs, meter);
    expect(more).toEqual([]);
    const type = code === 'not_a_health_event' ? 'UnreadableElement' : 'UnreadableBody';
    expect(event?.document).toMatchObject({ event: { kind: 'pipeline_error' }, error: { code, type } });
    expect(validateEcs(event?.document ?? {}, own)).toEqual([]);
    expect(meter.total('pipeline_errors', { code })).toBe(1);
  });

  it('is bounded: a long text is cut, and its length told', () => {
    const content = `"${'ä'.repeat(200_000)}"`;
    const [event] = eventsOf(content);
    expect(Buffer.byteLength(event?.document.event?.original ?? '')).toBeLessThanOrEqual(262_144);
    expect(event?.document.extreme).toEqual({ xiq: { receipt: bodyOf('').receipt, original_bytes: 400_002 } });
  });

  it('never throws, whatever a body holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.array(fc.json()).map((all) => `[${all}]`),
        ),
        (content) => {
          const faults = eventsOf(content).flatMap(({ document }) => validateEcs(document, own));
          expect(faults).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
    expect(eventsOf('['.repeat(200_000) + ']'.repeat(200_000))).toHaveLength(1);
  });
});

it('nobody can send as it', () => {
  const source = selfSource.create(
    { namespace: 'default' },
    { name: 'self', agent, log: createRecordingLogger(), meter: createRecordingMeter() },
  );
  expect(source.accepts('AUDIT_LOG_ALL')).toBe(false);
  expect(source.authenticate({ header: () => 'x', bytes: new Uint8Array() }, [])).toEqual({ ok: false });
});

it('counts its events, so that they can be told from those of others', () => {
  const meter = createRecordingMeter();
  eventsOf(JSON.stringify([doctorProbe(startMs), doctorProbe(startMs)]), startMs, meter);
  eventsOf('[]', startMs, meter);
  expect(meter.total('events', { dataset: 'extreme_xiq.connector' })).toBe(2);
  expect(meter.total('empty_bodies')).toBe(1);
});
