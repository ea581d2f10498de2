import type { EcsDocument, JsonObject } from '@xiq-siem/core';
import { createRecordingMeter } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { bodyOf, eventsOfValue, receivedAtMs, testSource } from './test-source.ts';

const T = 1_636_337_187_553;

/** The document of one element, and its fields below `extreme.xiq`. */
function documentOf(element: object, messageType?: string): EcsDocument & { xiq: JsonObject } {
  const [event] = eventsOfValue(element, messageType);
  if (event === undefined) throw new Error('no event');
  const xiq: JsonObject = Object(event.document.extreme?.['xiq']);
  return { ...event.document, xiq };
}

const auth = (fields: object) =>
  documentOf({ timestamp: T, callingStationId: 'DC-AC-3D-A5-06-B4', ...fields }, 'AUTHENTICATION_LOG_ALL');
const accounting = (fields: object) => documentOf({ timestamp: T, ...fields }, 'ACCOUNTING_LOG_ALL');
const audit = (fields: object) => documentOf({ timeStamp: T, ...fields }, 'AUDIT_LOG_ALL');

it('a document has nothing of the bodies before it', () => {
  const source = testSource();
  const tagsOf = (origin: 'rest' | 'webhook') =>
    [...source.normalize(bodyOf('[{}]', { messageType: 'AUDIT_LOG_ALL', origin }), 0)].map(
      ({ document }) => document.tags,
    );
  expect(tagsOf('rest')).toEqual([['forwarded', 'extreme_xiq', 'backfilled']]);
  expect(tagsOf('webhook')).toEqual([['forwarded', 'extreme_xiq']]);
});

it.each([
  ['more than ten minutes ahead of its receipt', receivedAtMs + 600_001],
  ['before 2015', Date.UTC(2015, 0, 1) - 1],
])('a time that is %s is not used, but kept', (_, timeStamp) => {
  const document = audit({ timeStamp });
  expect(document['@timestamp']).toBe('2021-11-08T12:00:00.000Z');
  expect(document.tags).toContain('time_suspect');
  expect(document.xiq).toMatchObject({ timestamp_raw: String(timeStamp) });
});

it.each([0, -1, '0'])('a time of %o means none: it is kept in extra, and is not suspect', (timeStamp) => {
  const document = audit({ timeStamp });
  expect(document['@timestamp']).toBe('2021-11-08T12:00:00.000Z');
  expect(document.tags).not.toContain('time_suspect');
  expect(document.xiq).toMatchObject({ extra: { timeStamp } });
});

it.each([receivedAtMs + 600_000, Date.UTC(2015, 0, 1)])('the time %d is used', (timeStamp) => {
  const document = audit({ timeStamp });
  expect(document['@timestamp']).toBe(new Date(timeStamp).toISOString());
  expect(document.tags).not.toContain('time_suspect');
});

it('ISO times without an offset are in the time zone of the source', () => {
  const source = testSource({ timeZone: 'Europe/Berlin' });
  const [event] = source.normalize(bodyOf('{"timestamp":"2021-11-08T03:06:27"}'), receivedAtMs);
  expect(event?.document['@timestamp']).toBe('2021-11-08T02:06:27.000Z');
});

it('of two spellings the one of webhooks takes precedence, and a different value is in extra', () => {
  expect(audit({ userId: 1, user_id: 2 })).toMatchObject({ user: { id: '1' }, xiq: { extra: { user_id: 2 } } });
  expect(audit({ user_id: 2, userId: 1 })).toMatchObject({ user: { id: '1' }, xiq: { extra: { user_id: 2 } } });
  expect(audit({ user_id: 1, userId: 1 }).xiq).not.toHaveProperty('extra');
  expect(audit({ user_id: 1, userId: null }).user?.id).toBe('1');
  expect(audit({ user_id: 1, userId: [] })).toMatchObject({ user: { id: '1' }, xiq: { extra: { userId: [] } } });
});

it('an unreadable value is in extra', () => {
  const document = accounting({ mgmtMacAddress: 'no mac', framedIpAddress: '192.0.2.300', acctSessionTime: -1 });
  expect(document.xiq).toMatchObject({
    extra: { mgmtMacAddress: 'no mac', framedIpAddress: '192.0.2.300', acctSessionTime: -1 },
  });
  expect(document.observer).not.toHaveProperty('mac');
});

