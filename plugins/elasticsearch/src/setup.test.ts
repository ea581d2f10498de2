import { expect, onTestFinished, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, keyText, noSignal, testContext } from './test-context.ts';
import { startTestServer } from './test-server.ts';

async function start(changes: Partial<ElasticsearchConfig> = {}) {
  const server = await startTestServer();
  onTestFinished(() => server.down());
  const { context } = testContext();
  const setupOf = (more: Partial<ElasticsearchConfig>) =>
    elasticsearchSetup(configOf(server.url, { apiKey, ...changes, ...more }), context);
  return { server, context, setupOf, setup: await setupOf({}) };
}

test('a plan lists the changes, and writes nothing', async () => {
  const { server, setup } = await start({ retentionDays: 30, indexMode: 'logsdb' });
  const plan = await setup.plan();
  expect(plan.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'create component template extreme_xiq@mappings',
    'create component template extreme_xiq@settings',
    'create index template logs-extreme_xiq',
  ]);
  expect(plan[0]?.diff).toEqual(
    expect.arrayContaining([
      '+ template.mappings.dynamic: false',
      '+ template.mappings.client.ip: {"type":"ip"}',
      '+ template.mappings.extreme.xiq.extra: {"ignore_above":8191,"type":"flattened"}',
    ]),
  );
  expect(plan[1]?.diff).toEqual(
    expect.arrayContaining([
      '+ template.data_stream_options.failure_store.enabled: true',
      '+ template.lifecycle.data_retention: 30d',
      '+ template.settings.index.mode: logsdb',
    ]),
  );
  expect(plan[2]?.diff).toEqual(
    expect.arrayContaining(['+ index_patterns: ["logs-extreme_xiq.*-*"]', '+ priority: 200']),
  );
  expect(server.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
});

test('after apply the plan is empty; a later change is planned and written alone', async () => {
  const { server, setup, setupOf } = await start();
  await setup.apply();
  expect((await setup.plan()).every(({ kind, diff }) => kind === 'unchanged' && diff.length === 0)).toBe(true);
  const other = await setupOf({ retentionDays: 7 });
  expect((await other.plan()).filter(({ kind }) => kind !== 'unchanged')).toEqual([
    {
      kind: 'update',
      name: 'component template extreme_xiq@settings',
      diff: ['~ template.lifecycle.data_retention: 365d -> 7d'],
    },
  ]);
  const before = server.requests.length;
  await other.apply();
  const writes = server.requests.slice(before).filter(({ method }) => method === 'PUT');
  expect(writes.map(({ path }) => path)).toEqual(['/_component_template/extreme_xiq@settings']);
});

test('the failure store is omitted if the server does not support it', async () => {
  const { server, setup } = await start();
  const error = { type: 'x_content_parse_exception', reason: 'unknown field [data_stream_options]' };
  server.script(({ path }) => (path.endsWith('/_simulate') ? { status: 400, body: { error } } : undefined));
  await setup.apply();
  expect(JSON.stringify(server.written.get('/_component_template/extreme_xiq@settings'))).not.toContain('failure');
});

test('the pipeline is written if configured, before the template that refers to it', async () => {
  const { server, setup } = await start({ ingestPipeline: true });
  await setup.apply();
  expect([...server.written.keys()]).toEqual([
    '/_ingest/pipeline/extreme_xiq@ingested',
    '/_component_template/extreme_xiq@mappings',
    '/_component_template/extreme_xiq@settings',
    '/_index_template/logs-extreme_xiq',
  ]);
  const settings = JSON.stringify(server.written.get('/_component_template/extreme_xiq@settings'));
  expect(settings).toContain('"final_pipeline":"extreme_xiq@ingested"');
  expect((await setup.plan()).map(({ kind }) => kind)).toEqual(Array(4).fill('unchanged'));
});

test('a data stream with older mappings is rolled over', async () => {
  const { server, context, setup } = await start();
  server.written.set('/_index_template/logs-extreme_xiq', {});
  const config = configOf(server.url, { requireTemplate: false });
  const unchecked = await elasticsearchDestination.create(config, context);
  await unchecked.deliver(batchOf(['early']), noSignal);
  expect((await setup.plan()).at(-1)).toEqual({
    kind: 'update',
    name: 'data stream logs-extreme_xiq.audit-default',
    diff: [expect.stringContaining('-000001 created by another template: roll over -> created by the template')],
  });
  await setup.apply();
  expect((await setup.plan()).every(({ kind }) => kind === 'unchanged')).toBe(true);
  await unchecked.close?.();
});

test('a failure is reported without the key, and leaves no connection', async () => {
  const { server, setup } = await start();
  const error = { type: 'security_exception', reason: 'this action is granted by [manage_index_templates]' };
  server.script(({ method }) => (method === 'PUT' ? { status: 403, body: { error } } : undefined));
  const failure = await setup.apply().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'destination_failed',
    message: expect.stringContaining('manage_index_templates'),
  });
  expect(String(failure)).not.toContain(keyText);
  server.script(({ path }) => (path.includes('@mappings') ? { status: 403, body: { error } } : undefined));
  await expect(setup.plan()).rejects.toMatchObject({ message: expect.stringContaining('manage_index_templates') });
  await expect.poll(() => server.connections()).toBe(0);
  server.script(() => ({ body: { component_templates: 'none' } }));
  await expect(setup.plan()).rejects.toMatchObject({ code: 'destination_failed' });
});

test('L2: uses the next node if one does not respond, and reports the fault of one that refuses', async () => {
  const { server, setupOf } = await start();
  const down = await startTestServer();
  await down.down();
  const nodes = [down.url, server.url];
  await (await setupOf({ nodes })).apply();
  expect((await (await setupOf({ nodes })).plan()).map(({ kind }) => kind)).toEqual(Array(3).fill('unchanged'));
  server.script(() => ({ status: 401, body: { error: { type: 'security_exception', reason: 'expired' } } }));
  await expect((await setupOf({ nodes })).plan()).rejects.toMatchObject({
    code: 'destination_failed',
    message: expect.stringMatching(/expired.*put a valid one in the secret of `apiKey`/),
  });
});
