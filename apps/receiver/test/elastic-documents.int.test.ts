// Documents of every type, from arbitrary bodies, in a real Elasticsearch with the connector's templates.
import type { Destination, NormalizedEvent } from '@xiq-siem/core';
import { ecsFieldDefinitions } from '@xiq-siem/core';
import { elasticsearchDestination, elasticsearchSetup } from '@xiq-siem/elasticsearch';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { createRecordingLogger, createRecordingMeter, destinationContext } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyKinds, type Posted } from './elastic-bodies.ts';
import { type Elastic, elasticOf } from './elastic-server.ts';

const signal = new AbortController().signal;
const services = { log: createRecordingLogger(), meter: createRecordingMeter() };
const fields = [...ecsFieldDefinitions, ...xiqSource.fields];
const context = { ...destinationContext(services), fields };
const receivedAtMs = Date.parse('2026-03-01T12:00:00Z');

let server: RunningServer;
let elastic: Elastic;
beforeAll(async () => {
  server = await startServer('elasticsearch', {});
  elastic = await elasticOf(server);
}, 600_000);
afterAll(() => server?.stop());

/** Fields whose value exceeds its limit: only these may be excluded from search. */
function markedIn(document: object): readonly string[] {
  return fields
    .flatMap(({ name, type, indexed, ignoreAbove }) => {
      if (type !== 'keyword' || indexed === false || ignoreAbove === undefined) return [];
      const found = name.split('.').reduce<unknown>(memberOf, document);
      return [found].flat().some((value) => String(value).length > ignoreAbove) ? [name] : [];
    })
    .sort();
}

/** The dotted names of the fields in the `properties` of a mapping. */
function leavesOf(properties: unknown, prefix = ''): readonly string[] {
  return Object.entries(properties ?? {}).flatMap(([name, mapping]) => {
    const inner = memberOf(mapping, 'properties');
    return inner === undefined ? [prefix + name] : leavesOf(inner, `${prefix}${name}.`);
  });
}

const memberOf = (node: unknown, name: string): unknown =>
  typeof node === 'object' && node !== null ? Object.getOwnPropertyDescriptor(node, name)?.value : undefined;

describe.each(['standard', 'logsdb'] as const)('in index mode %s', (indexMode) => {
  const streams = `logs-extreme_xiq.*-${indexMode}`;
  const source = xiqSource.create(
    xiqSource.configSchema.parse({ namespace: indexMode, labels: { site: 'berlin', floor: '2' } }),
    { name: 'xiq', agent: { id: 'id', name: 'xiq-siem-1', version: '0.1.0' }, ...services },
  );
  let destination: Destination;

  beforeAll(async () => {
    const config = elasticsearchDestination.configSchema.parse({ nodes: [server.url], indexMode });
    await (await elasticsearchSetup(config, context)).apply();
    destination = await elasticsearchDestination.create(config, context);
  });
  afterAll(() => destination?.close?.());

  const eventsOf = ({ messageType, bytes }: Posted): readonly NormalizedEvent[] => [
    ...source.normalize(
      {
        sequence: 1,
        receipt: 'r1_AAAAAAAAAAAAAAAA',
        metadata: { source: 'xiq', origin: 'webhook', receivedAtMs, messageType },
        bytes,
      },
      receivedAtMs,
    ),
  ];

  /** What the server reports for the documents that it rejected. */
  const refusals = async () => {
    const failed = await elastic.search('logs-extreme_xiq.*::failures');
    return JSON.stringify(failed.map(({ _source }) => memberOf(_source, 'error'))).slice(0, 2000);
  };

  it.each(bodyKinds)(
    'every document of $kind is accepted, found, and searchable in all its fields',
    async ({ bodies }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(bodies, { minLength: 1, maxLength: 60, size: 'max' }), async (posted) => {
          const events = posted.flatMap(eventsOf);
          if (events.length === 0) return;
          const items = events.map((event, index) => ({ ...event, index, json: JSON.stringify(event.document) }));
          const report = await destination.deliver({ items }, signal);
          const verdicts = 'items' in report ? report.items : [report];
          const wrong = verdicts.filter(
            (one) => !('verdict' in one && one.verdict === 'delivered' && one.degraded === undefined),
          );
          if (wrong.length > 0) expect.fail(`${JSON.stringify(wrong).slice(0, 2000)} ${await refusals()}`);

          // Of two events with one id the first one is stored.
          const byId = new Map([...events].reverse().map(({ id, document }) => [id, document]));
          const hits = await elastic.search(streams, { ids: { values: [...byId.keys()] } });
          expect(hits.map(({ _id }) => _id).sort()).toEqual([...byId.keys()].sort());
          for (const { _id, _ignored } of hits) expect([..._ignored].sort()).toEqual(markedIn(byId.get(_id) ?? {}));
        }),
        { numRuns: 4, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
      );
    },
  );

  it('no field was mapped dynamically', async () => {
    const known = new Set(fields.map(({ name }) => name));
    const indices = Object.values(await elastic.request('GET', `/${streams}/_mapping`));
    const mapped = indices.flatMap((index) => leavesOf(memberOf(memberOf(index, 'mappings'), 'properties')));
    expect(mapped).toContain('labels.site');
    expect(mapped.filter((name) => !known.has(name) && !name.startsWith('labels.'))).toEqual([]);
  });
});
