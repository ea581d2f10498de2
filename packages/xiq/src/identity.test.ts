import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { lengthPrefixed } from './identity.ts';
import { bodyOf, eventsOf, eventsOfValue, receivedAtMs, testSource } from './test-source.ts';

const T = 1_636_337_187_553;
const station = { calledStationId: 'C4-13-E2-AA-BB-CC:Corp', callingStationId: 'DC-AC-3D-A5-06-B4' };

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Ids must not change: each is pinned, with the text that it is the hash of. */
const pinned: readonly [string, object, readonly string[], string][] = [
  [
    'AUDIT_LOG_ALL',
    { timeStamp: T, userId: 6553, code: 10001, description: 'Logged in', id: null, hostNames: ['AP-1', null, ''] },
    [
      'audit',
      '',
      '{11:description9:Logged in4:code5:100016:userid4:65539:hostnames[4:AP-1--]9:timestamp13:1636337187553}',
    ],
    '216d2f047a23eb99077edbe2c5dded74941272c85',
  ],
  [
    'LOCATION_AP_CENTRIC',
    { apMac: 'c413e2aabb00', site: { floor: 1.5 }, observations: [{ clientMac: 'dcac3da506b4', rssi: -50 }] },
    ['location', '', '{4:rssi3:-509:clientmac12:dcac3da506b4}', sha('{4:site{5:floor3:1.5}5:apmac12:c413e2aabb00}')],
    '255dd0d5a8cd71991bc8cfcba3bdd88c30c522854',
  ],
];

it.each(pinned)('the id of %s is unchanged', (messageType, element, list, id) => {
  const digest = sha(`${lengthPrefixed(list)}1`);
  expect(eventsOfValue(element, messageType).map((event) => event.id)).toEqual([`2${digest.slice(0, 40)}`]);
  expect(`2${digest.slice(0, 40)}`).toBe(id);
});

/** The keys of format 1: back-filled ids that are stored are hashes of them. */
const pairingKeys: readonly [string, object, readonly string[]][] = [
  [
    'AUDIT_LOG_ALL',
    { timeStamp: T, userId: 6553, code: 10001, description: 'Logged in', ownerId: 1, category: 1, id: 5 },
    ['audit', String(T), '6553', '10001', 'Logged in'],
  ],
  [
    'GDPR_LOG_ALL',
    { timeStamp: T, userId: 6553, code: 10001, description: 'Logged in' },
    ['gdpr', String(T), '6553', '10001', 'Logged in'],
  ],
  [
    'AUTHENTICATION_LOG_ALL',
    { timestamp: T, authDate: T - (T % 1000), ...station, username: 'j.doe', reply: 'Access-Accept' },
    ['auth', String(T), 'DC-AC-3D-A5-06-B4', 'C4-13-E2-AA-BB-CC:Corp', 'j.doe', 'Access-Accept'],
  ],
  [
    'ACCOUNTING_LOG_ALL',
    { timestamp: T, eventTime: T - 9, ...station, acctSessionId: 'S', acctStartTime: T - 5, acctSessionTime: 7 },
    ['accounting', String(T), 'S', '', 'DC-AC-3D-A5-06-B4', String(T - 5), '', '7'],
  ],
  ['CREDENTIAL_LOG_ALL', { timestamp: T, username: 'guest' }, ['credential', String(T), 'guest']],
  [
    'EMAIL_LOG_ALL',
    { timestamp: T, userId: 6553, username: 'guest', status: 'SUCCESS' },
    ['email', String(T), '6553', 'guest', 'SUCCESS'],
  ],
  ['SMS_LOG_ALL', { timestamp: T, messageId: 'M', status: 'FAIL' }, ['sms', 'M', 'FAIL', String(T)]],
  [
    'LOCATION_AP_CENTRIC',
    { apMac: 'c413e2aabb00', observations: [{ clientMac: 'dcac3da506b4', seenEpoch: T, ssid: 'Corp' }] },
    ['location', 'C4-13-E2-AA-BB-00', 'DC-AC-3D-A5-06-B4', String(T), 'Corp'],
  ],
];

it.each(pairingKeys)('the pairing key of %s is unchanged', (messageType, element, list) => {
  expect(eventsOfValue(element, messageType).map((event) => event.pairingKey)).toEqual([lengthPrefixed(list)]);
});

