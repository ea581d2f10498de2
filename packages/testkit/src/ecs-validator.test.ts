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

/** The valid document with one dotted field set, or with undefined taken out. */
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

it('finds no fault in a valid document', () => {
  expect(validateEcs(valid)).toEqual([]);
});

it.each<[string, unknown, string]>([
  // Names.
  ['colour', 'red', 'colour: is no field of ECS'],
  ['event.colour', 'red', 'event.colour: is no field of ECS'],
  ['extreme.other', 'x', 'extreme.other: is no field of ECS'],
  ['event.action.deeper', 'x', 'event.action.deeper: is no field of ECS'],
  ['user.nothing', {}, 'user.nothing: is no field of ECS'],
  // Shapes.
  ['event.category', 'session', 'event.category: must be an array'],
  ['event.outcome', ['success'], 'event.outcome: must be one value, no array'],
  ['client.mac', ['AA-BB-CC-DD-EE-FF'], 'client.mac: must be one value, no array'],
  ['observer.mac', 'AA-BB-CC-DD-EE-FF', 'observer.mac: must be an array'],
  ['tags', [], 'tags: is an empty array, must be left out'],
  ['user.name', null, 'user.name: is null, must be left out'],
  // Values.
  ['event.kind', 'happening', 'event.kind: "happening" is no allowed value'],
  ['event.category', ['nonsense', 'session'], 'event.category: "nonsense" is no allowed value'],
  ['event.outcome', 'maybe', 'event.outcome: "maybe" is no allowed value'],
  ['event.type', ['creation'], 'event.type: creation is not expected of authentication, session'],
  // Patterns.
  ['client.mac', 'aa:bb:cc:dd:ee:ff', 'client.mac: "aa:bb:cc:dd:ee:ff" does not match ^[A-F0-9]{2}(-[A-F0-9]{2}){5,}$'],
  ['observer.mac', ['AABBCCDDEEFF'], 'observer.mac: "AABBCCDDEEFF" does not match ^[A-F0-9]{2}(-[A-F0-9]{2}){5,}$'],
  // Types.
  ['event.code', 10001, 'event.code: must be a text that is not empty and has no half of a character'],
  ['user.name', '', 'user.name: must be a text that is not empty and has no half of a character'],
  ['message', '\ud800', 'message: must be a text that is not empty and has no half of a character'],
  ['event.duration', 1.5, 'event.duration: must be a whole number that a double carries'],
  ['event.duration', '5', 'event.duration: must be a whole number that a double carries'],
  ['event.duration', 2 ** 53, 'event.duration: must be a whole number that a double carries'],
  ['client.ip', '192.0.2.300', 'client.ip: must be an IP address'],
  ['client.ip', 'fe80::1%eth0', 'client.ip: must be an IP address'],
  ['event.end', '2021-11-08', 'event.end: must be a time as RFC 3339 writes it'],
  ['event.end', 1636337187553, 'event.end: must be a time as RFC 3339 writes it'],
  ['event.end', '2021-13-08T00:00:00Z', 'event.end: must be a time as RFC 3339 writes it'],
  ['client.geo.location', { lat: 91, lon: 0 }, 'client.geo.location: must be a point of lat and lon'],
  ['client.geo.location', { lat: 1, lng: 2 }, 'client.geo.location: must be a point of lat and lon'],
  ['labels', { site: 5 }, 'labels.site: must be a text'],
  ['labels', { 'a.b': 'x' }, 'labels: "a.b" is no name of a label'],
  ['labels', 'site', 'labels: must be an object'],
  // What must be there, and agree.
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

it('lets a clock that is minutes ahead pass', () => {
  expect(validateEcs(withField('@timestamp', '2021-11-08T02:16:00.000Z'))).toEqual([]);
});

it('expects nothing of the types of an event without a category', () => {
  const { category: _, ...event } = valid.event;
  expect(validateEcs({ ...valid, event: { ...event, type: ['info'] } })).toEqual([]);
});

it('holds own fields to their declaration, where there is one', () => {
  const own: readonly FieldDefinition[] = [
    { name: 'extreme.xiq.audit.category_id', type: 'long' },
    { name: 'extreme.xiq.device.ids', type: 'keyword', array: true },
    { name: 'extreme.xiq.extra', type: 'flattened' },
  ];
  const faults = (xiq: object) => validateEcs({ ...valid, extreme: { xiq } }, own);
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  expect(faults(valid.extreme.xiq)).toEqual([]);
  expect(faults({ other: 1 })).toEqual(['extreme.xiq.other: is not one of the declared own fields']);
  expect(faults({ audit: { category_id: 'one' } })).toEqual([
    'extreme.xiq.audit.category_id: must be a whole number that a double carries',
  ]);
  expect(faults({ device: { ids: '5' } })).toEqual(['extreme.xiq.device.ids: must be an array']);
  expect(faults({ extra: 'text' })).toEqual(['extreme.xiq.extra: must be an object']);
  expect(faults({ extra: { '': 1 } })).toEqual(['extreme.xiq.extra: has the key ""']);
  expect(faults({ extra: { 'a\0b': 1 } })).toEqual(['extreme.xiq.extra: has the key "a\\u0000b"']);
  expect(faults({ extra: deep(21) })).toEqual(['extreme.xiq.extra: nests deeper than 20 levels']);
  expect(faults({ extra: { a: ['x'.repeat(32_765)] } })).toEqual([
    'extreme.xiq.extra: holds a term of 32767 bytes, more than 32766',
  ]);
});