it('an unknown audit code keeps all fields, and its description gives no outcome', () => {
  const document = audit({ code: 99999, category: 2, description: 'Login failed', config: { a: 1 } });
  expect(document.event).toMatchObject({ code: '99999', action: 'xiq-audit-99999', type: ['info'] });
  expect(document.event).not.toHaveProperty('outcome');
  expect(document.event).not.toHaveProperty('category');
  expect(document.xiq).toMatchObject({ extra: { config: { a: 1 } } });
  expect(audit({ code: 'a b', category: 'NEW' })).toMatchObject({
    event: { action: 'xiq-audit' },
    xiq: { extra: { category: 'NEW' } },
  });
});

it('a description is the message before the parameters', () => {
  expect(audit({ description: 'Logged in', parameters: 'p' }).message).toBe('Logged in');
  expect(audit({ parameters: 'p' }).message).toBe('p');
});

it.each([
  [0, 5, true],
  [5, 0, true],
  [0, 0, false],
  [90, -180, true],
  [90.1, 0, false],
  [0, 180.1, false],
])('latitude %d and longitude %d', (lat, lng, isPlaced) => {
  const document = documentOf({ clientMac: 'dcac3da506b4', lat, lng }, 'LOCATION_AP_CENTRIC');
  expect(document.client?.geo?.location).toEqual(isPlaced ? { lat, lon: lng } : undefined);
  expect(document.xiq['extra']).toEqual(isPlaced ? undefined : { lat, lng });
});

it('a name of more than 512 characters is not parsed', () => {
  const address = (length: number): string => `${'j'.repeat(length - '@example.com'.length)}@example.com`;
  expect(audit({ userName: address(512) }).user?.domain).toBe('example.com');
  expect(audit({ userName: address(513) }).user).toEqual({ name: address(513) });
});

it('a category by name is not marked as derived, one by number is', () => {
  expect(audit({ category: 'CONFIG' }).xiq).toMatchObject({ audit: { category: 'config' } });
  expect(audit({ category: 'CONFIG' }).xiq['audit']).not.toHaveProperty('category_derived');
  expect(audit({ category: 4 }).xiq).toMatchObject({
    audit: { category_id: 4, category: 'config', category_derived: true },
  });
});

it.each([
  ['a plain name', 'j.doe', { name: 'j.doe' }, ['j.doe']],
  [
    'an e-mail address',
    'j@example.com',
    { name: 'j', email: 'j@example.com', domain: 'example.com' },
    ['j', 'j@example.com'],
  ],
  ['a domain and a name', 'DOM\\j.doe', { name: 'j.doe', domain: 'DOM' }, ['j.doe', 'DOM\\j.doe']],
  ['an anonymous identity', 'anonymous@example.com', { name: 'anonymous', domain: 'example.com' }, undefined],
  ['the MAC of the client', 'dcac3da506b4', undefined, undefined],
  ['a host', 'host/pc1.example.com', undefined, undefined],
  ['a machine account', 'DOM\\PC1$', undefined, undefined],
])('a RADIUS user name that is %s', (_, username, user, related) => {
  const document = auth({ username });
  if (user === undefined) expect(document).not.toHaveProperty('user');
  else expect(document.user).toEqual(user);
  expect(document.related?.user).toEqual(related);
});

it('a machine is a host, and a device whose user name is its MAC has auth_method mac', () => {
  expect(auth({ username: 'host/pc1.example.com' })).toMatchObject({
    related: { hosts: ['pc1.example.com'] },
    xiq: { machine: 'pc1.example.com', radius: { user_name: 'host/pc1.example.com' } },
  });
  expect(auth({ username: 'DOM\\PC1$' })).toMatchObject({ related: { hosts: ['PC1'] }, xiq: { machine: 'PC1' } });
  expect(auth({ username: 'DCAC.3DA5.06B4' }).xiq).toMatchObject({ auth_method: 'mac' });
  expect(auth({ username: 'j.doe', identity: 'anonymous' }).related?.user).toEqual(['j.doe']);
  expect(auth({ username: 'j.doe', identity: 'other' }).related?.user).toEqual(['j.doe', 'other']);
});

