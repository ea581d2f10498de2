import { validateEcs } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { categories, type EventType, eventTypes, expectedTypes, mappingSchema } from './mapping-schema.ts';

const code = { action: 'ssid-changed', category: ['configuration'], type: ['change'] };

/** `path: message` of each fault. */
function faultsOf(file: unknown): readonly string[] {
  const { error } = mappingSchema.safeParse(file);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

it('accepts an empty file, and one with every key', () => {
  expect(mappingSchema.parse({})).toEqual({ fields: {}, codes: {}, auditCodes: {}, statusWords: {} });
  const complete = {
    fields: { audit: { user_id: ['actorId', 'actor_id'], description: ['text'] }, auth: { reply: ['radiusReply'] } },
    codes: {
      audit: { '60001': { ...code, level: 'info' } },
      sms: { Bounced: { action: 'sms-bounced', type: ['info'], level: 'error' } },
    },
    auditCodes: { '50012': { ...code, outcome: 'success', level: 'notice' }, '7': { action: 'a', type: ['device'] } },
    statusWords: { DELIVERED: 'success', 'not sent': 'failure' },
  };
  expect(mappingSchema.parse(complete)).toEqual({
    ...complete,
    auditCodes: { ...complete.auditCodes, '7': { action: 'a', type: ['device'], level: 'info' } },
  });
});

it('a built-in spelling of the same field is not a fault', () => {
  expect(faultsOf({ fields: { audit: { username: ['user_name', 'userName', 'who', 'who'] } } })).toEqual([]);
});

it.each<[string, unknown, readonly (string | RegExp)[]]>([
  ['an unknown key', { words: {} }, [/Unrecognized key/]],
  [
    'an unknown family, with the list of families',
    { fields: { audits: {} } },
    [
      'fields.audits: unknown message family: expected one of audit, gdpr, credential, accounting, auth, email, sms, location, alert, unknown',
    ],
  ],
  [
    'an unknown field, with the list of fields',
    { fields: { credential: { userid: ['x'] } } },
    [
      'fields.credential.userid: unknown field of credential: expected one of timestamp, id, owner_id, vhm_name, org_id, org_name, username, action',
    ],
  ],
  [
    'a field under its camelCase name',
    { fields: { audit: { userId: ['x'] } } },
    [/^fields\.audit\.userId: unknown field of audit/],
  ],
  [
    'an invalid list of names beside an unknown field',
    { fields: { audit: { userid: 5, user_id: 'x' } } },
    [/^fields\.audit\.user_id: /, /^fields\.audit\.userid: unknown field of audit/],
  ],
  [
    'a built-in name of another field',
    { fields: { audit: { user_id: ['who', 'userName'] } } },
    ['fields.audit.user_id.1: "userName" is a built-in name of username'],
  ],
  [
    'a name of two fields',
    { fields: { audit: { user_id: ['who'], username: ['who'] } } },
    ['fields.audit.username.0: "who" is also listed as a name of user_id'],
  ],
  ['an empty name', { fields: { audit: { user_id: ['_-'] } } }, [/^fields\.audit\.user_id\.0: /]],
  ['a long name', { fields: { audit: { user_id: ['x'.repeat(129)] } } }, [/^fields\.audit\.user_id\.0: /]],
  ['a control character', { fields: { audit: { user_id: ['a\nb'] } } }, [/without control characters/]],
  ['too many names', { fields: { audit: { user_id: Array(17).fill('x') } } }, [/^fields\.audit\.user_id: /]],
  ['a code that is not a number', { auditCodes: { A1: code } }, [/^auditCodes\.A1: /]],
  ['a long code', { auditCodes: { '1234567890': code } }, [/^auditCodes\.1234567890: /]],
  [
    'too many codes',
    { auditCodes: Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [index, code])) },
    ['auditCodes: at most 1000 audit codes'],
  ],
  [
    'an action in another case',
    { auditCodes: { 1: { ...code, action: 'Ssid changed' } } },
    [/^auditCodes\.1\.action: /],
  ],
  ['a long action', { auditCodes: { 1: { ...code, action: 'a'.repeat(65) } } }, [/^auditCodes\.1\.action: /]],
  ['no type', { auditCodes: { 1: { action: 'a' } } }, [/^auditCodes\.1\.type: /]],
  [
    'an unknown category',
    { auditCodes: { 1: { ...code, category: ['wifi'] } } },
    [/^auditCodes\.1\.category\.0: .*"iam"/],
  ],
  ['an unknown type', { auditCodes: { 1: { ...code, type: ['changed'] } } }, [/^auditCodes\.1\.type\.0: .*"change"/]],
  ['a duplicate category', { auditCodes: { 1: { ...code, category: ['iam', 'iam'] } } }, [/each category once/]],
  ['an empty list', { auditCodes: { 1: { ...code, category: [] } } }, [/^auditCodes\.1\.category: /]],
  ['an unknown outcome', { auditCodes: { 1: { ...code, outcome: 'good' } } }, [/^auditCodes\.1\.outcome: /]],
  ['an unknown level', { auditCodes: { 1: { ...code, level: 'loud' } } }, [/^auditCodes\.1\.level: /]],
  ['an unknown key of a code', { auditCodes: { 1: { ...code, message: 'x' } } }, [/^auditCodes\.1: Unrecognized key/]],
  [
    'a type that ECS does not expect of the category',
    { auditCodes: { 1: { ...code, type: ['change', 'start'] } } },
    [
      'auditCodes.1.type.1: ECS does not expect start for configuration: expected one of access, change, creation, deletion, info',
    ],
  ],
  [
    'a code of an unknown family, and of one without codes',
    { codes: { location: { a: code } } },
    [/^codes: Unrecognized key: "location"/],
  ],
  ['a blank code', { codes: { gdpr: { ' - ': code } } }, [/^codes\.gdpr\. - : /]],
  ['a long code word', { codes: { gdpr: { ['x'.repeat(65)]: code } } }, [/^codes\.gdpr\.x+: /]],
  [
    'two spellings of a code',
    { codes: { gdpr: { 'Delete tenant data': code, DELETE_TENANT_DATA: code } } },
    ['codes.gdpr.DELETE_TENANT_DATA: the same word as "Delete tenant data"'],
  ],
  [
    'too many codes of a family',
    { codes: { auth: Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`w${index}`, code])) } },
    ['codes.auth: at most 1000 codes'],
  ],
  [
    'an audit code in both places',
    { codes: { audit: { 7: code } }, auditCodes: { 7: code } },
    ['auditCodes.7: also in codes.audit: remove one'],
  ],
  [
    'an unexpected type of a code of any family',
    { codes: { alert: { x: { ...code, type: ['end'] } } } },
    [/^codes\.alert\.x\.type\.0: ECS does not expect end for configuration/],
  ],
  ['an unknown outcome of a status word', { statusWords: { DELIVERED: 'yes' } }, [/^statusWords\.DELIVERED: /]],
  ['a blank status word', { statusWords: { ' ': 'success' } }, [/^statusWords\. : /]],
  ['a long status word', { statusWords: { ['x'.repeat(65)]: 'success' } }, [/^statusWords\.x+: /]],
  [
    'a duplicate status word',
    { statusWords: { DELIVERED: 'success', 'delivered ': 'failure' } },
    ['statusWords.delivered : the same word as "DELIVERED"'],
  ],
  [
    'too many status words',
    { statusWords: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`w${index}`, 'success'])) },
    ['statusWords: at most 100 status words'],
  ],
])('refuses %s', (_, file, expected) => {
  const faults = faultsOf(file);
  expect(faults).toEqual(
    expected.map((message) => (typeof message === 'string' ? message : expect.stringMatching(message))),
  );
});

