import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { lengthPrefixed } from './identity.ts';
import { bodyOf, eventsOf, eventsOfValue, receivedAtMs, testSource } from './test-source.ts';

const T = 1_636_337_187_553;
const station = { calledStationId: 'C4-13-E2-AA-BB-CC:Corp', callingStationId: 'DC-AC-3D-A5-06-B4' };

/** Ids must not change: each is pinned, with its key. */
const pinned: readonly [string, object, readonly string[], string][] = [
  [
    'AUDIT_LOG_ALL',
    { timeStamp: T, userId: 6553, code: 10001, description: 'Logged in', ownerId: 1, category: 1, id: 5 },
    ['audit', String(T), '6553', '10001', 'Logged in', '1'],
    '141d57cb5797ac13fafc8df588b617275068b37e6',
  ],
  [
    'GDPR_LOG_ALL',
    { timeStamp: T, userId: 6553, code: 10001, description: 'Logged in' },
    ['gdpr', String(T), '6553', '10001', 'Logged in', '1'],
    '1d554aae83bccadc20824e93a63656ac8ead6a06e',
  ],
  [
    'AUTHENTICATION_LOG_ALL',
    { timestamp: T, ...station, username: 'j.doe', reply: 'Access-Accept' },
    ['auth', String(T), 'DC-AC-3D-A5-06-B4', 'C4-13-E2-AA-BB-CC:Corp', 'j.doe', 'Access-Accept', '1'],
    '141fd38463947b0b4f6ecf6af65820df555484375',
  ],
  [
    'ACCOUNTING_LOG_ALL',
    { timestamp: T, ...station, acctSessionId: 'S', acctStartTime: T - 5, acctSessionTime: 7 },
    ['accounting', String(T), 'S', '', 'DC-AC-3D-A5-06-B4', String(T - 5), '', '7', '1'],
    '10679800a1e780d197e6f10e532fc7cfa00e9f1a7',
  ],
  [
    'CREDENTIAL_LOG_ALL',
    { timestamp: T, username: 'guest' },
    ['credential', String(T), 'guest', '1'],
    '157bd71c9274978c42fd737517c7592d80dc3c7fb',
  ],
  [
    'EMAIL_LOG_ALL',
    { timestamp: T, userId: 6553, username: 'guest', status: 'SUCCESS' },
    ['email', String(T), '6553', 'guest', 'SUCCESS', '1'],
    '14d865d4a67dc7efbce5d0b8914241fbdd7eba8b7',
  ],
  [
    'SMS_LOG_ALL',
    { timestamp: T, messageId: 'M', status: 'FAIL' },
    ['sms', 'M', 'FAIL', String(T), '1'],
    '1d6989083c13ffe49130b7bf66d7f64b67cdf3822',
  ],
  [
    'LOCATION_AP_CENTRIC',
    { apMac: 'c413e2aabb00', observations: [{ clientMac: 'dcac3da506b4', seenEpoch: T, ssid: 'Corp' }] },
    ['location', 'C4-13-E2-AA-BB-00', 'DC-AC-3D-A5-06-B4', String(T), 'Corp', '1'],
    '1e00ac8973936c0a63cf4c85e2931d3274a5f4f25',
  ],
];

it.each(pinned)('the id of %s is unchanged', (messageType, element, list, id) => {
  const sha = createHash('sha256').update(lengthPrefixed(list)).digest('hex');
  expect(eventsOfValue(element, messageType).map((event) => event.id)).toEqual([`1${sha.slice(0, 40)}`]);
  expect(`1${sha.slice(0, 40)}`).toBe(id);
});

it('different lists have different texts', () => {
  expect(lengthPrefixed(['a', 'bc'])).toBe('1:a2:bc');
  expect(lengthPrefixed(['a', '1:b'])).not.toBe(lengthPrefixed(['a1:b', '']));
});

const login = { timeStamp: T, userId: 1, code: 10001, description: 'Logged in' };
const idsOf = (value: object, type = 'AUDIT_LOG_ALL'): string[] => eventsOfValue(value, type).map(({ id }) => id);

it('two events of one millisecond have two ids; equal elements of a body have different occurrences', () => {
  const [a, b, c, d] = idsOf([login, { ...login, userId: 2 }, login, { ...login, description: 'Logged out' }]);
  expect(new Set([a, b, c, d]).size).toBe(4);
  expect(idsOf([login])).toEqual([a]);
  expect(idsOf([login, login])).toEqual([a, c]);
});

