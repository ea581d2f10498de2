// Audit, GDPR, credential, e-mail and SMS events, as a detection reads them.
import type { JsonObject } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { eventsOfValue } from '../test-source.ts';

const T = 1_636_337_187_553;
const iso = new Date(T).toISOString();

function documentOf(element: object, messageType: string) {
  const [event] = eventsOfValue(element, messageType);
  if (event === undefined) throw new Error('no event');
  const xiq: JsonObject = Object(event.document.extreme?.['xiq']);
  return { ...event.document, xiq };
}

const audit = (fields: object) => documentOf({ timeStamp: T, ...fields }, 'AUDIT_LOG_ALL');
const gdpr = (fields: object) => documentOf(fields, 'GDPR_LOG_ALL');
const sms = (fields: object) => documentOf({ timestamp: T, ...fields }, 'SMS_LOG_ALL');

it('D4: a GDPR row has its administrator, client, span, outcome and action', () => {
  const row = {
    logId: 77,
    startTime: T - 5_000,
    endTime: T,
    status: 'Completed',
    category: 'Delete client data',
    mac: 'dc:ac:3d:a5:06:b4',
    admin: 'DPO@corp.example',
    description: 'Client data deletion',
  };
  const document = gdpr(row);
  expect(document).toMatchObject({
    '@timestamp': iso,
    user: { name: 'dpo@corp.example', email: 'dpo@corp.example' },
    client: { mac: 'DC-AC-3D-A5-06-B4' },
    related: { user: ['dpo@corp.example'] },
    event: {
      action: 'gdpr-data-erasure',
      category: ['iam'],
      type: ['user', 'deletion'],
      outcome: 'success',
      start: new Date(T - 5_000).toISOString(),
      end: iso,
      duration: 5_000_000_000,
    },
    message: 'Client data deletion',
    xiq: { gdpr: { log_id: '77', category: 'Delete client data' }, status: 'Completed', user_name: 'DPO@corp.example' },
  });
  expect(document.xiq).not.toHaveProperty('extra');
  const { startTime: start, endTime: end, ...others } = row;
  expect(gdpr({ ...others, start, end }).event).toMatchObject({ start: document.event?.start, end: iso });
  const started = gdpr({ ...row, endTime: null, status: 'In progress' });
  expect(started).toMatchObject({ '@timestamp': new Date(T - 5_000).toISOString(), event: { outcome: 'unknown' } });
  expect(started.event).not.toHaveProperty('duration');
  expect(gdpr({ ...row, status: 'FAILED' }).event?.outcome).toBe('failure');
});

it.each([
  ['Download client data', 'Client data deletion', 'gdpr-data-export'],
  ['DELETE_USER_DATA', 'Client data download', 'gdpr-data-erasure'],
  ['Erase tenant data', 'Download', 'gdpr-data-erasure'],
  ['Retention', 'Exported data of jane', 'gdpr-data-export'],
  ['Retention', 'Data retention period changed', 'gdpr-activity'],
])('the GDPR category %s decides before the description %s', (category, description, action) => {
  expect(gdpr({ category, description }).event?.action).toBe(action);
});

it('a GDPR row in the form of an audit event has its user; a user beside an admin is the target', () => {
  const row = { timestamp: T, userName: 'dpo@corp.example', code: 5, category: 1, description: 'Exported data' };
  const document = gdpr(row);
  expect(document).toMatchObject({
    user: { name: 'dpo@corp.example' },
    event: { action: 'gdpr-data-export' },
    xiq: { audit: { category_id: 1 } },
  });
  expect(document.event).not.toHaveProperty('outcome');
  expect(gdpr({ ...row, admin: 'CORP\\Max' })).toMatchObject({
    user: { name: 'max', domain: 'CORP', target: { name: 'dpo', email: 'dpo@corp.example' } },
  });
});

it('an e-mail is to an address only', () => {
  const emailTo = (username: string) => documentOf({ timestamp: T, username }, 'EMAIL_LOG_ALL').email?.to?.address;
  expect([emailTo('Guest@corp.example'), emailTo('Guest 12')]).toEqual([['guest@corp.example'], undefined]);
});

it('D5: a changed Cloud PPSK user is iam, and its number of a category decides nothing', () => {
  expect(audit({ code: 40002, category: 3, description: 'Updated Cloud PPSK User ppsk_user_01' })).toMatchObject({
    event: { action: 'ppsk-user-updated', category: ['iam'], type: ['user', 'change'], outcome: 'success' },
    user: { target: { name: 'ppsk_user_01' } },
    related: { user: ['ppsk_user_01'] },
    xiq: {
      audit: { category: 'deployment', category_derived: true, object: 'ppsk_user_01', object_type: 'ppsk_user' },
    },
  });
  const other = audit({ code: 40_099, category: 3, description: 'Renewed Cloud PPSK User Guest 12' });
  expect(other).toMatchObject({
    event: { action: 'ppsk-user-activity', category: ['iam'], type: ['user', 'info'] },
    user: { target: { name: 'Guest 12' } },
  });
  expect(other.event).not.toHaveProperty('outcome');
  const byText = audit({ code: 71, category: 3, description: 'Deleted Cloud PPSK User ppsk_user_01' });
  expect(byText.event).toMatchObject({ action: 'ppsk-user-deleted', type: ['user', 'deletion'] });
  expect(byText.event).not.toHaveProperty('outcome');
  for (const category of [1, 3, 4]) expect(audit({ code: 71, category }).event?.action).toBe('xiq-audit-71');
  expect(audit({ code: 71, category: 'DEPLOYMENT' }).event?.action).toBe('config-deployed');
});

