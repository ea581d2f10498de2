import type { JsonObject, Source } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { bodyOf, eventsOfValue, testSource } from '../test-source.ts';

const receivedAtMs = Date.UTC(2026, 10, 30, 5, 1);
const received = '2026-11-30T05:01:00.000Z';
const now = '2026-11-30T05:00:00.000Z';
const nowMs = Date.parse(now);

/** What the document of an element says about its time. */
function timeOf(element: object, messageType: string, receipt = receivedAtMs, source: Source = testSource()) {
  const body = bodyOf(JSON.stringify(element), { messageType, receivedAtMs: receipt });
  const [event] = source.normalize(body, receipt);
  if (event === undefined) throw new Error('no event');
  const own: JsonObject = Object(event.document.extreme?.['xiq']);
  return {
    time: event.document['@timestamp'],
    raw: own['timestamp_raw'],
    suspect: event.document.tags?.includes('time_suspect') ?? false,
    extra: own['extra'],
  };
}

const audit = (timeStamp: unknown) => timeOf({ timeStamp, code: 10001 }, 'AUDIT_LOG_ALL');
const unread = (raw: string, extra: object) => ({ time: received, raw, suspect: true, extra });

it.each([
  'Nov 30, 2026 5:00:00 AM',
  [2026, 11, 30, 5, 0, 0, 0],
  '1796014800.000',
  '2026-11-30T05:00:00Z[UTC]',
  'Mon, 30 Nov 2026 05:00:00 +0000',
  '2026-11-30T05:00:00.000000Z',
])('reads the time of an audit event: %j', (timeStamp) => {
  expect(audit(timeStamp)).toEqual({ time: now, raw: undefined, suspect: false, extra: undefined });
});

it('reads microseconds to the millisecond, and keeps the text', () => {
  const timeStamp = '2026-11-30T05:00:00.000776Z';
  expect(audit(timeStamp)).toEqual({ time: now, raw: undefined, suspect: false, extra: { timeStamp } });
});

it.each(['11/12/2026 05:00:00', 'Mon Nov 30 05:00:00 EST 2026', '30 Nov 26 05:00 GMT', '2026-11-30', 'yesterday'])(
  'marks a time that it does not read: %s',
  (timeStamp) => expect(audit(timeStamp)).toEqual(unread(timeStamp, { timeStamp })),
);

it('keeps an unreadable time that is no text, and a part of a long one', () => {
  expect(audit({ at: 1 })).toEqual(unread('{"at":1}', { timeStamp: { at: 1 } }));
  expect(String(audit('x'.repeat(1000)).raw)).toMatch(/^x{200,}… \[cut, 1000 characters\]$/);
});

it.each([
  ['AUDIT_LOG_ALL', { code: 10001 }],
  ['AUDIT_LOG_ALL', { code: 10001, timeStamp: null }],
  ['LOCATION_AP_CENTRIC', { apMac: 'c413e2aabb00', observations: [{ clientMac: '0a0000000001' }] }],
])('does not mark an event without a time: %s %j', (messageType, element) => {
  expect(timeOf(element, messageType)).toMatchObject({ time: received, raw: undefined, suspect: false });
});

it.each(['authdate', 'authDate', 'auth_date', 'AuthDate', 'AUTH-DATE'])('reads %s', (name) => {
  expect(timeOf({ [name]: nowMs, reply: 'Access-Accept' }, 'AUTHENTICATION_LOG_ALL')).toMatchObject({ time: now });
});

const old = 1_264_988_544;

