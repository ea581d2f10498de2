// The search-time settings of docs/reference/splunk.md derive what Splunk's data models need, from events as Splunk gets them.
import type { NormalizedEvent, Source, StoredBody } from '@xiq-siem/core';
import { Secret } from '@xiq-siem/core';
import { selfSource } from '@xiq-siem/health-events';
import type { GeneratedBody } from '@xiq-siem/simulator';
import { createScenario, generateBodies, type ScenarioName, sentTypes, shapes } from '@xiq-siem/simulator';
import { splunkHecDestination } from '@xiq-siem/splunk-hec';
import { createRecordingLogger, createRecordingMeter, destinationContext, startHecFake } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CimModel, cimModels } from './splunk/cim-models.ts';
import { calculate, eventTypes } from './splunk/derivation.ts';
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
    const tagged = modelsOf(events).filter(({ model }) => model !== 'Alerts');
    const counts = Map.groupBy(tagged, ({ model }) => model);
    for (const model of ['Authentication', 'Change', 'Network_Sessions'])
      expect(counts.get(model)?.length ?? 0, model).toBeGreaterThan(0);
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
  expect(count('Change', { src_user, action: 'deleted', user: 'ppsk_user_01', object: 'ppsk_user_01' })).toBe(1);
});
