// A real Elasticsearch takes documents of every type and shape with pseudonyms in every field that can have one.
import { ecsFieldDefinitions, Secret, valuesAt } from '@xiq-siem/core';
import { createRedaction, redactingDestination, redactionFault } from '@xiq-siem/delivery';
import { elasticsearchDestination, elasticsearchSetup } from '@xiq-siem/elasticsearch';
import { generateBodies, sentTypes, shapes } from '@xiq-siem/simulator';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { createRecordingLogger, createRecordingMeter, destinationContext } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { elasticOf } from './elastic-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch', {});
}, 600_000);
afterAll(() => server?.stop());

const signal = new AbortController().signal;
const services = { log: createRecordingLogger(), meter: createRecordingMeter() };
const fields = [...ecsFieldDefinitions, ...xiqSource.fields];
const receivedAtMs = Date.parse('2026-11-30T08:00:00Z');

test('documents with pseudonyms are accepted, searchable, and can be joined', async () => {
  const agent = { id: 'id', name: 'xiq-siem-1', version: '0.1.0' };
  const settings = xiqSource.configSchema.parse({ namespace: 'redacted' });
  const source = xiqSource.create(settings, { name: 'xiq', agent, ...services });
  const wanted = { seed: 3, types: sentTypes, shapes, count: 2_000, startTimeMs: receivedAtMs - 3_600_000 };
  const events = [...generateBodies(wanted)].flatMap(({ messageType, body, contentType }, sequence) => {
    const metadata = { source: 'xiq', origin: 'webhook', receivedAtMs, messageType, contentType } as const;
    return [...source.normalize({ sequence, receipt: `r1_${sequence}`, metadata, bytes: body }, receivedAtMs)];
  });

  const config = elasticsearchDestination.configSchema.parse({ nodes: [server.url] });
  const context = { ...destinationContext(services), fields };
  await (await elasticsearchSetup(config, context)).apply();
  const hash = fields.map(({ name }) => name).filter((name) => redactionFault(name, 'hash', fields) === undefined);
  const destination = redactingDestination(
    await elasticsearchDestination.create(config, context),
    createRedaction({ hash }, fields),
    { current: () => [new Secret('a key of the operator')] },
  );
  for (let from = 0; from < events.length; from += 500) {
    const items = events
      .slice(from, from + 500)
      .map((event, index) => ({ ...event, index, json: JSON.stringify(event.document) }));
    const delivered = items.map(({ index }) => ({ index, verdict: 'delivered' }));
    expect(await destination.deliver({ items }, signal)).toMatchObject({ items: delivered });
  }
  await destination.close?.();

  const elastic = await elasticOf(server);
  const streams = 'logs-extreme_xiq.*-redacted';
  await elastic.request('POST', `/${streams}/_refresh`);
  const ids = new Set(events.map(({ id }) => id));
  const found = await elastic.search(streams);
  expect(found).toHaveLength(ids.size);
  expect(found.filter(({ _ignored }) => _ignored.length > 0)).toEqual([]);
  // The spellings of a MAC address, which is the user name of some devices, have one pseudonym.
  const distinct = (documents: readonly unknown[], field: string): ReadonlySet<string> =>
    new Set(
      documents
        .flatMap((document) => valuesAt(Object(document), field))
        .map((value) => String(value).toLowerCase().replace(/[:-]/g, '')),
    );
  for (const field of ['user.name', 'source.ip', 'client.mac']) {
    const sent = distinct(
      events.map(({ document }) => document),
      field,
    );
    const stored = distinct(
      found.map(({ _source }) => _source),
      field,
    );
    expect(stored.size).toBe(sent.size);
    expect([...sent].filter((value) => stored.has(value))).toEqual([]);
  }
  // A pseudonym is an address to the server.
  const address = { term: { 'source.ip': 'fd00::/8' } };
  expect((await elastic.search(streams, address)).length).toBeGreaterThan(0);
});
