import { ecsDocument } from '@xiq-siem/core';
import { mappings } from '@xiq-siem/xiq';
import { expect, it } from 'vitest';
import { otelLogsConfig } from './config.ts';
import { knownActions } from './event-name.ts';
import { createRecordMapper } from './log-record.ts';
import { encodeRequest } from './otlp-encoding.ts';
import { auditDocument, batchOfDocuments, testContext } from './test-context.ts';
import { decodeExportRequest } from './test-decode.ts';

const { fields } = testContext().context;

type Documents = Parameters<typeof batchOfDocuments>[0];

function entriesOf(documents: Documents, config: object = {}) {
  const mapper = createRecordMapper(otelLogsConfig.parse({ url: 'http://127.0.0.1:4318/v1/logs', ...config }), fields);
  return mapper(batchOfDocuments(documents));
}
function recordsOf(documents: Documents, config: object = {}) {
  return entriesOf(documents, config).map(({ record }) => ({
    ...record,
    attributes: Object.fromEntries(record.attributes.map(({ key, value }) => [key, value])),
  }));
}
function asJson(documents: Documents, config: object = {}) {
  return JSON.parse(Buffer.from(encodeRequest('http/json', entriesOf(documents, config))).toString());
}
const string = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const strings = (key: string, ...texts: string[]) => ({
  key,
  value: { arrayValue: { values: texts.map((stringValue) => ({ stringValue })) } },
});

const golden = {
  resourceLogs: [
    {
      resource: {
        attributes: [
          string('service.name', 'extremecloud-iq'),
          string('service.namespace', 'EXAMPLE-VHM'),
          string('service.instance.id', '6f0c8c1e-0000-4000-8000-000000000000'),
          string('extreme.xiq.owner_id', '1091'),
        ],
      },
      scopeLogs: [
        {
          scope: { name: 'xiq-siem-connector', version: '0.1.0' },
          logRecords: [
            {
              timeUnixNano: '1636337187553000000',
              observedTimeUnixNano: '1636337188010000000',
              severityNumber: 9,
              severityText: 'info',
              body: { stringValue: 'Logged in 🚀' },
              eventName: 'extreme.xiq.audit.admin_login',
              attributes: [
                string('ecs.version', '9.4.0'),
                strings('tags', 'forwarded', 'extreme_xiq'),
                string('agent.name', 'xiq-siem-1'),
                string('data_stream.type', 'logs'),
                string('data_stream.dataset', 'extreme_xiq.audit'),
                string('data_stream.namespace', 'default'),
                string('event.kind', 'event'),
                strings('event.category', 'authentication'),
                strings('event.type', 'start'),
                string('event.outcome', 'success'),
                string('event.action', 'admin-login'),
                string('event.code', '10001'),
                string('event.module', 'extreme_xiq'),
                string('event.dataset', 'extreme_xiq.audit'),
                { key: 'event.duration', value: { intValue: '9100000000000000' } },
                { key: 'client.geo.location.lat', value: { doubleValue: 52.5 } },
                { key: 'client.geo.location.lon', value: { doubleValue: -13.4 } },
                string('network.protocol.name', 'https'),
                string('user.id', '6553'),
                string('user.name', 'user@example.com'),
                string('organization.id', '1091'),
                string('organization.name', 'EXAMPLE-VHM'),
                string('cloud.account.id', '1091'),
                string('extreme.xiq.message_type', 'AUDIT_LOG_ALL'),
                { key: 'extreme.xiq.audit.category_id', value: { intValue: '1' } },
                { key: 'extreme.xiq.audit.category_derived', value: { boolValue: true } },
                string('extreme.xiq.extra', '{"site":"Berlin","deep":{"a":[1,null,{"b":"c"}]}}'),
                string('log.record.uid', '16e3176d3ac37eb42cfcae0830b6335169627cefc'),
              ],
            },
          ],
        },
      ],
    },
  ],
};

it('encodes an audit event as JSON', () => {
  expect(asJson([auditDocument])).toEqual(golden);
});

it('encodes the same record as protobuf', () => {
  expect(decodeExportRequest(encodeRequest('http/protobuf', entriesOf([auditDocument])))).toEqual(golden);
});

it('encodes an empty event and unusual values in both encodings', () => {
  const unusual = ecsDocument(
    { message: 'half a pair \ud83d', 'log.level': 'loud', 'user.name': '\u2028\u0000ü' },
    {
      extreme: {
        xiq: { huge: 1e300, below: -1e300, edge: 2 ** 53, negative: -5, float: 0.1, list: [1, null, 'a'], empty: [] },
      },
    },
  );
  const documents = [ecsDocument({}), unusual];
  expect(decodeExportRequest(encodeRequest('http/protobuf', entriesOf(documents)))).toMatchObject(
    withoutEmpty(asJson(documents)),
  );
  const [record] = recordsOf([unusual]);
  expect(record).toMatchObject({
    body: { stringValue: 'half a pair \ufffd' },
    severityText: 'loud',
    attributes: { 'extreme.xiq.list': { arrayValue: { values: [{ doubleValue: 1 }, { stringValue: 'a' }] } } },
  });
  expect(record).not.toHaveProperty('severityNumber');
});