it.each([
  ['Access-Accept', 'radius-accept', 'success', ['start', 'allowed'], 'info'],
  ['ACCESS_REJECT', 'radius-reject', 'failure', ['start', 'denied'], 'warning'],
  ['Access-Challenge', 'radius-challenge', 'unknown', ['info'], 'info'],
  ['42', 'radius-reply', 'unknown', ['info'], 'info'],
])('the reply %s', (reply, action, outcome, type, level) => {
  expect(auth({ reply })).toMatchObject({ event: { action, outcome, type }, log: { level } });
});

it('the SSID of the called station is used if no SSID is sent', () => {
  expect(auth({ calledStationId: 'C4-13-E2-AA-BB-CC:Guest' }).network?.name).toBe('Guest');
  expect(auth({ calledStationId: 'C4-13-E2-AA-BB-CC:Guest', ssid: 'Corp' }).network?.name).toBe('Corp');
});

it('bytes and duration are only in the last event of a session; earlier events have totals', () => {
  const counted = { acctInputOctets: 10, acctOutputOctets: 20, acctSessionTime: 2 };
  const interim = accounting(counted);
  expect(interim.event).toMatchObject({ action: 'session-interim', type: ['info'] });
  expect(interim.event).not.toHaveProperty('duration');
  expect(interim).not.toHaveProperty('network.bytes');
  expect(interim.xiq).toMatchObject({
    radius: { input_octets_total: 10, output_octets_total: 20 },
  });
  const end = accounting({ ...counted, acctStopTime: T + 5 });
  expect(end['@timestamp']).toBe(new Date(T + 5).toISOString());
  expect(end.event).toMatchObject({ action: 'session-end', type: ['end'], duration: 2e9 });
  expect(end).toMatchObject({
    source: { bytes: 10 },
    client: { bytes: 10 },
    destination: { bytes: 20 },
    server: { bytes: 20 },
    network: { bytes: 30 },
  });
});

it.each(['acctSessionTime', 'acctInputOctets', 'acctOutputOctets'])(
  'a session with a start time is a start, and an interim event once %s is above 0',
  (counter) => {
    const session = { acctStartTime: T, acctSessionTime: 0, acctInputOctets: 0, acctOutputOctets: 0 };
    expect(accounting(session).event).toMatchObject({ action: 'session-start', type: ['start'] });
    expect(accounting({ ...session, [counter]: 1 }).event).toMatchObject({ action: 'session-interim', type: ['info'] });
  },
);

it('a 32-bit counter may wrap, a larger one does not', () => {
  expect(accounting({ acctInputOctets: 2 ** 32 - 1 }).xiq).toHaveProperty('radius.octets_may_wrap', true);
  expect(accounting({ acctInputOctets: 2 ** 32 }).xiq).not.toHaveProperty('radius.octets_may_wrap');
});

it('gigawords are added', () => {
  const end = accounting({ acctTerminateCause: 'x', acctInputOctets: 7, acctInputGigawords: 2 });
  expect(end).toMatchObject({ source: { bytes: 2 * 2 ** 32 + 7 }, xiq: { extra: { acctInputOctets: 7 } } });
  expect(end.xiq['radius']).not.toHaveProperty('octets_may_wrap');
});

it('a duration beyond the safe integers and a start after the end are only in extra', () => {
  const end = accounting({ acctStartTime: T + 9, acctStopTime: T, acctSessionTime: 10_000_000 });
  expect(end.event).not.toHaveProperty('duration');
  expect(end.event).not.toHaveProperty('start');
  expect(end.xiq).toMatchObject({ radius: { session_time: 10_000_000 }, extra: { acctStartTime: T + 9 } });
});

it.each([
  ['SUCCESS', 'success', 'info'],
  ['complete', 'success', 'info'],
  ['FAIL', 'failure', 'error'],
  ['SEND_OUT', 'unknown', 'info'],
  ['send out', 'unknown', 'info'],
  ['FAILED', 'failure', 'error'],
  ['Sent', 'success', 'info'],
  ['delivered', 'success', 'info'],
  ['Undelivered', 'failure', 'error'],
  ['failed to send', 'unknown', 'info'],
])('the status %s of an SMS', (status, outcome, level) => {
  const document = documentOf({ timestamp: T, status }, 'SMS_LOG_ALL');
  expect([document.event?.outcome, document.log?.level]).toEqual([outcome, level]);
});

