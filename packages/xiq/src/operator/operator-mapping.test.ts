// Documents under an operator's mapping.
import { validateEcs } from '@xiq-siem/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { xiqSource } from '../source.ts';
import { anyMessageType, elementOf, families, fitting } from '../test-bodies.ts';
import { eventsOf, eventsOfValue, mappedSource } from '../test-source.ts';

fc.configureGlobal({ interruptAfterTimeLimit: 10_000 });

const T = 1_636_337_187_553;
const login = { timeStamp: T, userId: 1, code: 10001, description: 'Logged in' };

function documentOf(file: Parameters<typeof mappedSource>[0], element: object, messageType = 'AUDIT_LOG_ALL') {
  const [event] = eventsOfValue(element, messageType, mappedSource(file));
  if (event === undefined) throw new Error('no event');
  return event.document;
}

it('every document has the version of its mapping', () => {
  const versionOf = (content: string, of?: ReturnType<typeof mappedSource>) =>
    eventsOf(content, undefined, of).map(({ document }) => Object(document.extreme?.['xiq']).mapping_version);
  expect(versionOf('[{"a":1},5]')).toEqual(['2', '2']);
  expect(versionOf('[{"a":1},5]', mappedSource({}))).toEqual(['2+0123456789ab', '2+0123456789ab']);
  expect(versionOf('no', mappedSource({}))).toEqual(['2+0123456789ab']);
});

it('an additional name is read as its field, and is not in extra', () => {
  const file = { fields: { audit: { user_id: ['Actor Id'], host_names: ['where'] } } };
  const document = documentOf(file, { timeStamp: T, 'Actor Id': 7, where: ['a', 'b'] });
  expect(document).toMatchObject({ user: { id: '7' }, related: { hosts: ['a', 'b'] } });
  expect(document.extreme?.['xiq']).not.toHaveProperty('extra');
});

it('an additional name has any spelling, and applies only to its family', () => {
  const file = { fields: { audit: { user_id: ['actor_id'] } } };
  for (const name of ['actor_id', 'actorId', 'ACTOR-ID']) {
    expect(documentOf(file, { timeStamp: T, [name]: 7 })).toMatchObject({ user: { id: '7' } });
  }
  expect(documentOf(file, { timeStamp: T, actor_id: 7 }, 'GDPR_LOG_ALL')).not.toHaveProperty('user');
});

it('a built-in name takes precedence, also in the parent of an observation; the other value is in extra', () => {
  const audit = { fields: { audit: { user_id: ['actor'] } } };
  const won = { user: { id: '1' }, extreme: { xiq: { extra: { actor: 7 } } } };
  expect(documentOf(audit, { actor: 7, ...login })).toMatchObject(won);
  expect(documentOf(audit, { actor: 7, userId: {} })).toMatchObject({
    user: { id: '7' },
    extreme: { xiq: { extra: { userId: {} } } },
  });
  const listed = { fields: { audit: { owner_id: ['owner-id'] } } };
  expect(documentOf(listed, { ownerId: 1, vhmId: 2 })).toMatchObject({ organization: { id: '1' } });
  const body = { ssid: 'Corp', observations: [{ clientMac: 'dcac3da506b4', network: 'Guest' }] };
  expect(documentOf({ fields: { location: { ssid: ['network'] } } }, body, 'LOCATION_AP_CENTRIC')).toMatchObject({
    network: { name: 'Corp' },
    extreme: { xiq: { extra: { network: 'Guest' } } },
  });
});

it("an operator's audit code overrides the built-in one; the target user is still read", () => {
  const auditCodes = {
    '50012': { action: 'ssid-changed', category: ['configuration'], type: ['change'], outcome: 'success' },
    '10001': { action: 'my-login', type: ['info'], level: 'notice' },
    '40001': { action: 'guest-created', category: ['iam'], type: ['creation'] },
  } as const;
  const file: Parameters<typeof mappedSource>[0] = JSON.parse(JSON.stringify({ auditCodes }));
  const event = { action: 'ssid-changed', category: ['configuration'], type: ['change'], outcome: 'success' };
  expect(documentOf(file, { ...login, code: 50012 })).toMatchObject({ event, log: { level: 'info' } });
  const own = documentOf(file, login);
  expect(own).toMatchObject({ event: { action: 'my-login', type: ['info'] }, log: { level: 'notice' } });
  expect(own.event).not.toHaveProperty('outcome');
  expect(own.event).not.toHaveProperty('category');
  const created = { ...login, code: 40001, description: 'Created Cloud PPSK User j.doe' };
  expect(documentOf(file, created)).toMatchObject({
    event: { action: 'guest-created' },
    user: { target: { name: 'j.doe' } },
  });
  expect(documentOf(file, { ...login, code: 10002 }).event?.action).toBe('admin-logout');
});