it.each([
  ['Created alert policy Rogue AP', 'alert-policy-created', 'creation', 'notice'],
  ['Deleted alert policy [Rogue AP]', 'alert-policy-deleted', 'deletion', 'warning'],
  ['Disabled alert policy "Rogue AP"', 'alert-policy-disabled', 'change', 'warning'],
  ['Enabled alert policy  Rogue AP ', 'alert-policy-enabled', 'change', 'notice'],
])('%s', (description, action, type, level) => {
  expect(audit({ code: 61_001, category: 6, description })).toMatchObject({
    event: { action, category: ['configuration'], type: [type] },
    log: { level },
    xiq: { audit: { object: 'Rogue AP', object_type: 'alert_policy' } },
  });
});

it('a device that was reset, and a deleted audit log', () => {
  expect(audit({ code: 2, description: 'Reset device AP-1', hostNames: ['AP-2'] })).toMatchObject({
    event: { action: 'device-reset', category: ['host'], type: ['change'] },
    related: { hosts: ['AP-2', 'AP-1'] },
    xiq: { audit: { object: 'AP-1', object_type: 'device' } },
  });
  expect(audit({ code: 2, description: 'Deleted audit log entries of max' }).event).toMatchObject({
    action: 'audit-log-deleted',
    type: ['deletion'],
  });
});

it.each([
  'Reset device configuration of AP-1',
  'Could not delete: Deleted alert policy Rogue AP',
  'Created alert policyX',
  'Viewed Cloud PPSK User jane',
  'Failed: Logged in with privileges of admin group Administrator',
])('a description classifies only by a known text at its start: %s', (description) => {
  const document = audit({ code: 2, description });
  expect(document.event).toMatchObject({ action: 'xiq-audit-2', type: ['info'] });
  expect(document.user).toBeUndefined();
  expect(document.xiq['audit']).toBeUndefined();
});

it('D14: the roles of a login', () => {
  const login = { code: 10001, description: 'Logged in with privileges of admin group Front Office' };
  expect(audit({ ...login, userName: 'max@corp.example' })).toMatchObject({
    user: { name: 'max@corp.example', roles: ['Front Office'] },
    event: { action: 'admin-login', outcome: 'success' },
  });
  expect(audit({ ...login, code: 10_099 })).toMatchObject({
    user: { roles: ['Front Office'] },
    event: { action: 'admin-login', category: ['authentication'], outcome: 'unknown' },
  });
});

it('D15: host names as a text with commas, or with an absent one', () => {
  expect(audit({ hostNames: 'AP-1, AP-2,SW-3' }).related?.hosts).toEqual(['AP-1', 'AP-2', 'SW-3']);
  const partial = audit({ hostNames: ['AP-1', null, 'Hall, east'] });
  expect(partial.related?.hosts).toEqual(['AP-1', 'Hall, east']);
  expect(partial.xiq).not.toHaveProperty('extra');
});

it('D1b: credential events of one second have their own id and action', () => {
  const actions = ['Created', 'renewed', 'DELETED', 'Revoked', 'Blessed'];
  const rows = actions.map((action, index) => ({ id: index, userName: 'guest', timestamp: T, action }));
  const events = eventsOfValue(rows, 'CREDENTIAL_LOG_ALL');
  expect(new Set(events.map(({ id }) => id)).size).toBe(5);
  expect(events.map(({ document }) => document.event?.action)).toEqual([
    'credential-created',
    'credential-renewed',
    'credential-deleted',
    'credential-revoked',
    'credential-activity',
  ]);
  expect(events[1]?.document).toMatchObject({
    event: { category: ['iam'], type: ['user', 'change'] },
    user: { target: { name: 'guest' } },
    message: 'Credential activity for guest: renewed',
  });
});

it.each([
  ['undelivered to +49 30 5550100: 30003', '+49 30 5550100', 'undelivered to [tel]: 30003'],
  ['(030) 555-0100 rejected', '+49 30 5550100', '([tel] rejected'],
  ['sent to 00493055501 00', '+49 (30) 5550100', 'sent to [tel]'],
  ['sent to +1 202 555 0199', null, 'sent to [tel]'],
  ['error 12345', '12345', 'error [tel]'],
  ['code 30003 at 10.20.30.40', '+49 30 5550100', 'code 30003 at 10.20.30.40'],
])('D15: the answer %s about %s is the reason without the phone number', (answer, tel, reason) => {
  const document = sms({ status: 'FAIL', tel, statusFromProvider: answer });
  expect(document.event).toMatchObject({ reason, outcome: 'failure' });
  const { event: _, xiq, extreme: __, ...rest } = document;
  expect(xiq['sms']).toEqual(tel === null ? undefined : { tel });
  if (tel !== null) expect(JSON.stringify(rest)).not.toContain(tel);
});