/** Removes empty lists, which protobuf omits. */
function withoutEmpty(json: unknown): object {
  return JSON.parse(JSON.stringify(json).replaceAll('"values":[]', ''));
}

it.each([
  ['debug', 5],
  ['info', 9],
  ['notice', 10],
  ['warning', 13],
  ['error', 17],
  ['critical', 18],
  ['alert', 19],
  ['emergency', 21],
  ['WARNING', 13],
])('severity of %s is %i', (level, severityNumber) => {
  expect(recordsOf([ecsDocument({ 'log.level': level })])[0]).toMatchObject({ severityNumber, severityText: level });
});

it.each([-50, -50.5, 0, 1e300, 5e-324])('sends the double %d as a double, and a long as an integer', (number) => {
  const document = ecsDocument(
    { 'client.geo.location': { lat: number, lon: 0 }, 'event.severity': 5 },
    { extreme: { xiq: { presence: { rssi: number }, undeclared: number } } },
  );
  const doubles = ['client.geo.location.lat', 'extreme.xiq.presence.rssi', 'extreme.xiq.undeclared'];
  const expected = [
    ...doubles.map((key) => ({ key, value: { doubleValue: number } })),
    { key: 'client.geo.location.lon', value: { doubleValue: 0 } },
    { key: 'event.severity', value: { intValue: '5' } },
  ];
  const [json, protobuf] = [
    asJson([document]),
    decodeExportRequest(encodeRequest('http/protobuf', entriesOf([document]))),
  ];
  for (const request of [json, protobuf]) {
    expect(request).toMatchObject({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: expect.arrayContaining(expected) }] }] }],
    });
  }
});

it.each([
  [2 ** 53, { intValue: '9007199254740992' }],
  [-5, { intValue: '-5' }],
  [2 ** 63 - 1024, { intValue: '9223372036854774784' }],
  [-(2 ** 63) + 1024, { intValue: '-9223372036854774784' }],
  [2 ** 63, { stringValue: '9223372036854776000' }],
  [0.5, { doubleValue: 0.5 }],
])('sends every digit of the long %d', (number, value) => {
  const document = ecsDocument({ 'event.duration': number });
  expect(recordsOf([document])[0]?.attributes).toMatchObject({ 'event.duration': value });
  const decoded = decodeExportRequest(encodeRequest('http/protobuf', entriesOf([document])));
  expect(JSON.stringify(decoded)).toContain(`{"key":"event.duration","value":${JSON.stringify(value)}}`);
});

it.each([0, 1, 127, 128, 16_383, 16_384, 65_536, 2 ** 21 - 1, 2 ** 21])('encodes texts of %i characters', (length) => {
  const documents = ['x', 'ü', '\u2028', '🚀'].map((character) => ecsDocument({ message: character.repeat(length) }));
  expect(decodeExportRequest(encodeRequest('http/protobuf', entriesOf(documents)))).toEqual(asJson(documents));
});

it('sends a number in a text field as text', () => {
  const invalid: object = { user: { id: 17 }, tags: [1, 'admin'] };
  expect(recordsOf([{ ...auditDocument, ...invalid }])[0]?.attributes).toMatchObject({
    'user.id': { stringValue: '17' },
    tags: { arrayValue: { values: [{ stringValue: '1' }, { stringValue: 'admin' }] } },
  });
});

it('keeps every millisecond of a time, and always sets an observed time', () => {
  const [record] = recordsOf([ecsDocument({ '@timestamp': '2261-12-31T23:59:59.999Z', 'event.created': 'never' })]);
  expect(record).toMatchObject({ timeUnixNano: '9214646399999000000', observedTimeUnixNano: '9214646399999000000' });
});

it('sends a time before 1970 as 0', () => {
  expect(recordsOf([ecsDocument({ '@timestamp': '1969-12-31T23:59:59.999Z' })])[0]).toMatchObject({
    timeUnixNano: '0',
  });
});

it('sends the whole document as body and the original text, if configured', () => {
  const [record] = recordsOf([auditDocument], { body: 'json', includeOriginal: true });
  expect(record?.body).toEqual({ stringValue: JSON.stringify(auditDocument) });
  expect(record?.attributes['log.record.original']).toEqual({ stringValue: '{"code":10001}' });
});