it("an operator's status word overrides the built-in one, in any case", () => {
  const file = { statusWords: { Delivered: 'success', COMPLETE: 'unknown', bounced: 'failure' } } as const;
  const outcomeOf = (status: string, type: string) => documentOf(file, { timestamp: T, status }, type).event?.outcome;
  expect(outcomeOf(' DELIVERED', 'SMS_LOG_ALL')).toBe('success');
  expect(outcomeOf('complete', 'EMAIL_LOG_ALL')).toBe('unknown');
  expect(outcomeOf('FAIL', 'EMAIL_LOG_ALL')).toBe('failure');
  const bounced = documentOf(file, { timestamp: T, status: 'Bounced' }, 'EMAIL_LOG_ALL');
  expect(bounced).toMatchObject({ event: { outcome: 'failure' }, log: { level: 'error' } });
});

it.each([
  ['audit', 'AUDIT_LOG_ALL', { code: 'X-1' }, 'x_1'],
  ['gdpr', 'GDPR_LOG_ALL', { category: 'Export tenant data', status: 'Failed' }, 'export-tenant-data'],
  ['gdpr', 'GDPR_LOG_ALL', { code: 80001 }, '80001'],
  ['credential', 'CREDENTIAL_LOG_ALL', { action: 'Suspended' }, 'SUSPENDED'],
  ['email', 'EMAIL_LOG_ALL', { status: 'Bounced' }, 'bounced'],
  ['sms', 'SMS_LOG_ALL', { status: 'not sent' }, 'NOT-SENT'],
  ['alert', 'ALERT', { alert_rule_name: 'Rogue AP', category: 'SECURITY' }, 'rogue ap'],
  ['alert', 'ALERT', { alert_rule_id: 101 }, '101'],
  ['alert', 'ALERT', { category: 'XIQ' }, 'xiq'],
] as const)("the operator's classification of %s by a code or word, in any spelling", (family, type, element, code) => {
  const own = { action: 'our-action', category: ['iam'], type: ['change'], level: 'notice' } as const;
  const document = documentOf({ codes: { [family]: { [code]: own } } }, { timestamp: T, ...element }, type);
  const { action, ...event } = own;
  expect(document).toMatchObject({ event: { action, category: event.category, type: event.type } });
  expect(document.log?.level).toBe('notice');
});

it.each([
  ['email', 'EMAIL_LOG_ALL'],
  ['sms', 'SMS_LOG_ALL'],
] as const)("an operator's classification of %s without a category has none", (family, type) => {
  const codes = { [family]: { queued: { action: 'our-action', type: ['start'] } } } as const;
  const { event } = documentOf({ codes }, { timestamp: T, status: 'queued' }, type);
  expect([event?.action, event?.type, event?.category]).toEqual(['our-action', ['start'], undefined]);
});

it('the outcome of a status stays beside an operator’s classification without one', () => {
  const own = { action: 'our-action', type: ['info'] } as const;
  const outcomeOf = (file: Parameters<typeof mappedSource>[0], element: object, type: string) =>
    documentOf(file, { timestamp: T, ...element }, type).event?.outcome;
  const codes = { sms: { fail: own }, gdpr: { 'Export tenant data': { ...own, outcome: 'success' } } };
  const file = JSON.parse(JSON.stringify({ codes }));
  expect(outcomeOf(file, { status: 'FAIL' }, 'SMS_LOG_ALL')).toBe('failure');
  expect(outcomeOf(file, { category: 'Export tenant data', status: 'failed' }, 'GDPR_LOG_ALL')).toBe('failure');
  expect(outcomeOf(file, { category: 'Export tenant data' }, 'GDPR_LOG_ALL')).toBe('success');
});

