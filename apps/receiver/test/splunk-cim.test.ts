// The search-time settings of docs/reference/splunk.md derive what Splunk's data models need, from events as Splunk gets them.
import type { NormalizedEvent, Source, StoredBody } from '@xiq-siem/core';
import { ecsFieldDefinitions, Secret } from '@xiq-siem/core';
import { connectorFields, selfSource } from '@xiq-siem/health-events';
import type { GeneratedBody } from '@xiq-siem/simulator';
import { createScenario, generateBodies, type ScenarioName, sentTypes, shapes } from '@xiq-siem/simulator';
import { splunkHecDestination } from '@xiq-siem/splunk-hec';
import { createRecordingLogger, createRecordingMeter, destinationContext, startHecFake } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CimModel, cimModels } from './splunk/cim-models.ts';
import { calculate, eventTypes, mentionedFields } from './splunk/derivation.ts';
import { extractFields, type Fields } from './splunk/fields.ts';

const receivedAtMs = Date.UTC(2026, 0, 1, 12);
const log = createRecordingLogger();
const meter = createRecordingMeter();
const agent = { id: '6f0c8c1e-0000-4000-8000-000000000000', name: 'xiq-siem-1', version: '0.1.0' };
const tenant = xiqSource.create(xiqSource.configSchema.parse({}), { name: 'tenant-a', agent, log, meter });
const self = selfSource.create({ namespace: 'default' }, { name: 'self', agent, log, meter });

const fake = await startHecFake({ tokens: { hec: {} } });
const context = destinationContext({ log, meter, secrets: { HEC_TOKEN: new Secret('hec') } });
const destination = await splunkHecDestination.create(
  splunkHecDestination.configSchema.parse({ url: fake.url, token: { env: 'HEC_TOKEN' } }),
  context,
);
afterAll(async () => {
  await destination.close?.();
  await fake.close();
});

function eventsOf(
  source: Source,
  bytes: Buffer,
  metadata: Partial<StoredBody['metadata']>,
): readonly NormalizedEvent[] {
  const receipt = 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const body: StoredBody = {
    sequence: 1,
    receipt,
    metadata: { source: 'tenant-a', origin: 'webhook', receivedAtMs, ...metadata },
    bytes,
  };
  return [...source.normalize(body, receivedAtMs + 5)];
}

/** The events as a search in Splunk sees them. */
async function searched(events: readonly NormalizedEvent[]): Promise<readonly Fields[]> {
  const before = fake.events.length;
  const items = events.map((event, index) => ({ ...event, index, json: JSON.stringify(event.document) }));
  expect(await destination.deliver({ items }, new AbortController().signal)).toEqual({
    items: items.map(({ index }) => ({ index, verdict: 'delivered' })),
  });
  return fake.events
    .slice(before)
    .map(({ event, host, source, sourcetype }) => calculate(extractFields(event, { host, source, sourcetype })));
}

const searchedBodies = (bodies: Iterable<GeneratedBody>) =>
  searched(
    [...bodies].flatMap(({ messageType, body, contentType }) => eventsOf(tenant, body, { messageType, contentType })),
  );

interface Tagged {
  readonly fields: Fields;
  readonly model: string;
}

const modelsOf = (events: readonly Fields[]): readonly Tagged[] =>
  events.flatMap((fields) =>
    eventTypes.filter(({ matches }) => matches(fields)).map(({ model }) => ({ fields, model })),
  );

const models: ReadonlyMap<string, CimModel> = new Map(Object.entries(cimModels));
const mac = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;

function faultsOf({ fields, model }: Tagged): readonly string[] {
  const { required, ifKnown, values } = models.get(model) ?? { required: ['a known model'], ifKnown: {}, values: {} };
  const missing = (name: string): string => `${model} lacks ${name}`;
  const isEmpty = (name: string) => fields.get(name)?.some((value) => value === '' || value === 'null') !== false;
  return [
    ...required.filter(isEmpty).map(missing),
    ...Object.entries(ifKnown)
      .filter(([name, from]) => from.some((one) => fields.has(one)) && isEmpty(name))
      .map(([name]) => missing(name)),
    ...(fields.get('status')?.[0] === 'failure' && isEmpty('result') ? [missing('result')] : []),
    ...Object.entries(values).flatMap(([name, allowed]) =>
      (fields.get(name) ?? [])
        .filter((value) => !allowed.includes(value))
        .map((value) => `${model}: ${name} is ${value}`),
    ),
    ...['src_mac', 'dest_mac'].flatMap((name) =>
      (fields.get(name) ?? []).filter((value) => !mac.test(value)).map((value) => `${name} is ${value}`),
    ),
  ];
}

let plain: readonly Fields[] = [];
let varied: readonly Fields[] = [];
const options = { seed: 15, types: sentTypes, startTimeMs: receivedAtMs - 3_600_000, stepMs: 500 };
beforeAll(async () => {
  plain = await searchedBodies(generateBodies({ ...options, count: 800 }));
  varied = await searchedBodies(generateBodies({ ...options, count: 800, shapes }));
}, 60_000);

