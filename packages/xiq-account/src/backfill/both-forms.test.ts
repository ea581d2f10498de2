// An event has the same pairing key by webhook and in the REST log, with any casing, vendor id, field order and spelling.
import { camelCase } from '@xiq-siem/xiq';
import { eventsOf } from '@xiq-siem/xiq/test-source';
import { describe, expect, it } from 'vitest';
import { logTypes, messageTypeOfLog } from '../rest/log-pages.ts';
import { createLogReader } from '../rest/log-reader.ts';

const T = 1_636_337_187_553;
const radius = {
  username: 'EXAMPLE\\j.doe',
  called_station_id: 'C4-13-E2-AA-BB-CC:Corp',
  calling_station_id: 'DC-AC-3D-A5-06-B4',
  identity: 'anonymous',
  nas_identifier: 'AP-Lobby',
  org_id: 0,
};

/** Events of the REST models. `also`: additional or different fields of the webhook form. */
const events = {
  audit: {
    rest: {
      category: 'CONFIG',
      user_id: 6553,
      code: 20001,
      username: 'admin@example.com',
      vhm_name: 'V',
      parameters: null,
      org_id: 0,
      timestamp: T,
      description: 'Policy "Corp" → v2',
      full_description_id: 9,
    },
    also: {
      category: 4,
      owner_id: 1091,
      org_name: null,
      device_count: null,
      host_names: null,
      config: null,
      device_ids: null,
      parameters: undefined,
    },
    differs: { code: 20002 },
  },
  auth: {
    rest: {
      auth_type: 'PEAP',
      sn: '0130',
      vhm_id: '1091',
      reply: 'Access-Accept',
      auth_date: T - 300,
      ssid: 'Corp',
      reject_reason: null,
      timestamp: T,
      ...radius,
    },
    also: {
      calling_station_id: 'dcac.3da5.06b4',
      called_station_id: 'c413e2aabbcc:Corp',
      auth_date: '2021-11-08T02:06:27+0000',
    },
    differs: { reply: 'Access-Reject' },
  },
  accounting: {
    rest: {
      acct_session_id: '5F-1',
      acct_multi_id: 'M-1',
      acct_start_time: T - 60_000,
      acct_stop_time: null,
      acct_session_time: 60,
      acct_input_octets: 9,
      event_time: T,
      usage: 12,
      vhm_id: 1091,
      timestamp: T,
      ...radius,
    },
    also: { calling_station_id: 'dc:ac:3d:a5:06:b4', acct_session_time: '60', event_time: undefined },
    differs: { acct_stop_time: T },
  },
  credential: {
    rest: { username: 'guest01@example.com', vhm_id: 1091, org_id: 0, timestamp: T },
    also: { vhm_id: undefined, owner_id: 1091 },
    differs: { username: 'guest02@example.com' },
  },
  email: {
    rest: {
      username: 'guest01@example.com',
      org_id: 0,
      timestamp: T,
      user_id: 6553,
      customer_id: 'C',
      approver_email: null,
      status: 'SUCCESS',
    },
    also: { customer_id: undefined, user_id: '6553' },
    differs: { status: 'FAIL' },
  },
  sms: {
    rest: {
      user_id: 6553,
      customer_id: 'C',
      tel: '+49 30 5550100',
      profile_name: 'Guests',
      status: 'SEND_OUT',
      message_id: 'SM1',
      status_from_provider: null,
      provider_type: 'TWILIO',
      org_id: 0,
      timestamp: T,
    },
    also: { tel: undefined, status_from_provider: 'queued' },
    differs: { status: 'COMPLETE' },
  },
};

const reader = createLogReader();
const bigId = '9223372036854775807';

const withId = (fields: object, id: string): string => {
  const rest = JSON.stringify(fields);
  return `{"id":${id},${rest.slice(1)}`;
};
const camel = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields)
      .reverse()
      .map(([name, value]) => [{ timestamp: 'timeStamp', username: 'userName' }[name] ?? camelCase(name), value]),
  );

describe.each(logTypes)('an event of the %s log', (type) => {
  const { rest, also, differs } = events[type];
  const messageType = messageTypeOfLog[type];
  const restEvent = (text: string) => reader.eventsOf(type, [text])[0];
  const webhookEvent = (text: string) => eventsOf(text, messageType)[0];
  const row = restEvent(withId(rest, '17'));

  it.each([
    ['snake_case', rest],
    ['camelCase', camel(rest)],
    ['different fields that are not part of the key, snake_case', { ...rest, ...also }],
    ['different fields that are not part of the key, camelCase', camel({ ...rest, ...also })],
    ['a time in ISO 8601', camel({ ...rest, timestamp: '2021-11-08T02:06:27.553+0000' })],
  ])('has the same pairing key by webhook and in the log: %s', (_, fields) => {
    const forms = ['null', '17', `"${bigId}"`, bigId].map((vendors) => withId(fields, vendors));
    forms.push(JSON.stringify(fields));
    const bodies = [...forms, ...forms.map((form) => `[${form}]`)];
    const keys = new Set([row?.pairingKey]);
    expect(new Set(bodies.map((body) => webhookEvent(body)?.pairingKey))).toEqual(keys);
    expect(new Set(forms.map((form) => restEvent(form)?.pairingKey))).toEqual(keys);
  });

  it('has another id if any field differs, and the same in any casing', () => {
    expect(webhookEvent(withId(camel(rest), '17'))?.id).toBe(row?.id);
    expect(webhookEvent(withId(camel({ ...rest, ...also }), '17'))?.id).not.toBe(row?.id);
  });

  it('has another pairing key if a field of its key differs', () => {
    const other = restEvent(withId({ ...rest, ...differs }, '17'))?.pairingKey;
    expect(other).toEqual(expect.any(String));
    expect(other).not.toBe(row?.pairingKey);
  });

  it('two equal events of one millisecond have one pairing key, and two ids in each form', () => {
    const pushed = eventsOf(JSON.stringify([camel(rest), camel(rest)]), messageType);
    const logged = reader.eventsOf(type, [withId(rest, bigId), withId(rest, '9223372036854775806')]);
    expect(new Set([...pushed, ...logged].map(({ pairingKey }) => pairingKey))).toEqual(new Set([row?.pairingKey]));
    expect(new Set([...pushed, ...logged].map(({ id }) => id)).size).toBe(4);
    expect(logged.map(({ text }) => text.includes(bigId))).toEqual([false, true]);
  });

  it('has a time and a complete key', () => {
    expect(row).toMatchObject({ timeMs: T, pairingKey: expect.any(String), text: withId(rest, '17') });
  });
});

it('large user ids are not rounded', () => {
  const text = (user: string) => withId(events.audit.rest, '1').replace('6553', user);
  const [a, b] = reader.eventsOf('audit', [text('9007199254740992'), text('9007199254740993')]);
  expect(a?.pairingKey).not.toBe(b?.pairingKey);
  expect(b?.pairingKey).toBe(eventsOf(text('"9007199254740993"'), 'AUDIT_LOG_ALL')[0]?.pairingKey);
});

it('an event without a complete key has none, and its id is that of its content', () => {
  const { timestamp, ...untimed } = events.audit.rest;
  expect(timestamp).toBe(T);
  const [logged] = reader.eventsOf('audit', [JSON.stringify(untimed)]);
  expect(logged?.pairingKey).toBeUndefined();
  expect(eventsOf(JSON.stringify(camel(untimed)), 'AUDIT_LOG_ALL')[0]).toMatchObject({ id: logged?.id });
});