it('an event without one of the fields of its pairing key has none', () => {
  const [, element] = pairingKeys[0] ?? ['', {}];
  expect(eventsOfValue({ ...element, userId: null }, 'AUDIT_LOG_ALL')[0]?.pairingKey).toBeUndefined();
  expect(eventsOfValue({ ...element, timeStamp: 'yesterday' }, 'AUDIT_LOG_ALL')[0]?.pairingKey).toBeUndefined();
});

it('an accounting event with an unreadable stop time has no pairing key: its REST row may have the time', () => {
  const keyOf = (acctStopTime: unknown) =>
    eventsOfValue({ timestamp: T, ...station, acctSessionId: 'S', acctStopTime }, 'ACCOUNTING_LOG_ALL')[0]?.pairingKey;
  expect(keyOf('yesterday')).toBeUndefined();
  expect(keyOf(-1)).toBe(keyOf(null));
  expect(keyOf(null)).toBeDefined();
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

it('does not depend on the source, its settings, the receipt, or the connector', () => {
  const [id] = idsOf(login);
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

it('D1: posts that differ in one value only are different events', () => {
  const reject = { authDate: T - (T % 1000), username: 'j.doe', reply: 'Access-Reject', ...station };
  const auth = Array.from({ length: 12 }, (_, number) =>
    idsOf({ ...reject, id: `v-${number}` }, 'AUTHENTICATION_LOG_ALL'),
  );
  expect(new Set(auth.flat()).size).toBe(12);
  const row = { timestamp: T - (T % 1000), username: 'guest' };
  const credentials = Array.from({ length: 5 }, (_, id) => ({ ...row, id, action: `action-${id % 2}` }));
  expect(new Set(credentials.flatMap((one) => idsOf(one, 'CREDENTIAL_LOG_ALL'))).size).toBe(5);
});

it('D10: a missing value has no spelling: null, empty and left out are equal, in camelCase and snake_case', () => {
  const ids = [
    { acctSessionId: 'S', acctMultiId: '', calledStationId: null, userName: 'x', hostNames: [] },
    { acct_session_id: 'S', acct_multi_id: null, user_name: 'x', config: {} },
    { AcctSessionID: 'S', 'user-name': 'x' },
  ].flatMap((element) => idsOf(element, 'ACCOUNTING_LOG_ALL'));
  expect(new Set(ids).size).toBe(1);
});

it('with distinct repeats, only an equal request has the same ids, except in fetched bodies', () => {
  const distinct = testSource({ repeats: 'distinct' });
  const ids = (content: string, origin: 'webhook' | 'rest' = 'webhook') =>
    [...distinct.normalize(bodyOf(content, { messageType: 'AUDIT_LOG_ALL', origin }), 0)].map(({ id }) => id);
  const [one, spaced] = [JSON.stringify(login), JSON.stringify(login, undefined, 1)];
  expect(ids(one)).toEqual(ids(one));
  expect(ids(one)).not.toEqual(ids(spaced));
  expect(ids(one, 'rest')).toEqual(idsOf(login));
  expect(ids(spaced, 'rest')).toEqual(idsOf(login));
});

it('large ids of two users stay different, although they are equal as doubles', () => {
  const text = (user: string) => `{"timeStamp":${T},"userId":${user},"code":1,"description":"x"}`;
  const [a, b] = eventsOf(`[${text('9007199254740992')},${text('9007199254740993')}]`, 'AUDIT_LOG_ALL');
  expect(a?.id).not.toBe(b?.id);
});

it.each([
  ['an element', 'AUDIT_LOG_ALL', (user: string) => `{"userName":"${user}","code":1,"userName":"bob"}`],
  ['a parent', 'LOCATION_AP_CENTRIC', (ap: string) => `{"apMac":"${ap}","apMac":"b","observations":[{"rssi":-5}]}`],
])('D18: every value of a repeated name counts, in %s', (_, messageType, textOf) => {
  const ids = ['alice', 'carol'].map((text) => eventsOf(textOf(text), messageType)[0]?.id);
  expect(ids[0]).not.toBe(ids[1]);
});

it('the same unreadable observation of two access points is two events', () => {
  const seen = (apMac: string): object => ({ apMac, observations: [{ clientMac: 'hashed' }] });
  const ids = ['c413e2aabb00', 'c413e2aabb01'].flatMap((ap) => idsOf(seen(ap), 'LOCATION_AP_CENTRIC'));
  expect(new Set(ids).size).toBe(2);
});