it('derives every field that a data model requires, with legal values, from every event', () => {
  for (const events of [plain, varied]) {
    const tagged = modelsOf(events);
    const counts = Map.groupBy(tagged, ({ model }) => model);
    for (const model of models.keys()) expect(counts.get(model)?.length ?? 0, model).toBeGreaterThan(0);
    const faults = tagged.flatMap((one) =>
      faultsOf(one).map((fault) => `${fault} (${one.fields.get('event.action')})`),
    );
    expect([...new Set(faults)]).toEqual([]);
  }
});

const datasets = (events: readonly Fields[]) => new Set(events.map((fields) => fields.get('event.dataset')?.[0]));

it('each event of a data set with a data model is in it', () => {
  const events = [...plain, ...varied];
  const untagged = events.filter((fields) => eventTypes.every(({ matches }) => !matches(fields)));
  const inModel = ['extreme_xiq.auth', 'extreme_xiq.alert'];
  expect(datasets(events)).toContain(inModel[0]);
  for (const dataset of inModel) expect(datasets(untagged)).not.toContain(dataset);
  const sessions = untagged.filter((fields) => fields.get('event.dataset')?.[0] === 'extreme_xiq.accounting');
  expect(new Set(sessions.map((fields) => fields.get('event.action')?.[0]))).toEqual(new Set(['session-interim']));
});

it('an event is in one data model at most', () => {
  for (const fields of [...plain, ...varied]) {
    expect(eventTypes.filter(({ matches }) => matches(fields)).length).toBeLessThanOrEqual(1);
  }
});

it('host is the device or the connector, and source the source, on every event', () => {
  for (const fields of [...plain, ...varied]) {
    const [device = 'xiq-siem-1'] = fields.get('observer.hostname') ?? [];
    expect([fields.get('host'), fields.get('source')]).toEqual([[device], ['xiq:tenant-a']]);
  }
});

it('an alert of the connector is an alert', async () => {
  const event = {
    version: 2,
    action: 'destination-down',
    at: '2026-01-01T11:00:00.000Z',
    subject: 'archive',
    reason: 'unreachable',
    attributes: {},
  };
  const bytes = Buffer.from(JSON.stringify([event]));
  const events = await searched(eventsOf(self, bytes, { source: 'self', origin: 'self' }));
  const [tagged] = modelsOf(events);
  expect(
    tagged && [tagged.model, faultsOf(tagged), tagged.fields.get('severity'), tagged.fields.get('source')],
  ).toEqual(['Alerts', [], ['high'], ['xiq:self']]);
});

/** The events of a scenario, with its truth. */
async function scenario(name: ScenarioName) {
  const { bodies, truth } = createScenario(name, { seed: 15, startTimeMs: receivedAtMs - 3_600_000 });
  const tagged = modelsOf(await searchedBodies(bodies));
  const count = (model: string, wanted: Readonly<Record<string, unknown>>) =>
    tagged.filter(
      (one) =>
        one.model === model &&
        Object.entries(wanted).every(([field, value]) => one.fields.get(field)?.[0] === String(value)),
    ).length;
  const src_mac = String(truth['clientMac']).match(/../g)?.join(':').toLowerCase();
  return { truth, tagged, count, src_mac };
}

it.each(['brute-force', 'spray', 'rejects-then-accept'] as const)(
  '%s: a search of Authentication finds it',
  async (name) => {
    const { truth, count, src_mac, tagged } = await scenario(name);
    expect(count('Authentication', { action: 'failure', src_mac })).toBe(truth['rejects']);
    expect(count('Authentication', { action: 'success', src_mac })).toBe(truth['accepts'] ?? 0);
    const users = tagged
      .filter(({ fields }) => fields.get('src_mac')?.[0] === src_mac)
      .map(({ fields }) => fields.get('user')?.[0]);
    expect(new Set(users).size).toBe(truth['users'] ?? 1);
  },
);

it('ppsk: a search of Change finds the administrator and the accounts', async () => {
  const { truth, count, tagged } = await scenario('ppsk');
  const admin = tagged.filter(({ fields }) => fields.get('user.email')?.[0] === truth['admin']);
  const src_user = admin[0]?.fields.get('src_user')?.[0];
  expect(count('Change', { src_user, action: 'created', object_category: 'user' })).toBe(truth['created']);
  expect(count('Change', { src_user, action: 'modified', object_category: 'user' })).toBe(truth['updated']);
  expect(count('Change', { src_user, action: 'deleted', user: 'ppsk_user_01', object: 'ppsk_user_01' })).toBe(1);
});

const login = {
  userName: 'CORP\\Jane',
  callingStationId: 'DC-A6-32-00-00-01',
  nasIdentifier: 'AP-1',
  authDate: receivedAtMs,
};
const session = { ...login, acctSessionId: 's1', framedIpAddress: '192.0.2.7' };
const audit = { timeStamp: receivedAtMs, userName: 'dpo@corp.example', vhmName: 'Acme' };

