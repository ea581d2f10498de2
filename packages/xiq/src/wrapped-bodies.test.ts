// Documents of bodies in envelopes, in other charsets, and with repeated names.
import { createHash } from 'node:crypto';
import type { NormalizedEvent } from '@xiq-siem/core';
import { validateEcs } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { xiqSource } from './source.ts';
import { bodyOf, eventsOf, eventsOfValue, receivedAtMs, testSource } from './test-source.ts';

const type = 'AUDIT_LOG_ALL';
const login = {
  timeStamp: 1_636_337_187_553,
  userId: 1,
  code: 10001,
  description: 'Logged in',
  userName: 'a@b.example',
};
const logout = { ...login, code: 10002, description: 'Logged out' };
const xiq = (event: NormalizedEvent | undefined): object => Object(event?.document.extreme?.['xiq']);

function eventsIn(bytes: Buffer, contentType: string | undefined): NormalizedEvent[] {
  const events = [...testSource().normalize(bodyOf(bytes, { messageType: type, contentType }), receivedAtMs)];
  expect(events.flatMap(({ document }) => validateEcs(document, xiqSource.fields))).toEqual([]);
  return events;
}

it.each([
  ['data', { data: [login, logout] }],
  ['events', { events: [login, logout] }],
  ['records', { Records: [login, logout] }],
  ['a nested list', [[login, logout]]],
  ['several', [{ data: [login] }, [[{ data: { events: logout } }]]]],
])('elements in an envelope give the documents that they give without one: %s', (_, body) => {
  expect(eventsOfValue(body, type)).toEqual(eventsOfValue([login, logout], type));
});

it.each(['alert', 'alerts'])('alerts under a member %s are those without it', (name) => {
  const alert = { id: 5, summary: 'Rogue AP detected', severity_name: 'Critical', source: { source_name: 'AP-1' } };
  const plain = eventsOfValue([alert], 'ALERT');
  expect(plain[0]?.document.message).toBe('Rogue AP detected');
  expect([eventsOfValue({ [name]: alert }, 'ALERT'), eventsOfValue({ [name]: [alert] }, 'ALERT')]).toEqual([
    plain,
    plain,
  ]);
});

it('what stands beside the elements is in each document, and in its id', () => {
  const beside = { messageType: 'AUDIT', version: 2, deviceList: 'x' };
  const events = eventsOfValue({ ...beside, data: { page: 1, records: [login, logout] } }, type);
  expect(events.map(({ document }) => document.event?.original)).toEqual(
    [login, logout].map((one) => JSON.stringify(one)),
  );
  for (const event of events) expect(xiq(event)).toMatchObject({ extra: { ...beside, page: 1 } });
  const [plain] = eventsOfValue([login], type);
  const [other] = eventsOfValue({ ...beside, version: 3, data: { page: 1, records: [login] } }, type);
  expect(new Set([plain, events[0], other].map((event) => event?.id)).size).toBe(3);
  const spelled = { device_list: 'x', Version: 2, message_type: 'AUDIT', DATA: { Page: 1, records: [login] } };
  expect(eventsOfValue(spelled, type)[0]?.id).toBe(events[0]?.id);
});

it('a location in an envelope has its observations (D7)', () => {
  const seen = { apMac: 'c413e2aabb00', rssi: -50 };
  const body = { data: { clientMac: 'dcac3da506b4', observations: [seen, { ...seen, rssi: -60 }] } };
  const events = eventsOfValue(body);
  expect(events.map(({ dataset }) => dataset)).toEqual(['extreme_xiq.location', 'extreme_xiq.location']);
  for (const { document } of events) expect(document.client?.mac).toBe('DC-AC-3D-A5-06-B4');
});

it('an envelope with a field of an event is one document', () => {
  const [event, none] = eventsOfValue({ ...login, data: [{ a: 1 }, { a: 2 }] }, type);
  expect(event?.document.event?.code).toBe('10001');
  expect(xiq(event)).toMatchObject({ extra: { data: [{ a: 1 }, { a: 2 }] } });
  expect(none).toBeUndefined();
});

