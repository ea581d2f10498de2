// Invalid and unusual bodies, and their documents.
import { createHash } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { maxOriginalBytes } from './document/base-document.ts';
import { mappers } from './mappings/table.ts';
import { bodyOf, eventsOf, eventsOfValue, receivedAtMs, testSource } from './test-source.ts';

const type = 'AUDIT_LOG_ALL';
const login = { timeStamp: 1636337187553, userId: 1, code: 10001, description: 'Logged in' };
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const fields = (count: number): string => Array.from({ length: count }, (_, n) => `"k${n}":1`).join();
const xiq = (event: ReturnType<typeof eventsOf>[number] | undefined): object =>
  Object(event?.document.extreme?.['xiq']);

it.each<[string, string | Buffer, string]>([
  ['nothing', '', 'empty'],
  ['only space', ' \n', 'empty'],
  ['only a byte order mark', '\ufeff', 'empty'],
  ['no JSON', 'hello', 'invalid_json'],
  ['half of an array', '[{"a":1},', 'invalid_json'],
  ['something after the array', '[{"a":1}] x', 'invalid_json'],
  ['an array and an object', '[{"a":1}]{"b":2}', 'invalid_json'],
  ['lines of JSON', '{"a":1}\n{"b":2}', 'invalid_json'],
  ['NaN', '[{"a":NaN}]', 'invalid_json'],
  ['a number', '5', 'not_array_or_object'],
  ['a text', '"text"', 'not_array_or_object'],
  ['null', 'null', 'not_array_or_object'],
  ['65 levels', nested(65), 'too_deep'],
  ['100,000 levels', nested(100_000), 'too_deep'],
  ['100,001 elements', `[${'{},'.repeat(100_000)}{}]`, 'too_many_elements'],
  ['100,001 observations', `{"observations":[${'{},'.repeat(100_000)}{}]}`, 'too_many_elements'],
  // I1: 8 kB of gzip, and 2 s of work.
  ['2.7 million objects in an element', `[{"a":[${'{},'.repeat(2_699_999)}{}]}]`, 'too_many_values'],
  ['500,000 fields in an object', `[{${fields(500_000)}}]`, 'too_many_fields'],
  ['10,001 times the same field', `[{${'"a":1,'.repeat(10_000)}"a":1}]`, 'too_many_fields'],
  ['a million texts of one letter', `[{"a":[${'"x",'.repeat(999_997)}1]}]`, 'too_many_values'],
])('%s is one document with the fault and the raw text', (_, content, code) => {
  const events = eventsOf(content, type);
  expect(events).toHaveLength(1);
  const [{ element, dataset, document } = { element: -1, dataset: '', document: {} }] = events;
  expect({ element, dataset, kind: document.event?.kind, code: document.error?.code }).toEqual({
    element: 0,
    dataset: 'extreme_xiq.unparsed',
    kind: 'pipeline_error',
    code,
  });
  const text = Buffer.from(content).toString('utf8').replace('\ufeff', '');
  expect(document.event?.original ?? '').toBe(text.slice(0, maxOriginalBytes));
});

it.each([
  ['in an object', '"a":{"b":[INSIDE]}'],
  ['in a list of observations', '"a":1,"observations":[INSIDE]'],
  ['beside observations', '"a":[INSIDE],"observations":[{}]'],
  ['beside a repeated name', '"a":[INSIDE],"a":[INSIDE]'],
])('I1: an element with more than 10,000 values %s is a fault, and the other elements are read', (_, content) => {
  const large = `{${content.replaceAll('INSIDE', `${'{},'.repeat(9_999)}{}`)}}`;
  const isObserved = content.includes('"observations":[INSIDE');
  const events = eventsOf(`[${JSON.stringify(login)},${large},${JSON.stringify(login)}]`, type);
  const codes = events.map(({ document }) => document.error?.code);
  if (isObserved) return expect(codes).toEqual(Array(10_002).fill(undefined));
  expect(codes).toEqual([undefined, 'element_too_many_values', undefined]);
  expect(events[1]?.document.event?.original).toBe(large);
});

it('accepts 64 levels, and an array or a single object', () => {
  expect(eventsOf(nested(64), type)[0]?.document.error?.code).toBe('element_not_object');
  expect(eventsOfValue([login], type)).toEqual(eventsOfValue(login, type));
  expect(eventsOf('[]', type)).toEqual([]);
  expect(eventsOf('\ufeff[{}]', type)).toHaveLength(1);
});

it.each([
  ['elements', `[${'{},'.repeat(99_999)}{}]`],
  ['observations', `{"observations":[${'{},'.repeat(99_999)}{}]}`],
])('accepts 100,000 %s', (_, content) => {
  // The first event is enough: the elements are lazy.
  const [first] = testSource().normalize(bodyOf(content, { messageType: type }), receivedAtMs);
  expect(first?.dataset).toBe('extreme_xiq.audit');
});

