import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRecordingLogger, createRecordingMeter, validateEcs } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Content, connectorFields } from './content.ts';
import { eventTable, type HealthAction } from './event-table.ts';
import { adminCall, doctorProbe, type HealthEvent, newHealthEvent } from './health-event.ts';
import { selfSource } from './self-source.ts';
import { agent, bodyOf, eventsOf, startMs } from './test-health-events.ts';

const own = [...connectorFields, ...xiqSource.fields];

/** A value for each attribute. */
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
  blocked_events: 1,
  'dead_letters.open': 1,
  'dead_letters.parked': 1,
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

/** `Object.keys` with their type. */
const actions = Object.keys(eventTable).filter((name): name is HealthAction => name in eventTable);

const fullEvent = (action: HealthAction): HealthEvent =>
  newHealthEvent(action, 'elastic', startMs, {
    reason: 'unauthorized',
    message: 'no such key',
    attributes: allAttributes,
  });

describe('every health event', () => {
  it.each(actions)('%s is a valid ECS document, with all attributes and with none', (action) => {
    const [full, bare] = eventsOf(JSON.stringify([fullEvent(action), newHealthEvent(action, 'x', startMs)]));
    expect([full, bare].map((event) => validateEcs(event?.document ?? {}, own))).toEqual([[], []]);
    expect(full?.document).toMatchObject({
      event: { action, dataset: 'extreme_xiq.connector', module: 'extreme_xiq', provider: 'xiq-siem-connector' },
      extreme: {
        xiq: { source: 'self', receipt: bodyOf('').receipt },
        connector: { schema_version: 2, subject: 'elastic' },
      },
    });
  });

  it('has a declared field for every attribute, and every declared field has an attribute', () => {
    const [event] = eventsOf(JSON.stringify([fullEvent('heartbeat')]));
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

it('control characters in the message of a server are visible', () => {
  const event = newHealthEvent('destination-misconfigured', 'elastic', startMs, { message: 'no \u001b[2J\nkey' });
  const document = eventsOf(JSON.stringify([event]))[0]?.document;
  expect(document?.message).toContain('no \\u001b[2J\\u000akey');
  expect(document?.error?.message).toBe('no \\u001b[2J\\u000akey');
});

it('a refused credential has the ECS fields of a failed authentication', () => {
  const [event] = eventsOf(JSON.stringify([fullEvent('credentials-refused')]));
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
    message: 'Admin call resumeDestination(name=x) failed (not_found).',
  });
});

it('event.ingested is not before event.created, also when the clock was set back', () => {
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

it('a heartbeat is a metric', () => {
  expect(eventsOf(JSON.stringify([fullEvent('heartbeat')]))[0]?.document.event).toMatchObject({
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
    message: 'Test event of xiq-siem doctor.',
    event: { action: 'doctor-probe' },
  });
});

it('ids are the same on every replay: 1 and SHA-256 of time, action, subject and number', () => {
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

it('event.original is the exact text of each element', () => {
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

describe('a health event of an older version', () => {
  const storedBody = (action: string, more: object = {}) =>
    JSON.stringify([
      { version: 1, action, at: '2026-01-01T00:00:00.000Z', subject: 'archive', facts: { count: 3 }, ...more },
    ]);

  it.each([
    ['destination-degraded', 'event', 47, 'warning', ['error']],
    ['dead-letters-growing', 'alert', 73, 'error', ['error']],
    ['journal-filling', 'alert', 73, 'error', ['error']],
    ['unknown-message-types', 'event', 21, 'notice', ['info']],
    ['pipeline-errors', 'event', 47, 'warning', ['error']],
  ])('is read although no current version creates it: %s', (action, kind, severity, level, type) => {
    const meter = createRecordingMeter();
    const [event, ...more] = eventsOf(storedBody(action, { reason: 'rejected' }), startMs, meter);
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

  it('keeps attributes that only older versions had', () => {
    const facts = { 'silence.seconds': 1_200, 'silence.habit_seconds': 60, total: 5 };
    const [event] = eventsOf(storedBody('source-silent', { facts }));
    expect(event?.document).toMatchObject({
      event: { kind: 'alert', action: 'source-silent' },
      extreme: { connector: { silence: { seconds: 1_200, habit_seconds: 60 }, total: 5 } },
    });
  });

  it('is unreadable with an action that no version had', () => {
    const actions = ['toString', '__proto__', 'heart'];
    const codes = actions.map((action) => eventsOf(storedBody(action))[0]?.document.error?.code);
    expect(codes).toEqual(['not_a_health_event', 'not_a_health_event', 'not_a_health_event']);
  });
});

describe('a health event of version 1', async () => {
  const stored = z.array(z.object({ text: z.string(), ids: z.array(z.string()) }));
  const file = new URL('../fixtures/version-1.json', import.meta.url);
  const bodies = stored.parse(JSON.parse(await readFile(file, 'utf8')));
  const events = bodies.flatMap(({ text }) => eventsOf(text, startMs + 86_400_000));

  it('has the id that its version gave it, and its stored text', () => {
    expect(events.map(({ id }) => id)).toEqual(bodies.flatMap(({ ids }) => ids));
    const originals = bodies.map(({ text }) => eventsOf(text).map(({ document }) => document.event?.original));
    expect(originals.map((elements) => `[${elements}]`)).toEqual(bodies.map(({ text }) => text));
  });

  it('is a valid document under the current names', () => {
    expect(events.flatMap(({ document }) => validateEcs(document, own))).toEqual([]);
    const found = new Map(events.map(({ document }) => [document.event?.action, document]));
    const renamedActions = [
      'retention-gap-opened',
      'source-recovered',
      'subscription-fixed',
      'public-url-check-failed',
      'health-events-dropped',
    ];
    expect([...found.keys()]).toEqual(expect.arrayContaining(renamedActions));
    expect([...found.keys()]).not.toContain(undefined);
    expect(found.get('destination-down')?.error?.message).toBe('connect ECONNREFUSED');
    expect(found.get('retention-gap-opened')?.message).toMatch(/^Destination archive lost 5 requests/);
    expect(found.get('heartbeat')?.extreme?.['connector']).toMatchObject({
      schema_version: 2,
      counters: { normalized: 0, dead_lettered: 0, damaged: 0, unaccounted: 0, reconciled: true },
      blocked_events: 2,
    });
  });
});

describe('an unreadable body or element', () => {
  const text = JSON.stringify(newHealthEvent('heartbeat', 'a', startMs));
  it.each([
    ['invalid_json', ''],
    ['invalid_json', '['],
    ['not_an_array', text],
    ['not_an_array', 'null'],
    ['too_many_elements', `[${'0,'.repeat(1_000)}0]`],
    ['not_a_health_event', '[null]'],
    ['not_a_health_event', `[${text.replace('"version":2', '"version":3')}]`],
    ['not_a_health_event', `[${text.replace('"version":2', '"version":2,"more":1')}]`],
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

  it('has a limited event.original, and the length of the full text', () => {
    const content = `"${'ä'.repeat(200_000)}"`;
    const [event] = eventsOf(content);
    expect(Buffer.byteLength(event?.document.event?.original ?? '')).toBeLessThanOrEqual(262_144);
    expect(event?.document.extreme).toEqual({
      xiq: { source: 'self', receipt: bodyOf('').receipt, original_bytes: 400_002 },
    });
  });

  it('never throws, whatever the body contains', () => {
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

it('no sender can send as self', () => {
  const source = selfSource.create(
    { namespace: 'default' },
    { name: 'self', agent, log: createRecordingLogger(), meter: createRecordingMeter() },
  );
  expect(source.accepts('AUDIT_LOG_ALL')).toBe(false);
  expect(source.authenticate({ header: () => 'x', bytes: new Uint8Array() }, [])).toEqual({ ok: false });
});

it('counts its events and empty bodies', () => {
  const meter = createRecordingMeter();
  eventsOf(JSON.stringify([doctorProbe(startMs), doctorProbe(startMs)]), startMs, meter);
  eventsOf('[]', startMs, meter);
  expect(meter.total('events', { dataset: 'extreme_xiq.connector' })).toBe(2);
  expect(meter.total('empty_bodies')).toBe(1);
});