it('creates one resource for each origin in a batch', () => {
  const of = (organization: string, agent = 'a') =>
    ecsDocument({ 'organization.name': organization, 'agent.id': agent, 'agent.type': 'c', 'agent.version': '1' });
  const documents = [of('A'), of('B'), of('A'), of('A', 'b'), of('B')];
  const json = asJson(documents, { resourceAttributes: { 'deployment.environment.name': 'lab' }, serviceName: 'wifi' });
  const found = json.resourceLogs.map((group: (typeof golden.resourceLogs)[number]) => [
    Object.fromEntries(group.resource.attributes.map(({ key, value }) => [key, value.stringValue])),
    group.scopeLogs.map(({ logRecords }) => logRecords.length),
  ]);
  const common = { 'service.name': 'wifi', 'deployment.environment.name': 'lab' };
  expect(found).toEqual([
    [{ ...common, 'service.namespace': 'A', 'service.instance.id': 'a' }, [2]],
    [{ ...common, 'service.namespace': 'B', 'service.instance.id': 'a' }, [2]],
    [{ ...common, 'service.namespace': 'A', 'service.instance.id': 'b' }, [1]],
  ]);
});

it('the service of an event of the connector about itself is the connector', () => {
  const own = ecsDocument({ 'agent.type': 'xiq-siem-connector', 'event.provider': 'xiq-siem-connector' });
  const serviceNames = entriesOf([own, ecsDocument({ 'event.provider': 'xiq-webhook' })]).map(
    ({ origin }) => origin.resource.attributes[0],
  );
  expect(serviceNames).toEqual([
    string('service.name', 'xiq-siem-connector'),
    string('service.name', 'extremecloud-iq'),
  ]);
});

it('adds only known actions to event names', () => {
  const hostile = [
    'admin-login',
    'ADMIN-LOGIN',
    'xiq-monitor-30007',
    '__proto__',
    'constructor',
    '',
    'a b',
    'x'.repeat(1e5),
  ];
  const actions = [...hostile, ...Array.from({ length: 10_000 }, (_, number) => `admin-login-${number}`)];
  const documents = actions.map((action) =>
    ecsDocument({ 'event.action': action, 'event.dataset': 'extreme_xiq.audit' }),
  );
  const names = new Set(recordsOf(documents).map(({ eventName }) => eventName));
  expect([...names].sort()).toEqual(['extreme.xiq.audit', 'extreme.xiq.audit.admin_login']);
});

it('by default, knows every action of the mappings', () => {
  const actions = Object.values(mappings).flatMap(({ classifications }) => classifications.map(({ as }) => as.action));
  const named = actions.filter((action) => !action.includes('<'));
  expect([...knownActions]).toEqual([...new Set(named)].sort());
});

it('adds configured actions to event names', () => {
  const document = ecsDocument({ 'event.action': 'repo-created', 'event.dataset': 'github.audit' });
  const [record] = recordsOf([document], { eventActions: ['repo-created'] });
  expect(record?.eventName).toBe('github.audit.repo_created');
});

it('L4: an event that could not be read has its original text, whatever is configured', () => {
  const unreadable = ecsDocument({ 'event.kind': 'pipeline_error', 'event.original': '[{"half":' });
  for (const config of [{}, { includeOriginal: false }, { body: 'json' }]) {
    expect(recordsOf([unreadable], config)[0]?.attributes).toMatchObject({
      'log.record.original': { stringValue: '[{"half":' },
    });
  }
  expect(recordsOf([auditDocument])[0]?.attributes).not.toHaveProperty(['log.record.original']);
});

it.each(['http/json', 'http/protobuf'] as const)('L4: %s carries every value of a document', (protocol) => {
  const invalid: object = { agent: { id: 17, version: true }, log: { level: 3 }, message: 4711 };
  for (const extra of [{}, invalid]) {
    const document = { ...auditDocument, ...extra };
    const decode = (bytes: Uint8Array) =>
      protocol === 'http/json' ? JSON.parse(Buffer.from(bytes).toString()) : decodeExportRequest(bytes);
    const records = entriesOf([document], { includeOriginal: true });
    const sent = JSON.stringify(decode(encodeRequest(protocol, records))).replaceAll('\\', '');
    for (const value of leavesOf(document)) expect(sent).toContain(value);
  }
});

/** The values of a document as text; times in the form of OTLP. */
function leavesOf(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leavesOf);
  const text = String(value);
  const isTime = /^\d{4}-\d\d-\d\dT/.test(text);
  return value === null
    ? []
    : [isTime ? String(Date.parse(text)) : JSON.stringify(text).slice(1, -1).replaceAll('\\', '')];
}