it('an element that is not an object does not affect other elements', () => {
  const events = eventsOf(`[1,"x",null,[{},5],true,${JSON.stringify(login)}]`, type);
  expect(events.map(({ document }) => document.event?.original)).toEqual([
    '1',
    '"x"',
    'null',
    '[{},5]',
    'true',
    JSON.stringify(login),
  ]);
  expect(events.map(({ dataset }) => dataset)).toEqual([...Array(5).fill('extreme_xiq.unparsed'), 'extreme_xiq.audit']);
});

it('event.original is the exact text of the element', () => {
  const text = '{ "code" : 10001,"\\u0061":"\\ud800 é",  "n":1.0e0 }';
  expect(eventsOf(`[ {} ,${text} ]`, type)[1]?.document.event?.original).toBe(text);
});

it('numbers that a double cannot represent keep every digit', () => {
  const [event] = eventsOf('[{"id":9223372036854775807,"userId":9007199254740993,"odd":[1e400,-0,1.5]}]', type);
  expect(event?.document.user?.id).toBe('9007199254740993');
  expect(xiq(event)).toMatchObject({ id: '9223372036854775807', extra: { odd: ['1e400', '-0', 1.5] } });
});

it('an original above 256 KiB is truncated at a character; the document has its full size and hash', () => {
  const text = JSON.stringify({ ...login, note: 'é😀'.repeat(60_000) });
  const [event] = eventsOf(text, type);
  const original = event?.document.event?.original ?? '';
  expect(text.startsWith(original)).toBe(true);
  expect(original.isWellFormed()).toBe(true);
  expect(maxOriginalBytes - Buffer.byteLength(original)).toBeLessThan(4);
  expect(xiq(event)).toMatchObject({ original_bytes: Buffer.byteLength(text) });
  expect(event?.document.event?.hash).toBe(createHash('sha256').update(text).digest('hex'));
});

it('an original of 256 KiB is not truncated', () => {
  const text = JSON.stringify({ note: 'x'.repeat(maxOriginalBytes - '{"note":""}'.length) });
  const [event] = eventsOf(text, type);
  expect(event?.document.event?.original).toBe(text);
  expect(xiq(event)).not.toHaveProperty('original_bytes');
});

it('different invalid UTF-8 bytes are two events, although their text is equal', () => {
  const idOf = (byte: number): string | undefined => {
    const bytes = Buffer.from(JSON.stringify({ ...login, description: 'a?' }));
    bytes[bytes.indexOf('?')] = byte;
    return eventsOf(bytes, type)[0]?.id;
  };
  expect(idOf(0xff)).not.toBe(idOf(0xfe));
});

it('invalid UTF-8 bytes are kept, and do not affect other elements', () => {
  const bad = Buffer.concat([Buffer.from('{"note":"a'), Buffer.from([0xff, 0xfe, 0xe2, 0x82]), Buffer.from('"}')]);
  const body = Buffer.concat([Buffer.from('[{"note":"é"},'), bad, Buffer.from(',{"note":"\ufffd"}]')]);
  const [before, event, after] = eventsOf(body, type);
  expect(xiq(event)).toMatchObject({ original_base64: bad.toString('base64') });
  expect(event?.document.event?.original).toBe(bad.toString('utf8'));
  expect(event?.document.event?.hash).toBe(createHash('sha256').update(bad).digest('hex'));
  for (const good of [before, after]) expect(xiq(good)).not.toHaveProperty('original_base64');
  const other = Buffer.from(body);
  other[other.indexOf(0xff)] = 0xfd;
  expect(eventsOf(other, type)[1]?.id).not.toBe(event?.id);
});