it('describes every key, for the reference', () => {
  const bare: string[] = [];
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    if ('properties' in schema && typeof schema.properties === 'object' && schema.properties !== null) {
      for (const [key, value] of Object.entries(schema.properties)) {
        if (typeof Object(value).description !== 'string') bare.push(`${path}.${key}`);
        walk(value, `${path}.${key}`);
      }
    }
    if ('additionalProperties' in schema) walk(schema.additionalProperties, `${path}.*`);
  };
  const json = z.toJSONSchema(mappingSchema, { io: 'input', unrepresentable: 'any' });
  walk(json, '');
  expect(Object.keys(json.properties ?? {})).toEqual(['fields', 'codes', 'auditCodes', 'statusWords']);
  expect(bare).toEqual([]);
});

it('lists every event type of ECS', () => {
  // A missing type does not compile, and neither does a missing category in `expectedTypes`.
  const all: Readonly<Record<EventType, true>> = {
    access: true,
    admin: true,
    allowed: true,
    change: true,
    connection: true,
    creation: true,
    deletion: true,
    denied: true,
    device: true,
    end: true,
    error: true,
    group: true,
    indicator: true,
    info: true,
    installation: true,
    protocol: true,
    start: true,
    user: true,
  };
  expect(eventTypes).toEqual(Object.keys(all));
  expect(categories).toEqual(Object.keys(expectedTypes));
});

it.each(categories)('expects the event types of ECS for %s', (category) => {
  const ofEcs = eventTypes.filter(
    (type) =>
      !validateEcs({ event: { category: [category], type: [type] } }).some((fault) => fault.includes('not expected')),
  );
  expect([...expectedTypes[category]].sort()).toEqual(ofEcs.sort());
});