it('a number before an element of a fetched body is its occurrence, and later elements count from it', () => {
  const element = JSON.stringify(login);
  const fetched = (text: string) => [
    ...testSource().normalize(bodyOf(text, { messageType: 'AUDIT_LOG_ALL', origin: 'rest' }), receivedAtMs),
  ];
  const [, , third, fourth] = idsOf([login, login, login, login]);
  expect(fetched(`[3,${element},${element}]`).map(({ id }) => id)).toEqual([third, fourth]);
  // Zero is not an occurrence, but an unreadable element.
  expect(fetched(`[0,${element}]`).map(({ dataset }) => dataset)).toEqual([
    'extreme_xiq.unparsed',
    'extreme_xiq.audit',
  ]);
});

it('does not depend on the vendor id, the owner, the category, the source, its settings, or the connector', () => {
  const [id] = idsOf(login);
  expect(idsOf({ ...login, id: 77, ownerId: 5, category: 2, vhmName: 'X' })).toEqual([id]);
  const other = testSource({ timeZone: 'Asia/Kathmandu', namespace: 'other', labels: { site: 'berlin' } });
  const body = bodyOf(JSON.stringify(login), {
    messageType: 'AUDIT_LOG_ALL',
    source: 'second',
    origin: 'rest',
    receivedAtMs: receivedAtMs + 99_999,
  });
  expect([...other.normalize(body, receivedAtMs + 199_999)].map((event) => event.id)).toEqual([id]);
  const zoneless = JSON.stringify({ ...login, timeStamp: '2021-11-08T02:06:27' });
  const here = eventsOf(zoneless, 'AUDIT_LOG_ALL')[0]?.id;
  expect([...other.normalize(bodyOf(zoneless, { messageType: 'AUDIT_LOG_ALL' }), 0)][0]?.id).toBe(here);
});

it('is the same for numbers as digits or text, for times in any form, and for MACs in any notation', () => {
  expect(idsOf({ ...login, userId: '1', code: '10001', timeStamp: '2021-11-08T02:06:27.553Z' })).toEqual(idsOf(login));
  const auth = { timestamp: T, ...station, username: 'j.doe', reply: 'Access-Accept' };
  const other = { ...auth, callingStationId: 'dcac.3da5.06b4', calledStationId: 'c413e2aabbcc:Corp' };
  expect(idsOf(other, 'AUTHENTICATION_LOG_ALL')).toEqual(idsOf(auth, 'AUTHENTICATION_LOG_ALL'));
});

it('large ids of two users stay different, although they are equal as doubles', () => {
  const text = (user: string) => `{"timeStamp":${T},"userId":${user},"code":1,"description":"x"}`;
  const [a, b] = eventsOf(`[${text('9007199254740992')},${text('9007199254740993')}]`, 'AUDIT_LOG_ALL');
  expect(a?.id).not.toBe(b?.id);
});

it('an event with an incomplete key is identified by its text', () => {
  const { description: _, ...rest } = login;
  const [id] = idsOf(rest);
  expect(idsOf([rest])).toEqual([id]);
  expect(idsOf({ ...rest, more: 1 })).not.toEqual([id]);
  const unreadable = { ...login, timeStamp: 'yesterday' };
  expect(idsOf({ ...unreadable, more: 1 })).not.toEqual(idsOf(unreadable));
});

it('the same unreadable observation of two access points is two events', () => {
  const seen = (apMac: string): object => ({ apMac, observations: [{ clientMac: 'hashed' }] });
  const ids = ['c413e2aabb00', 'c413e2aabb01'].flatMap((ap) => idsOf(seen(ap), 'LOCATION_AP_CENTRIC'));
  expect(new Set(ids).size).toBe(2);
});

it('start, interim and stop of a session are three events; an unreadable stop time is not a missing one', () => {
  const start = { timestamp: T, ...station, acctSessionId: 'S', acctStartTime: T };
  const ids = [
    start,
    { ...start, acctSessionTime: 60 },
    { ...start, acctStopTime: T + 60_000 },
    { ...start, acctStopTime: 'soon' },
  ].flatMap((element) => idsOf(element, 'ACCOUNTING_LOG_ALL'));
  expect(new Set(ids).size).toBe(4);
});