it.each<[name: string, type: string, element: object, expected: Readonly<Record<string, string>>]>([
  [
    'a reject',
    'AUTHENTICATION_LOG_ALL',
    { ...login, reply: 'Access-Reject', rejectReason: 'Wrong password', authType: 'PEAP' },
    {
      action: 'failure',
      user: 'jane',
      src: 'dc:a6:32:00:00:01',
      src_mac: 'dc:a6:32:00:00:01',
      dest: 'AP-1',
      host: 'AP-1',
      reason: 'Wrong password',
      authentication_method: 'PEAP',
      app: 'radius',
    },
  ],
  ['a challenge', 'AUTHENTICATION_LOG_ALL', { ...login, reply: 'Access-Challenge' }, { action: 'pending' }],
  ['a reply that is not known', 'AUTHENTICATION_LOG_ALL', { ...login, reply: 'Maybe' }, { action: 'error' }],
  [
    'a machine',
    'AUTHENTICATION_LOG_ALL',
    { ...login, reply: 'Access-Accept', userName: 'host/pc-7.corp.example' },
    { action: 'success', user: 'pc-7.corp.example' },
  ],
  [
    'a device that logs in with its MAC',
    'AUTHENTICATION_LOG_ALL',
    { ...login, reply: 'Access-Accept', userName: 'dca632000001' },
    { action: 'success', user: 'dca632000001' },
  ],
  [
    'an end of a session',
    'ACCOUNTING_LOG_ALL',
    { ...session, acctStartTime: receivedAtMs - 60_000, acctStopTime: receivedAtMs, acctSessionTime: 60 },
    {
      action: 'ended',
      dest_ip: '192.0.2.7',
      dest_mac: 'dc:a6:32:00:00:01',
      dest: '192.0.2.7',
      signature: 'session-end',
      duration: '60',
      session_id: 's1',
    },
  ],
  ['a start of a session', 'ACCOUNTING_LOG_ALL', { ...session, acctStartTime: receivedAtMs }, { action: 'started' }],
  [
    'a login of an administrator',
    'AUDIT_LOG_ALL',
    { ...audit, code: 10_001, description: 'Logged in with privileges of admin group Administrator' },
    {
      action: 'success',
      app: 'ExtremeCloud IQ',
      dest: 'ExtremeCloud IQ',
      src: 'unknown',
      user: 'dpo@corp.example',
      host: 'xiq-siem-1',
    },
  ],
  [
    'a new alert policy',
    'AUDIT_LOG_ALL',
    { ...audit, code: 30_007, category: 'CONFIG', description: 'Created alert policy [Default site]' },
    {
      action: 'created',
      object: 'Default site',
      object_category: 'alert_policy',
      status: 'success',
      user: 'dpo@corp.example',
    },
  ],
  [
    'a new PPSK user',
    'AUDIT_LOG_ALL',
    { ...audit, code: 40_001, description: 'Created Cloud PPSK User ppsk_user_01' },
    {
      action: 'created',
      object: 'ppsk_user_01',
      user: 'ppsk_user_01',
      src_user: 'dpo@corp.example',
      change_type: 'AAA',
    },
  ],
  [
    'an alert',
    'ALERT',
    {
      ...{ timestamp: '2026-01-01T11:00:00Z', summary: 'Rogue AP detected', severity_name: 'Critical' },
      ...{
        alert_rule_id: 101,
        alert_rule_name: 'Rogue AP',
        source: { source_type_name: 'Device', source_name: 'AP-9' },
      },
    },
    {
      severity: 'critical',
      signature: 'Rogue AP',
      signature_id: '101',
      description: 'Rogue AP detected',
      dest: 'AP-9',
      src: 'AP-9',
      host: 'AP-9',
      type: 'alert',
    },
  ],
])('%s', async (_, messageType, element, expected) => {
  const [tagged, ...others] = modelsOf(
    await searched(eventsOf(tenant, Buffer.from(JSON.stringify(element)), { messageType })),
  );
  expect(others).toEqual([]);
  const derived = Object.keys(expected).map((name) => [name, tagged?.fields.get(name)?.join()]);
  expect(Object.fromEntries(derived)).toEqual(expected);
});

it('gdpr: a search of Change finds what was exported and deleted', async () => {
  const { truth, count } = await scenario('gdpr');
  const object = String(truth['clientMac']).match(/../g)?.join(':').toLowerCase();
  expect(count('Change', { action: 'read', object, status: 'success' })).toBe(truth['exports']);
  expect(count('Change', { action: 'deleted', object, status: 'success' })).toBe(truth['erasures']);
});

it('the page names only fields that documents have', () => {
  const known = [...ecsFieldDefinitions, ...xiqSource.fields, ...connectorFields].map(({ name, array }) =>
    array === true ? `${name}{}` : name,
  );
  expect(mentionedFields.length).toBeGreaterThan(20);
  expect(mentionedFields.filter((name) => !known.includes(name))).toEqual([]);
});