it.each<[string, object]>([
  ['AUDIT_LOG_ALL', { code: 1, description: 'x' }],
  ['LOCATION_AP_CENTRIC', { apMac: 'c413e2aabb00', observations: [{ clientMac: 'dcac3da506b4' }] }],
  ['LOCATION_CLIENT_CENTRIC', { client_mac: 'dcac3da506b4', observations: [{ ap_mac: 'c413e2aabb00' }] }],
  ['ACCOUNTING_LOG_ALL', { acct_session_id: 'x' }],
  ['AUTHENTICATION_LOG_ALL', { reply: 'Access-Accept', callingStationId: 'x' }],
  ['SMS_LOG_ALL', { tel: '1', status: 'FAIL' }],
  ['EMAIL_LOG_ALL', { approverEmail: null, username: 'x', status: 'SUCCESS' }],
  ['CREDENTIAL_LOG_ALL', { id: 1, username: 'x', vhmId: 1, orgId: 0, timestamp: T }],
])('%s is inferred from its fields, and tagged', (messageType, element) => {
  const document = documentOf(element);
  expect(document.xiq['message_type']).toBe(messageType);
  expect(document.tags).toContain('type-inferred');
});

it('of two matching rules the first one gives the type', () => {
  const all = { code: 1, description: 'x', status: 'FAIL', userName: 'x', customerId: 1, tel: '1' };
  expect(documentOf(all).xiq['message_type']).toBe('SMS_LOG_ALL');
  expect(documentOf({ ...all, reply: 'x', auth_date: T, callingStationId: 'x' }).xiq['message_type']).toBe(
    'AUTHENTICATION_LOG_ALL',
  );
  const { tel: _, ...email } = all;
  expect(documentOf(email).xiq['message_type']).toBe('EMAIL_LOG_ALL');
});

it('an observation is not a credential event', () => {
  const document = documentOf({ id: 1, observations: [{ username: 'x', timestamp: T }] });
  expect(document.xiq['message_type']).toBe('UNKNOWN');
});

it('fields that match no rule are of an unknown type', () => {
  expect(documentOf({ username: 'x', timestamp: T, colour: 'red' })).toMatchObject({
    event: { dataset: 'extreme_xiq.unknown' },
    xiq: { message_type: 'UNKNOWN', extra: { username: 'x', colour: 'red' } },
  });
});

it('the origin of a body gives the provider, and the configuration gives labels and namespace', () => {
  const source = testSource({ namespace: 'emea', labels: { site: 'berlin' } });
  const [event] = source.normalize(bodyOf('{}', { origin: 'rest' }), receivedAtMs + 7);
  expect(event?.document).toMatchObject({
    agent: { type: 'xiq-siem-connector', name: 'xiq-siem-1', version: '0.1.0' },
    labels: { site: 'berlin' },
    data_stream: { type: 'logs', namespace: 'emea' },
    event: { provider: 'xiq-rest', created: '2021-11-08T12:00:00.000Z', ingested: '2021-11-08T12:00:00.007Z' },
  });
});

it('counts events, pipeline errors and empty bodies, also if the reader stops early', () => {
  const meter = createRecordingMeter();
  const source = testSource({}, meter);
  const run = (text: string) => [...source.normalize(bodyOf(text), receivedAtMs)];
  run('[]');
  run('[{"what":1},{"what":2},5]');
  run('no');
  for (const _ of source.normalize(bodyOf('[{},{}]'), receivedAtMs)) break;
  expect(meter.total('empty_bodies')).toBe(1);
  expect(meter.total('events', { dataset: 'extreme_xiq.unknown' })).toBe(3);
  expect(meter.total('events', { dataset: 'extreme_xiq.unparsed' })).toBe(2);
  expect(meter.total('pipeline_errors', { code: 'element_not_object' })).toBe(1);
  expect(meter.total('pipeline_errors', { code: 'invalid_json' })).toBe(1);
});
