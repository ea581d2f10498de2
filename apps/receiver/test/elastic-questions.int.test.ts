// A detection engineer's questions to a real Elasticsearch, about events of the simulator: every type in every shape.
import { ecsFieldDefinitions, type NormalizedEvent } from '@xiq-siem/core';
import { elasticsearchDestination, elasticsearchSetup } from '@xiq-siem/elasticsearch';
import {
  createScenario,
  type GeneratedBody,
  generateBodies,
  scenarioNames,
  sentTypes,
  shapes,
} from '@xiq-siem/simulator';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { createRecordingLogger, createRecordingMeter, destinationContext } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Elastic, elasticOf } from './elastic-server.ts';

const signal = new AbortController().signal;
const services = { log: createRecordingLogger(), meter: createRecordingMeter() };
const fields = [...ecsFieldDefinitions, ...xiqSource.fields];
const startTimeMs = Date.parse('2026-11-30T08:00:00Z');
const agent = { id: 'id', name: 'xiq-siem-1', version: '0.1.0' };
const organization = { id: '1091', name: 'ACME' };
const source = xiqSource.create(xiqSource.configSchema.parse({ namespace: 'questions', organization }), {
  name: 'berlin',
  agent,
  ...services,
});
const streams = 'logs-extreme_xiq.*-questions';

let server: RunningServer;
let elastic: Elastic;
let events: readonly NormalizedEvent[] = [];
const scenarios = scenarioNames.map((name) => createScenario(name, { seed: 7, startTimeMs }));

let sequence = 0;
const eventsOf = ({ messageType, body, contentType }: GeneratedBody) => {
  sequence++;
  const metadata = {
    source: 'berlin',
    origin: 'webhook',
    receivedAtMs: startTimeMs + 3_600_000,
    messageType,
    contentType,
  } as const;
  return [...source.normalize({ sequence, receipt: `r1_${sequence}`, metadata, bytes: body }, startTimeMs + 3_600_000)];
};

beforeAll(async () => {
  server = await startServer('elasticsearch', {});
  elastic = await elasticOf(server);
  const context = { ...destinationContext(services), fields };
  const config = elasticsearchDestination.configSchema.parse({ nodes: [server.url] });
  await (await elasticsearchSetup(config, context)).apply();
  const destination = await elasticsearchDestination.create(config, context);
  const noise = generateBodies({
    seed: 11,
    types: sentTypes,
    shapes,
    count: 3_000,
    startTimeMs: startTimeMs - 3 * 3_600_000,
  });
  events = [...noise, ...scenarios.flatMap(({ bodies }) => bodies)].flatMap(eventsOf);
  const verdicts: unknown[] = [];
  for (let from = 0; from < events.length; from += 500) {
    const items = events
      .slice(from, from + 500)
      .map((event, index) => ({ ...event, index, json: JSON.stringify(event.document) }));
    const report = await destination.deliver({ items }, signal);
    verdicts.push(...('items' in report ? report.items : [report]));
  }
  await destination.close?.();
  const wrong = verdicts.filter(
    (one) => JSON.stringify(one).replaceAll(/"index":\d+,?/g, '') !== '{"verdict":"delivered"}',
  );
  expect(wrong.slice(0, 5)).toEqual([]);
  await elastic.request('POST', `/${streams}/_refresh`);
}, 600_000);
afterAll(() => server?.stop());

/** The time of the scenarios. */
const span = { gte: new Date(startTimeMs).toISOString(), lt: new Date(startTimeMs + 600_000).toISOString() };

const buckets = z.object({
  aggregations: z.object({
    groups: z.object({ buckets: z.array(z.looseObject({ key: z.string(), doc_count: z.int() })) }),
  }),
});

/** The groups of a threshold rule: by `field`, at least `least` events; `distinct`: a field whose values are counted. */
async function threshold(query: string, field: string, least: number, distinct = 'event.id') {
  const response = await elastic.request('POST', `/${streams}/_search`, {
    size: 0,
    query: { bool: { must: { query_string: { query } }, filter: { range: { '@timestamp': span } } } },
    aggs: {
      groups: {
        terms: { field, size: 100, min_doc_count: least },
        aggs: { values: { cardinality: { field: distinct, precision_threshold: 1_000 } } },
      },
    },
  });
  return buckets.parse(response).aggregations.groups.buckets.map(({ key, doc_count, values }) => ({
    key,
    events: doc_count,
    distinct: z.object({ value: z.number() }).parse(values).value,
  }));
}

const truth = (name: (typeof scenarioNames)[number]) => scenarios[scenarioNames.indexOf(name)]?.truth ?? {};
const ecsMac = (hex: unknown) =>
  String(hex)
    .toUpperCase()
    .replace(/..(?=.)/g, '$&-');
const auth = 'event.dataset:extreme_xiq.auth';

it('every event is stored once and searchable; only fields beyond their limit are left out of the index', async () => {
  const hits = await elastic.search(streams);
  expect(new Set(hits.map(({ _id }) => _id))).toEqual(new Set(events.map(({ id }) => id)));
  expect(hits.flatMap(({ _ignored }) => _ignored)).toEqual([]);
});

it('every event names its source and an organization', async () => {
  const missing = 'NOT extreme.xiq.source:berlin OR NOT (organization.id:* OR organization.name:*)';
  expect(await elastic.search(streams, { query_string: { query: missing } })).toEqual([]);
});

it('brute force: rejects by client, of one second, all of them', async () => {
  const { clientMac, rejects } = truth('brute-force');
  const found = await threshold(`${auth} AND event.outcome:failure`, 'client.mac', 10, 'event.id');
  expect(found).toContainEqual({ key: ecsMac(clientMac), events: rejects, distinct: rejects });
});

it('password spray: one client, many users', async () => {
  const { clientMac, users, rejects } = truth('spray');
  const found = await threshold(`${auth} AND event.outcome:failure`, 'client.mac', 10, 'user.name');
  expect(found).toContainEqual({ key: ecsMac(clientMac), events: rejects, distinct: users });
  expect(found.filter(({ distinct }) => distinct >= 10).map(({ key }) => key)).toEqual([ecsMac(clientMac)]);
});

it('rejects, then an accept, of one client', async () => {
  const { clientMac, rejects, accepts } = truth('rejects-then-accept');
  const of = (outcome: string) => threshold(`${auth} AND event.outcome:${outcome}`, 'client.mac', 1);
  const count = (groups: Awaited<ReturnType<typeof of>>) => groups.find(({ key }) => key === ecsMac(clientMac))?.events;
  expect([count(await of('failure')), count(await of('success'))]).toEqual([rejects, accepts]);
});

it('PPSK users: who created, changed and deleted many', async () => {
  const { admin, created, updated, deleted } = truth('ppsk');
  const of = async (type: string) =>
    (await threshold(`event.category:iam AND event.type:user AND event.type:${type}`, 'user.email', 1)).find(
      ({ key }) => key === admin,
    )?.events;
  expect([await of('creation'), await of('change'), await of('deletion')]).toEqual([created, updated, deleted]);
});

it('GDPR: who exported and then erased the data of which client', async () => {
  const { admin, clientMac, exports, erasures } = truth('gdpr');
  const of = async (action: string) => {
    const query = `event.action:${action} AND event.outcome:success AND client.mac:"${ecsMac(clientMac)}"`;
    return (await threshold(query, 'user.name', 1)).find(({ key }) => key === admin)?.events;
  };
  expect([await of('gdpr-data-export'), await of('gdpr-data-erasure')]).toEqual([exports, erasures]);
});