it.each<[string, string, object, object]>([
  [
    'LOCATION_AP_CENTRIC',
    'the second',
    { seenEpoch: old, seenTime: now },
    { time: now, suspect: false, extra: { seenEpoch: old } },
  ],
  [
    'LOCATION_AP_CENTRIC',
    'the second',
    { seenEpoch: 'soon', seenTime: now },
    { time: now, suspect: false, extra: { seenEpoch: 'soon' } },
  ],
  [
    'LOCATION_AP_CENTRIC',
    'the first',
    { seenEpoch: nowMs - 1, seenTime: now },
    { time: '2026-11-30T04:59:59.999Z', suspect: false, extra: { seenTime: now } },
  ],
  [
    'LOCATION_AP_CENTRIC',
    'the third',
    { seenEpoch: old, seenTime: '2099-01-01T00:00:00Z', timestamp: nowMs },
    { time: now, suspect: false, extra: { seenEpoch: old, seenTime: '2099-01-01T00:00:00Z' } },
  ],
  [
    'LOCATION_AP_CENTRIC',
    'the receipt',
    { seenEpoch: old, seenTime: 'soon' },
    { time: received, suspect: true, raw: String(old), extra: { seenTime: 'soon' } },
  ],
  [
    'LOCATION_AP_CENTRIC',
    'the receipt',
    { seenEpoch: 'soon', seenTime: '2009-01-01T00:00:00Z' },
    { time: received, suspect: true, raw: 'soon', extra: { seenEpoch: 'soon', seenTime: '2009-01-01T00:00:00Z' } },
  ],
  [
    'AUTHENTICATION_LOG_ALL',
    'the second',
    { authDate: old, timestamp: nowMs },
    { time: now, suspect: false, extra: { authDate: old } },
  ],
  ['AUTHENTICATION_LOG_ALL', 'the receipt', { authDate: 'soon' }, { time: received, suspect: true, raw: 'soon' }],
  [
    'ACCOUNTING_LOG_ALL',
    'the third',
    { acctStopTime: 86_400, timestamp: 'soon', eventTime: now, acctTerminateCause: 'x' },
    { time: now, suspect: false, extra: { timestamp: 'soon' } },
  ],
  [
    'ACCOUNTING_LOG_ALL',
    'the receipt',
    { acctStopTime: 'soon', acctTerminateCause: 'x' },
    { time: received, suspect: true, raw: 'soon' },
  ],
  [
    'ACCOUNTING_LOG_ALL',
    'the fourth',
    { acctStartTime: nowMs, timestamp: '0' },
    { time: now, suspect: false, extra: { timestamp: '0' } },
  ],
])('%s: the time is %s of %j', (messageType, _, element, expected) => {
  expect(timeOf(element, messageType)).toMatchObject({ raw: undefined, ...expected });
});

it.each([
  ['America/New_York', '2026-11-01T01:29:58', '2026-11-01T06:30:00Z', '2026-11-01T06:29:58.000Z'],
  ['America/New_York', 'Nov 1, 2026 1:29:58 AM', '2026-11-01T05:30:00Z', '2026-11-01T05:29:58.000Z'],
  ['Europe/Berlin', '2026-10-25T02:29:58', '2026-10-25T00:30:00Z', '2026-10-25T00:29:58.000Z'],
  ['Europe/Berlin', '2026-10-25T02:29:58', '2026-10-25T01:30:00Z', '2026-10-25T01:29:58.000Z'],
  ['Europe/Berlin', '2026-03-29T02:29:58', '2026-03-29T01:30:00Z', '2026-03-29T01:29:58.000Z'],
])('in %s, %s received %s is %s', (timeZone, timeStamp, receipt, expected) => {
  const source = testSource({ timeZone });
  const found = timeOf({ timeStamp }, 'AUDIT_LOG_ALL', Date.parse(receipt), source);
  expect(found).toMatchObject({ time: expected, suspect: false });
});

it('gives the same id and pairing key, whatever the time zone and the receipt', () => {
  const element = { timeStamp: '2021-10-31T02:29:58', userId: 1, code: 10001, description: 'x' };
  const events = ['UTC', 'Europe/Berlin'].flatMap((timeZone) =>
    eventsOfValue(element, 'AUDIT_LOG_ALL', testSource({ timeZone })),
  );
  const keys = events.map(({ id, pairingKey }) => `${id} ${pairingKey}`);
  expect(keys).toEqual([keys[0], keys[0]]);
  expect(events[0]?.timeMs).not.toBe(events[1]?.timeMs);
});