it('invalid UTF-8 bytes in an observation affect only that observation', () => {
  const bad = Buffer.concat([Buffer.from('{"ssid":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  const body = Buffer.concat([Buffer.from('{"site":"é","observations":[{"ssid":"é"},'), bad, Buffer.from(']}')]);
  const [good, event] = eventsOf(body, 'LOCATION_AP_CENTRIC');
  expect(xiq(good)).not.toHaveProperty('original_base64');
  expect(xiq(event)).toMatchObject({ original_base64: bad.toString('base64') });
});

it('each observation is an event with the fields of its parent', () => {
  const body = { apMac: 'c413e2aabb00', site: 'Berlin', observations: [{ clientMac: 'dcac3da506b4', site: 'x' }, 5] };
  const [seen, odd, next] = eventsOfValue([body, {}], 'LOCATION_AP_CENTRIC');
  expect(seen?.document.observer?.mac).toEqual(['C4-13-E2-AA-BB-00']);
  expect(xiq(seen)).toMatchObject({ extra: { site: 'x', site_2: 'Berlin' } });
  expect(odd?.document.error?.code).toBe('element_not_object');
  expect(xiq(odd)).toMatchObject({ extra: { apMac: 'c413e2aabb00', site: 'Berlin' } });
  expect([seen, odd, next].map((event) => event?.element)).toEqual([0, 1, 2]);
  expect(eventsOfValue({ observations: [] }, 'LOCATION_AP_CENTRIC')).toHaveLength(1);
});

it('a field of an observation takes precedence over its parent, under any of its names', () => {
  const seen = { clientMac: 'dcac3da506b4', time_stamp: 1_636_337_187_000, vhm_id: 2 };
  const body = { apMac: 'c413e2aabb00', timestamp: 1_636_337_100_000, ownerId: 1, observations: [seen] };
  expect(eventsOfValue(body, 'LOCATION_AP_CENTRIC')[0]?.document).toMatchObject({
    '@timestamp': new Date(seen.time_stamp).toISOString(),
    cloud: { account: { id: '2' } },
    extreme: { xiq: { extra: { timestamp: body.timestamp, ownerId: 1 } } },
  });
});

it('a parent of 4,096 characters is copied into each observation', () => {
  const second = (length: number) => {
    const around = JSON.stringify({ site: '', observations: 0 }).length - 1;
    const site = 'x'.repeat(length - around);
    return eventsOfValue({ site, observations: [{ rssi: -1 }, { rssi: -2 }] }, 'LOCATION_AP_CENTRIC')[1];
  };
  expect(xiq(second(4_096))).toHaveProperty('extra.site');
  expect(xiq(second(4_097))).not.toHaveProperty('extra');
});

it('parents are copied up to 16 MiB in a body', () => {
  const site = 'x'.repeat(4_000);
  const observations = Array.from({ length: 4_300 }, () => ({ rssi: -1 }));
  const events = eventsOfValue({ site, observations }, 'LOCATION_AP_CENTRIC');
  const copied = events.filter((event) => Object.hasOwn(Object(xiq(event)), 'extra')).length;
  expect(copied).toBe(Math.floor((16 * 1024 ** 2) / (JSON.stringify({ site, observations: 0 }).length - 1)));
});

it('of a large parent, values of up to 1,024 characters are read for each observation', () => {
  const second = (length: number) => {
    const parent = { ssid: 's'.repeat(length), site: 'x'.repeat(5_000) };
    return eventsOfValue({ ...parent, observations: [{ rssi: -1 }, { rssi: -2 }] }, 'LOCATION_AP_CENTRIC')[1];
  };
  expect(second(1_024)?.document.network?.name).toHaveLength(1_024);
  expect(second(1_025)?.document.network).toBeUndefined();
});

it('a larger parent is copied only into its first observation', () => {
  const parent = { apMac: 'c413e2aabb00', site: 'x'.repeat(20_000) };
  const [first, second] = eventsOfValue(
    { ...parent, observations: [{ rssi: -1 }, { rssi: -2 }] },
    'LOCATION_AP_CENTRIC',
  );
  expect(xiq(first)).toHaveProperty('extra.site');
  expect(xiq(second)).not.toHaveProperty('extra');
  expect(second?.document.observer?.mac).toEqual(['C4-13-E2-AA-BB-00']);
});

it('a field of the sender with the name of a document field stays in extra', () => {
  const [event] = eventsOfValue(
    { '@timestamp': 'x', 'event.id': 'x', event: { id: 'x' }, _index: 'x', ...login },
    type,
  );
  expect(event?.document.event?.id).toBe(event?.id);
  expect(xiq(event)).toMatchObject({
    extra: { '@timestamp': 'x', 'event.id': 'x', event: { id: 'x' }, _index: 'x' },
  });
});

it('an internal error affects only its element, and its document has the full text', () => {
  const fault = vi.spyOn(mappers.audit, 'map').mockImplementationOnce(() => {
    throw new Error('a bug');
  });
  const [event, next] = eventsOfValue([login, login], type);
  fault.mockRestore();
  expect(event?.document).toMatchObject({
    error: { code: 'mapping_failed', message: 'The element could not be mapped: a bug' },
    event: { kind: 'pipeline_error', original: JSON.stringify(login) },
  });
  expect(next?.dataset).toBe('extreme_xiq.audit');
});

it.each([
  ['a long list', { hostNames: Array.from({ length: 200_000 }, (_, index) => index) }],
  ['a name full of dots', { userName: `a@${'.'.repeat(500_000)} ` }],
  ['a number full of zeros', JSON.parse(`{"text":"1${'0'.repeat(500_000)}1"}`)],
  ['many keys', Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`key ${index}`, index]))],
  [
    'many observations of a parent with many keys',
    {
      ...Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key ${index}`, index])),
      observations: Array.from({ length: 20_000 }, () => ({ clientMac: 'hashed' })),
    },
  ],
  [
    'many long keys that begin alike',
    Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => ['k'.repeat(200) + index, index])),
  ],
])('%s takes time in proportion to its length', (_, fields) => {
  // CPU time of this thread, so that other processes do not count.
  const start = process.threadCpuUsage();
  const text = JSON.stringify({ ...login, ...fields }).replace(/"text":"(\d+)"/, '"number":$1');
  expect(eventsOf(text, type).length).toBeGreaterThan(0);
  expect(eventsOf(text).length).toBeGreaterThan(0);
  const { user, system } = process.threadCpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(5_000);
});
