import type { FieldDefinition } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { validateEcs } from './ecs-validator.ts';

const valid = {
  '@timestamp': '2021-11-08T02:06:27.553Z',
  ecs: { version: '9.4.0' },
  message: 'Logged in',
  tags: ['forwarded'],
  labels: { site: 'berlin' },
  data_stream: { type: 'logs', dataset: 'extreme_xiq.audit', namespace: 'default' },
  event: {
    kind: 'event',
    category: ['authentication', 'session'],
    type: ['end'],
    outcome: 'success',
    dataset: 'extreme_xiq.audit',
    created: '2021-11-08T02:06:28.010Z',
    ingested: '2021-11-08T02:06:29.000Z',
    duration: 5,
  },
  client: { mac: 'AA-BB-CC-DD-EE-FF', ip: '2001:db8::1', geo: { location: { lat: 45.1, lon: 12.2 } } },
  observer: { mac: ['AA-BB-CC-DD-EE-FF'], ip: ['192.0.2.1'] },
  extreme: { xiq: { audit: { category_id: 1 }, extra: { any: [{ thing: null }] } } },
};

/** The valid document with one dotted field set, or removed by undefined. */
function withField(name: string, value: unknown): object {
  const copy: Record<string, unknown> = structuredClone(valid);
  const path = name.split('.');
  const leaf = path.pop() ?? '';
  let node = copy;
  for (const part of path) {
    const next = { ...(node[part] as Record<string, unknown> | undefined) };
    node[part] = next;
    node = next;
  }
  node[leaf] = value;
  return copy;
}

it('accepts a valid document', () => {
  expect(validateEcs(valid)).toEqual([]);
});

it.each<[string, unknown, string]>([
  // Names.
  ['colour', 'red', 'colour: is not an ECS field'],
  ['event.colour', 'red', 'event.colour: is not an ECS field'],
  ['extreme.other', 'x', 'extreme.other: is not an ECS field'],
  ['event.action.deeper', 'x', 'event.action.deeper: is not an ECS field'],
  ['user.nothing', {}, 'user.nothing: is not an ECS field'],
  // Arrays.
  ['event.category', 'session', 'event.category: must be an array'],
  ['event.outcome', ['success'], 'event.outcome: must be a single value'],
  ['client.mac', ['AA-BB-CC-DD-EE-FF'], 'client.mac: must be a single value'],
  ['observer.mac', 'AA-BB-CC-DD-EE-FF', 'observer.mac: must be an array'],
  ['tags', [], 'tags: is an empty array, must be omitted'],
  ['user.name', null, 'user.name: is null, must be omitted'],
  // Values.
  ['event.kind', 'happening', 'event.kind: "happening" is not an allowed value'],
  ['event.category', ['nonsense', 'session'], 'event.category: "nonsense" is not an allowed value'],
  ['event.outcome', 'maybe', 'event.outcome: "maybe" is not an allowed value'],
  ['event.type', ['creation'], 'event.type: creation is not expected for authentication, session'],
  // Patterns.
  ['client.mac', 'aa:bb:cc:dd:ee:ff', 'client.mac: "aa:bb:cc:dd:ee:ff" does not match ^[A-F0-9]{2}(-[A-F0-9]{2}){5,}$'],
  ['observer.mac', ['AABBCCDDEEFF'], 'observer.mac: "AABBCCDDEEFF" does not match ^[A-F0-9]{2}(-[A-F0-9]{2}){5,}$'],
  // Types.
  ['event.code', 10001, 'event.code: must be a non-empty, well-formed string'],
  ['user.name', '', 'user.name: must be a non-empty, well-formed string'],
  ['message', '\ud800', 'message: must be a non-empty, well-formed string'],
  ['event.duration', 1.5, 'event.duration: must be a safe integer'],
  ['event.duration', '5', 'event.duration: must be a safe integer'],
  ['event.duration', 2 ** 53, 'event.duration: must be a safe integer'],
  ['client.ip', '192.0.2.300', 'client.ip: must be an IP address'],
  ['client.ip', 'fe80::1%eth0', 'client.ip: must be an IP address'],
  ['event.end', '2021-11-08', 'event.end: must be an RFC 3339 time'],
  ['event.end', 1636337187553, 'event.end: must be an RFC 3339 time'],
  ['event.end', '2021-13-08T00:00:00Z', 'event.end: must be an RFC 3339 time'],
  ['client.geo.location', { lat: 91, lon: 0 }, 'client.geo.location: must be an object of lat and lon'],
  ['client.geo.location', { lat: 1, lng: 2 }, 'client.geo.location: must be an object of lat and lon'],
  ['labels', { site: 5 }, 'labels.site: must be a string'],
  ['labels', { 'a.b': 'x' }, 'labels: "a.b" is not a valid label name'],
  ['labels', 'site', 'labels: must be an object'],
  // Required and consistent fields.
  ['@timestamp', undefined, '@timestamp: is missing'],
  ['ecs.version', undefined, 'ecs.version: is missing'],
  ['event.dataset', 'extreme_xiq.auth', 'event.dataset: is not the same as data_stream.dataset'],
  ['@timestamp', '2021-11-08T02:20:00.000Z', '@timestamp: is later than event.created'],
  ['event.created', '2021-11-08T02:06:30.000Z', 'event.created: is later than event.ingested'],
])('finds the fault of %s: %j', (name, value, fault) => {
  expect(validateEcs(withField(name, value))).toEqual([fault]);
});

it('finds a start after an end', () => {
  const document = { ...valid, event: { ...valid.event, start: '2021-11-08T02:00:01Z', end: '2021-11-08T02:00:00Z' } };
  expect(validateEcs(document)).toEqual(['event.start: is later than event.end']);
});

it('accepts a clock that is minutes ahead', () => {
  expect(validateEcs(withField('@timestamp', '2021-11-08T02:16:00.000Z'))).toEqual([]);
});

it('accepts every type of an event without a category', () => {
  const { category: _, ...event } = valid.event;
  expect(validateEcs({ ...valid, event: { ...event, type: ['info'] } })).toEqual([]);
});

it('validates declared vendor fields', () => {
  const own: readonly FieldDefinition[] = [
    { name: 'extreme.xiq.audit.category_id', type: 'long' },
    { name: 'extreme.xiq.device.ids', type: 'keyword', array: true },
    { name: 'extreme.xiq.extra', type: 'flattened' },
  ];
  const faults = (xiq: object) => validateEcs({ ...valid, extreme: { xiq } }, own);
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  expect(faults(valid.extreme.xiq)).toEqual([]);
  expect(faults({ other: 1 })).toEqual(['extreme.xiq.other: is not a declared vendor field']);
  expect(faults({ audit: { category_id: 'one' } })).toEqual(['extreme.xiq.audit.category_id: must be a safe integer']);
  expect(faults({ device: { ids: '5' } })).toEqual(['extreme.xiq.device.ids: must be an array']);
  expect(faults({ extra: 'text' })).toEqual(['extreme.xiq.extra: must be an object']);
  expect(faults({ extra: { '': 1 } })).toEqual(['extreme.xiq.extra: has the key ""']);
  expect(faults({ extra: { 'a\0b': 1 } })).toEqual(['extreme.xiq.extra: has the key "a\\u0000b"']);
  expect(faults({ extra: deep(21) })).toEqual(['extreme.xiq.extra: nests deeper than 20 levels']);
  expect(faults({ extra: { a: ['x'.repeat(32_765)] } })).toEqual([
    'extreme.xiq.extra: holds a term of 32767 bytes, more than 32766',
  ]);
});
