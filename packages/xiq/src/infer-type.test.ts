import type { JsonObject } from '@xiq-siem/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Parent } from './body/divided-item.ts';
import { familyFields } from './body/envelope.ts';
import { inferringNames, inferType } from './infer-type.ts';
import { camelCase } from './read/field-table.ts';

const parentWith = (object: JsonObject, kind: Parent['kind'] = 'observations'): Parent => ({
  kind,
  object,
  text: '',
  isLossy: false,
  copyAllFields: true,
});

/** The rules of version 1, which read names in snake_case and camelCase only. An element keeps its type. */
const formerRules: readonly { type: string; has: readonly string[]; parentHas?: string; only?: string }[] = [
  { type: 'LOCATION_CLIENT_CENTRIC', has: [], parentHas: 'client_mac' },
  { type: 'LOCATION_AP_CENTRIC', has: [], parentHas: 'ap_mac' },
  { type: 'LOCATION_AP_CENTRIC', has: ['ap_mac', 'client_mac observations'] },
  { type: 'LOCATION_CLIENT_CENTRIC', has: ['client_mac', 'rssi seen_time seen_epoch observations'] },
  {
    type: 'ACCOUNTING_LOG_ALL',
    has: ['acct_session_id acct_multi_id acct_start_time acct_stop_time acct_session_time'],
  },
  {
    type: 'AUTHENTICATION_LOG_ALL',
    has: ['reply auth_date auth_type reject_reason', 'calling_station_id called_station_id auth_date'],
  },
  { type: 'SMS_LOG_ALL', has: ['tel message_id status_from_provider', 'status'] },
  { type: 'EMAIL_LOG_ALL', has: ['approver_email customer_id', 'status username user_name'] },
  { type: 'AUDIT_LOG_ALL', has: ['code', 'description category parameters'] },
  {
    type: 'CREDENTIAL_LOG_ALL',
    has: ['username user_name', 'timestamp time_stamp'],
    only: 'id username user_name vhm_id owner_id vhm_name org_id org_name timestamp time_stamp',
  },
];

const spelled = (names: string): string[] => names.split(' ').flatMap((name) => [name, camelCase(name)]);
const formerNames = [
  ...new Set(formerRules.flatMap(({ has, parentHas = '', only = '' }) => spelled([...has, parentHas, only].join(' ')))),
].filter((name) => name !== '');

function formerType(element: JsonObject, parent: JsonObject | undefined): string | undefined {
  const has = (object: JsonObject | undefined, names: string): boolean =>
    spelled(names).some((name) => object !== undefined && Object.hasOwn(object, name));
  return formerRules.find(
    ({ has: groups, parentHas, only }) =>
      groups.every((names) => has(element, names) || has(parent, names)) &&
      (parentHas === undefined || has(parent, parentHas)) &&
      (only === undefined ||
        (parent === undefined && Object.keys(element).every((name) => spelled(only).includes(name)))),
  )?.type;
}

it('an element that had a type keeps it, and another one gets one of the rules after those', () => {
  const objects = fc
    .uniqueArray(fc.constantFrom(...formerNames, 'summary', 'severity_name', 'logId', 'admin', 'authStatus', 'x'), {
      maxLength: 8,
    })
    .map((names): JsonObject => Object.fromEntries(names.map((name) => [name, 1])));
  fc.assert(
    fc.property(objects, fc.option(objects, { nil: undefined }), (element, parent) => {
      const former = formerType(element, parent);
      const added = ['GDPR_LOG_ALL', 'ALERT', 'AUTHENTICATION_LOG_ALL', undefined];
      expect(former === undefined ? added : [former]).toContain(inferType(element, parent && parentWith(parent)));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['AUTHENTICATION_LOG_ALL', { authdate: 1, reply: 'Access-Accept', userName: 'x', ssid: 'y', calledStationId: 'z' }],
  ['AUTHENTICATION_LOG_ALL', { AuthDate: 1 }],
  ['AUTHENTICATION_LOG_ALL', { 'Calling-Station-Id': 1, Reply: 2 }],
  ['AUTHENTICATION_LOG_ALL', { userName: 'x', authStatus: 'REJECT', ssid: 'y', rejectReason: '' }],
  ['ACCOUNTING_LOG_ALL', { acctSessionID: 1 }],
  ['LOCATION_AP_CENTRIC', { apMAC: 1, clientMAC: 1 }],
  ['AUDIT_LOG_ALL', { Code: 1, DESCRIPTION: 'x' }],
  ['AUDIT_LOG_ALL', { code: 1, description: 'x', logId: 1, admin: 'x' }],
  ['GDPR_LOG_ALL', { log_id: 77, startTime: 1, endTime: 2, status: 'Completed', category: 'x', mac: 'y', admin: 'z' }],
  ['CREDENTIAL_LOG_ALL', { UserName: 'x', TimeStamp: 1, OwnerID: 1 }],
  [undefined, { UserName: 'x', TimeStamp: 1, colour: 1 }],
  [undefined, { logId: 1 }],
  ['ALERT', { severity_name: 'Critical', summary: 'Rogue AP detected', source: {}, category: 'x' }],
  ['ALERT', { Summary: 'x', alertRuleName: 'y' }],
  [undefined, { summary: 'x', severity: 'y' }],
])('%s: %j', (type, element) => {
  expect(inferType(element, undefined)).toBe(type);
});

it('reads the names of the object that contains observations, not those of an envelope', () => {
  expect(inferType({ rssi: 1 }, parentWith({ ApMac: 1 }))).toBe('LOCATION_AP_CENTRIC');
  expect(inferType({ rssi: 1 }, parentWith({ ApMac: 1 }, 'envelope'))).toBeUndefined();
  const credential = { username: 'x', timestamp: 1 };
  expect(inferType(credential, parentWith({ total: 1 }))).toBeUndefined();
  expect(inferType(credential, parentWith({ total: 1 }, 'envelope'))).toBe('CREDENTIAL_LOG_ALL');
});

it('no field by which a type is inferred may stand beside the elements of an envelope', () => {
  expect([...inferringNames].filter((name) => !familyFields.has(name))).toEqual([]);
});