it('an id is unchanged if an additional name gives a missing or unreadable value', () => {
  const idsOf = (element: object, type: string, of?: ReturnType<typeof mappedSource>) =>
    eventsOfValue(element, type, of).map(({ id }) => id);
  const audit = mappedSource({ fields: { audit: { description: ['text'], timestamp: ['at'] } } });
  for (const element of [
    { timeStamp: T, userId: 1, code: 1, text: 'Logged in' },
    { at: T, userId: 1, code: 1, description: 'Logged in' },
    { ...login, timeStamp: 'yesterday', at: T },
  ]) {
    expect(idsOf(element, 'AUDIT_LOG_ALL', audit)).toEqual(idsOf(element, 'AUDIT_LOG_ALL'));
  }
  // Here missing and unreadable are different.
  const session = { timestamp: T, callingStationId: 'DC-AC-3D-A5-06-B4', acctSessionId: 'S' };
  const accounting = mappedSource({ fields: { accounting: { acct_stop_time: ['ended'] } } });
  for (const element of [
    { ...session, ended: T + 5 },
    { ...session, ended: 'soon' },
    { ...session, ended: T + 5, acctStopTime: 'soon' },
  ]) {
    expect(idsOf(element, 'ACCOUNTING_LOG_ALL', accounting)).toEqual(idsOf(element, 'ACCOUNTING_LOG_ALL'));
  }
  expect(
    documentOf(
      { fields: { accounting: { acct_stop_time: ['ended'] } } },
      { ...session, ended: T + 5 },
      'ACCOUNTING_LOG_ALL',
    ).event?.action,
  ).toBe('session-end');
});

/** Every field of every family has two additional names. */
const namesFor = (name: string) => [`op_${name}`, `Op ${name}`];
const everything = mappedSource({
  fields: Object.fromEntries(
    families.map(({ family, rules }) => [family, Object.fromEntries(rules.map(([name]) => [name, namesFor(name)]))]),
  ),
  codes: { gdpr: { a: { action: 'a', type: ['info'] } } },
  auditCodes: { '1': { action: 'one', type: ['info'] }, '10001': { action: 'my-login', type: ['info'] } },
  statusWords: { x: 'success', SUCCESS: 'failure' },
});

const other = fc.jsonValue({ maxDepth: 2 });
/** An element whose fields have built-in names, operator's names, both, or none. */
const element = fc.oneof(
  ...families.map(({ rules }) => {
    const furthers = rules.map(([name, rule]) =>
      fc.record({
        key: fc.constantFrom(...namesFor(name)),
        value: fc.oneof({ weight: 4, arbitrary: fitting[rule.as] }, other),
        there: fc.boolean(),
      }),
    );
    return fc.tuple(elementOf(rules, other), fc.tuple(...furthers)).map(([own, further]) => ({
      ...own,
      ...Object.fromEntries(further.filter(({ there }) => there).map(({ key, value }) => [key, value])),
    }));
  }),
);
const body = fc.oneof(
  fc.array(element, { maxLength: 4 }),
  fc
    .tuple(element, fc.array(element, { minLength: 1, maxLength: 3 }), fc.constantFrom('', 'x'.repeat(5_000)))
    .map(([parent, observations, padding]) => ({ ...parent, padding, observations })),
);

it('no mapping changes an id, a dataset or an element number', () => {
  fc.assert(
    fc.property(body, anyMessageType, (content, messageType) => {
      const identities = (of?: ReturnType<typeof mappedSource>) =>
        eventsOfValue(content, messageType, of).map(({ id, dataset, element: number }) => ({ id, dataset, number }));
      expect(identities(everything)).toEqual(identities());
    }),
    { numRuns: 400 },
  );
});

it('documents under a mapping are valid', () => {
  fc.assert(
    fc.property(body, anyMessageType, (content, messageType) => {
      for (const { document } of eventsOfValue(content, messageType, everything)) {
        expect(validateEcs(document, xiqSource.fields)).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
});