it('a declared charset is honoured, and the original bytes are kept (D17)', () => {
  const text = JSON.stringify([{ ...login, description: 'Müller' }, login]);
  const bytes = Buffer.from(text, 'latin1');
  const [event, ascii] = eventsIn(bytes, 'application/json; charset=ISO-8859-1');
  const original = bytes.subarray(1, bytes.indexOf('},{') + 1);
  expect(event?.document).toMatchObject({
    message: 'Müller',
    event: { original: original.toString('latin1'), hash: createHash('sha256').update(original).digest('hex') },
  });
  expect(xiq(event)).toMatchObject({ original_base64: original.toString('base64') });
  expect(xiq(ascii)).not.toHaveProperty('original_base64');
  const [utf8] = eventsIn(Buffer.from(text), 'application/json');
  expect(event?.id).toBe(utf8?.id);
});

it.each([
  ['with a byte order mark', '\ufeff', 'application/json; charset=utf-16'],
  ['without', '', 'application/json; charset=utf-16'],
  ['without declaration', '', undefined],
])('UTF-16 is decoded: %s', (_, mark, contentType) => {
  const text = JSON.stringify([{ ...login, description: 'Müller 😀' }, logout]);
  const [event, second] = eventsIn(Buffer.from(mark + text, 'utf16le'), contentType);
  expect(event?.document.message).toBe('Müller 😀');
  const original = Buffer.from(JSON.stringify(logout), 'utf16le');
  expect(xiq(second)).toMatchObject({ original_base64: original.toString('base64') });
  expect(second?.id).toBe(eventsOfValue([logout], type)[0]?.id);
});

it('a body of a declared charset that is no JSON keeps its bytes', () => {
  const bytes = Buffer.from('["Müller"', 'latin1');
  const [event] = eventsIn(bytes, 'application/json; charset=iso-8859-1');
  expect(event?.document).toMatchObject({ error: { code: 'invalid_json' }, event: { original: '["Müller"' } });
  expect(xiq(event)).toMatchObject({ original_base64: bytes.toString('base64') });
});

it('bytes that are no character of the declared charset: different bytes are different events', () => {
  const idOf = (byte: number): string | undefined => {
    const bytes = Buffer.from(JSON.stringify([{ ...login, description: 'a?' }]));
    bytes[bytes.indexOf('?')] = byte;
    return eventsIn(bytes, 'application/json; charset=windows-1253')[0]?.id;
  };
  expect(idOf(0xd2)).not.toBe(idOf(0xff));
});

it('every value of a repeated name is kept (D18)', () => {
  const [event] = eventsOf(
    '{"timeStamp":1636337187553,"code":10001,"userName":"alice","x":{"y":1,"y":2},"userName":"bob","user\\u004eame":"carol"}',
    type,
  );
  expect(event?.document.user?.name).toBe('carol');
  expect(xiq(event)).toMatchObject({ extra: { userName: 'alice', userName_2: 'bob', x: { y: 2 }, 'x.y': 1 } });
});

it('control characters of a description are visible in the message, and exact in the original (D15)', () => {
  const element = { ...login, description: 'a\u001b[2J\r\nb\u009b\u2028\u202ec' };
  const [event] = eventsOfValue([element], type);
  expect(event?.document.message).toBe('a\\u001b[2J\\u000d\\u000ab\\u009b\\u2028\\u202ec');
  expect(event?.document.event?.original).toBe(JSON.stringify(element));
});

it('the text of a parse error has no control characters', () => {
  const document = eventsOf('[{"a":\u001b}]', type)[0]?.document;
  expect(document?.error).toMatchObject({ code: 'invalid_json', message: expect.stringContaining('\\u001b') });
  expect(document?.message).toBe(document?.error?.message);
  expect(document?.event?.original).toBe('[{"a":\u001b}]');
});
