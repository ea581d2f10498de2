import { readFile } from 'node:fs/promises';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, noSignal, testContext } from './test-context.ts';
import { type RealServer, requestJson } from './test-real-server.ts';

let server: RunningServer;
let admin: RealServer;
beforeAll(async () => {
  server = await startServer('elasticsearch-full', {});
  const ca = await readFile(server.caFile ?? '', 'utf8');
  admin = { url: server.url, ca, ...(server.credentials && { login: server.credentials.admin }) };
}, 900_000);
afterAll(() => server?.stop());

/** Setup and destination with an API key that has only the privileges from the guide. */
async function open(key: string, changes: Partial<ElasticsearchConfig> = {}) {
  const { context, secrets } = testContext(admin.ca);
  secrets.set(apiKey.env, key);
  const config = configOf(server.url, { apiKey, ...changes });
  return {
    secrets,
    setup: await elasticsearchSetup(config, context),
    destination: await elasticsearchDestination.create(config, context),
  };
}

const newKey = (name: string, cluster: readonly string[], privileges: readonly string[]) =>
  requestJson(admin, 'POST', '/_security/api_key', {
    name,
    role_descriptors: { only: { cluster, indices: [{ names: ['logs-extreme_xiq.*-*'], privileges }] } },
  });
const setupKey = () =>
  newKey('setup', ['monitor', 'manage_index_templates', 'manage_pipeline'], ['manage', 'view_index_metadata']);
const writerKey = () => newKey('writer', ['monitor'], ['auto_configure', 'create_doc', 'view_index_metadata']);

test.each(['standard', 'logsdb'] as const)(
  'a setup key can run setup, a writer key can deliver, and the pipeline sets event.ingested (%s)',
  async (indexMode) => {
    const changes = { ingestPipeline: true, indexMode };
    const { setup } = await open((await setupKey()).encoded, changes);
    await setup.apply();
    expect((await setup.plan()).filter(({ kind }) => kind !== 'unchanged')).toEqual([]);

    const { destination } = await open((await writerKey()).encoded, changes);
    expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
    expect(await destination.deliver(batchOf(['a', 'a'], { namespace: indexMode }), noSignal)).toMatchObject({
      items: [{ verdict: 'delivered' }, { verdict: 'delivered', duplicate: true }],
    });
    const stream = `/logs-extreme_xiq.audit-${indexMode}`;
    await requestJson(admin, 'POST', `${stream}/_refresh`);
    const { hits } = await requestJson(admin, 'GET', `${stream}/_search`);
    expect(hits.hits).toMatchObject([
      { _id: 'a', _source: { event: { ingested: expect.stringMatching(/^\d{4}-.*Z$/), original: '{"id":null}' } } },
    ]);
    expect(hits.hits[0]?._ignored).toBeUndefined();
    await destination.close?.();
  },
);

test('a deleted key blocks events, and a new key delivers them', async () => {
  const { id, encoded } = await writerKey();
  const { destination, secrets } = await open(encoded);
  expect(await destination.deliver(batchOf(['before']), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  await requestJson(admin, 'DELETE', '/_security/api_key', { ids: [id] });
  expect(await destination.deliver(batchOf(['blocked']), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'unauthorized',
  });
  secrets.set(apiKey.env, (await writerKey()).encoded);
  expect(await destination.deliver(batchOf(['blocked']), noSignal)).toMatchObject({
    items: [{ verdict: 'delivered' }],
  });
  await destination.close?.();
});

test('without a failure store, a missing pipeline blocks events until it exists', async () => {
  const custom = '/_component_template/logs-extreme_xiq@custom';
  // The failure store would store them.
  const data_stream_options = { failure_store: { enabled: false } };
  await requestJson(admin, 'PUT', custom, {
    template: { settings: { 'index.final_pipeline': 'site' }, data_stream_options },
  });
  const { destination } = await open((await writerKey()).encoded, { ingestPipeline: true });
  const batch = batchOf(['blocked'], { namespace: 'piped' });
  expect(await destination.deliver(batch, noSignal)).toMatchObject({
    items: [{ verdict: 'blocked', code: 'pipeline_missing' }],
  });
  await requestJson(admin, 'PUT', '/_ingest/pipeline/site', { processors: [] });
  expect(await destination.deliver(batch, noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  await destination.close?.();
});
