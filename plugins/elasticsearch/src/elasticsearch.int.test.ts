import { createServer, request } from 'node:http';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { batchOf, configOf, noSignal, testContext } from './test-context.ts';
import { requestJson } from './test-real-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch', {});
}, 600_000);
afterAll(() => server?.stop());

const delivered = { verdict: 'delivered' };
const duplicate = { verdict: 'delivered', duplicate: true };

async function open(changes: Partial<ElasticsearchConfig> = {}) {
  const config = configOf(server.url, changes);
  const { context } = testContext();
  const setup = await elasticsearchSetup(config, context);
  const destination = await elasticsearchDestination.create(config, context);
  return { context, setup, destination };
}

const indexOf = (namespace: string) => `logs-extreme_xiq.audit-${namespace}`;

/** Whether `whole` contains all of `part`. */
function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || whole === null) return false;
  const found = new Map(Object.entries(whole));
  return Object.entries(part).every(([key, value]) => contains(found.get(key), value));
}

async function search(namespace: string) {
  await requestJson(server, 'POST', `/${indexOf(namespace)}/_refresh`);
  const { hits } = await requestJson(server, 'GET', `/${indexOf(namespace)}/_search?size=100`);
  return hits.hits;
}

test('without the template every event is blocked, and no index is created', async () => {
  const { destination } = await open();
  expect(await destination.deliver(batchOf(['a'], { namespace: 'early' }), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'template_inactive',
  });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message: expect.stringContaining('setup') });
  expect(await requestJson(server, 'GET', `/_resolve/index/${indexOf('early')}`)).toMatchObject({ status: 404 });
  await destination.close?.();
});

test('setup plans its changes, writes them, and then has nothing to do', async () => {
  const { setup, destination } = await open({ retentionDays: 30 });
  expect((await setup.plan()).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'create component template extreme_xiq@mappings',
    'create component template extreme_xiq@settings',
    'create index template logs-extreme_xiq',
  ]);
  await setup.apply();
  expect((await setup.plan()).map(({ kind, diff }) => [kind, diff])).toEqual([
    ['unchanged', []],
    ['unchanged', []],
    ['unchanged', []],
  ]);
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: true,
    message: expect.stringContaining('Elasticsearch 9.5'),
  });
  const changed = await (await open({ retentionDays: 60 })).setup.plan();
  expect(changed.find(({ kind }) => kind === 'update')?.diff).toEqual([
    '~ template.lifecycle.data_retention: 30d -> 60d',
  ]);
  await destination.close?.();
});

describe.each(['standard', 'logsdb'] as const)('in index mode %s', (indexMode) => {
  const namespace = indexMode;

  test('an event that is sent twice is stored once', async () => {
    const { setup, destination } = await open({ indexMode });
    await setup.apply();
    const first = await destination.deliver(batchOf(['a', 'b', 'a'], { namespace }), noSignal);
    expect(first).toMatchObject({ items: [delivered, delivered, duplicate] });
    const again = await destination.deliver(batchOf(['b', 'c'], { namespace }), noSignal);
    expect(again).toMatchObject({ items: [duplicate, delivered] });
    const hits = await search(namespace);
    expect(hits.map((hit) => hit._id).sort()).toEqual(['a', 'b', 'c']);
    expect(hits.filter((hit) => hit._ignored !== undefined)).toEqual([]);
    const settings = await requestJson(server, 'GET', `/${indexOf(namespace)}/_settings`);
    expect(JSON.stringify(settings)).toContain(`"mode":"${indexMode}"`);
    await destination.close?.();
  });

  test('unknown fields are stored and not mapped; long texts and invalid addresses are accepted', async () => {
    const { destination } = await open();
    const over = {
      long: {
        event: { original: 'x'.repeat(262_144) },
        labels: { site: 'berlin' },
        extreme: { xiq: { original_base64: 'y'.repeat(40_000), extra: { deep: 'ü'.repeat(8191) }, unknown_field: 1 } },
      },
      address: { client: { ip: 'not an address' } },
    };
    const report = await destination.deliver(batchOf(['long', 'address'], { namespace, over }), noSignal);
    expect(report).toMatchObject({ items: [delivered, delivered] });
    const byId = new Map((await search(namespace)).map((hit) => [hit._id, hit]));
    expect(byId.get('long')?._ignored).toBeUndefined();
    // As a boolean: a difference of the objects would fill the screen.
    expect(contains(byId.get('long')?._source, over.long)).toBe(true);
    expect(byId.get('address')?._ignored).toEqual(['client.ip']);
    const mappings = JSON.stringify(await requestJson(server, 'GET', `/${indexOf(namespace)}/_mapping`));
    expect(mappings).toContain('"receipt"');
    expect(mappings).toContain('"site":{"type":"keyword"');
    expect(mappings).not.toContain('unknown_field');
    await destination.close?.();
  });

  test('a document that does not fit the mapping is stored in the failure store', async () => {
    const { destination } = await open();
    const over = { misfit: { source: { bytes: { not: 'a number' } } } };
    const report = await destination.deliver(batchOf(['d', 'misfit', 'e'], { namespace, over }), noSignal);
    expect(report).toMatchObject({
      items: [delivered, { verdict: 'delivered', degraded: 'failure_store' }, delivered],
    });
    const ids = (await search(namespace)).map((hit) => hit._id);
    expect(ids).toEqual(expect.arrayContaining(['d', 'e']));
    expect(ids).not.toContain('misfit');
    await destination.close?.();
  });
});

test('find() finds an event by its id after a refresh, and no other event', async () => {
  const { destination } = await open();
  const dataset = 'extreme_xiq.connector';
  const event = { id: 'wanted', dataset, timeMs: 0 };
  await expect(destination.find?.(event, noSignal)).rejects.toMatchObject({
    message: expect.stringContaining('no event was delivered yet'),
  });
  await destination.deliver(batchOf(['wanted', 'other'], { dataset, namespace: 'branch' }), noSignal);
  await expect
    .poll(() => destination.find?.(event, noSignal), { timeout: 30_000 })
    .toEqual({ found: true, message: expect.stringMatching(/^found in \.ds-logs-extreme_xiq\.connector-branch-.*$/) });
  expect(await destination.find?.({ ...event, id: 'never' }, noSignal)).toMatchObject({ found: false });
  await destination.close?.();
});

test('check() reports a path in `nodes` without Elasticsearch', async () => {
  const config = configOf(`${server.url}/wrong`, { requireTemplate: false });
  const destination = await elasticsearchDestination.create(config, testContext().context);
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringContaining('correct `nodes`'),
  });
  await destination.close?.();
});

test('without the template, a guessed field type rejects later events one by one', async () => {
  const dataset = 'elsewhere';
  await requestJson(server, 'PUT', '/_index_template/elsewhere', {
    index_patterns: ['logs-elsewhere-*'],
    priority: 300,
    data_stream: {},
  });
  const { destination } = await open({ requireTemplate: false });
  const over = { number: { guess: 1 }, text: { guess: 'a text' } };
  const report = await destination.deliver(batchOf(['number', 'text', 'fine'], { dataset, over }), noSignal);
  expect(report).toMatchObject({
    items: [
      delivered,
      { verdict: 'rejected', code: 'mapping_conflict', message: expect.stringContaining('[guess]') },
      delivered,
    ],
  });
  await destination.close?.();
});

test('a write block blocks events; after its removal they are delivered', async () => {
  const { destination } = await open();
  const namespace = 'blocked';
  await destination.deliver(batchOf(['before'], { namespace }), noSignal);
  const { data_streams } = await requestJson(server, 'GET', `/_resolve/index/${indexOf(namespace)}`);
  const index = data_streams[0]?.backing_indices[0];
  await requestJson(server, 'PUT', `/${index}/_settings`, { 'index.blocks.write': true });
  expect(await destination.deliver(batchOf(['blocked'], { namespace }), noSignal)).toMatchObject({
    items: [{ verdict: 'blocked', code: 'write_blocked' }],
  });
  const mixed = {
    items: [...batchOf(['free'], { namespace: 'free' }).items, ...batchOf(['blocked'], { namespace }).items],
  };
  const items = mixed.items.map((item, at) => ({ ...item, index: at }));
  expect(await destination.deliver({ items }, noSignal)).toMatchObject({
    items: [delivered, { verdict: 'blocked', code: 'write_blocked' }],
  });
  const message = expect.stringMatching(`${indexOf(namespace)} refuses writes: index write \\(api\\)`);
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message });
  await requestJson(server, 'PUT', `/${index}/_settings`, { 'index.blocks.write': false });
  await requestJson(server, 'PUT', '/_cluster/settings', { persistent: { 'cluster.blocks.read_only': true } });
  const ofCluster = expect.stringContaining('the cluster refuses writes: cluster read-only (api)');
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message: ofCluster });
  await requestJson(server, 'PUT', '/_cluster/settings', { persistent: { 'cluster.blocks.read_only': null } });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
  expect(await destination.deliver({ items }, noSignal)).toMatchObject({ items: [duplicate, delivered] });
  await destination.close?.();
});

test('a template with higher priority blocks events; after its removal they are delivered', async () => {
  const { destination } = await open();
  const namespace = 'outranked';
  const other = { index_patterns: ['logs-extreme_xiq.audit-outranked*'], priority: 900, data_stream: {} };
  await requestJson(server, 'PUT', '/_index_template/other', other);
  expect(await destination.deliver(batchOf(['blocked'], { namespace }), noSignal)).toMatchObject({
    items: [
      {
        verdict: 'blocked',
        code: 'template_inactive',
        message: expect.stringContaining('index template other (priority 900) overrides'),
      },
    ],
  });
  await requestJson(server, 'DELETE', '/_index_template/other');
  expect(await destination.deliver(batchOf(['blocked'], { namespace }), noSignal)).toMatchObject({
    items: [delivered],
  });
  await destination.close?.();
});

test('a data stream of another template is blocked until setup rolls it over', async () => {
  const namespace = 'foreign';
  const other = { index_patterns: ['logs-extreme_xiq.audit-foreign*'], priority: 901, data_stream: {} };
  await requestJson(server, 'PUT', '/_index_template/foreign', other);
  const unchecked = await open({ requireTemplate: false });
  await unchecked.destination.deliver(batchOf(['guessed'], { namespace }), noSignal);
  await requestJson(server, 'DELETE', '/_index_template/foreign');

  const { setup, destination } = await open();
  expect(await destination.deliver(batchOf(['blocked'], { namespace }), noSignal)).toMatchObject({
    items: [{ verdict: 'blocked', code: 'rollover_needed' }],
  });
  expect((await setup.plan()).filter(({ kind }) => kind === 'update').map(({ name }) => name)).toContain(
    `data stream ${indexOf(namespace)}`,
  );
  await setup.apply();
  expect(await destination.deliver(batchOf(['blocked'], { namespace }), noSignal)).toMatchObject({
    items: [delivered],
  });
  await unchecked.destination.close?.();
  await destination.close?.();
});

test('L2: a second node that stores events and never responds is left out, and no event is stored twice', async () => {
  const hanging = createServer((incoming) => {
    const { method, url: path, headers } = incoming;
    incoming.pipe(request(`${server.url}${path}`, { method, headers }, (response) => response.resume()));
  });
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  const address = hanging.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  const { context } = testContext();
  const config = { ...configOf(server.url), nodes: [server.url, `http://127.0.0.1:${address.port}`] };
  const destination = await elasticsearchDestination.create(config, { ...context, timeoutMs: 20_000 });
  const namespace = 'hung';
  try {
    const unknown: string[] = [];
    const counts = { duplicates: 0, timedOut: 0 };
    const send = async (ids: readonly string[]) => {
      const report = await destination.deliver(batchOf(ids, { namespace }), noSignal);
      if ('batch' in report) {
        // The request for the templates had no response: nothing was sent.
        expect(report).toMatchObject({ batch: 'unavailable', code: 'timed_out' });
        counts.timedOut++;
        return send(ids);
      }
      for (const { index, ...verdict } of report.items) {
        if (verdict.verdict === 'delivered') counts.duplicates += verdict.duplicate ? 1 : 0;
        else unknown.push(ids[index] ?? '');
      }
      if (report.items.some(({ verdict }) => verdict === 'unknown')) counts.timedOut++;
    };
    const ids = Array.from({ length: 60 }, (_, at) => `hung-${at}`);
    for (let at = 0; at < ids.length; at += 3) await send(ids.slice(at, at + 3));
    expect(counts.timedOut).toBe(1);
    const again = unknown.splice(0);
    if (again.length > 0) await send(again);
    expect(counts.duplicates).toBe(again.length);
    expect((await search(namespace)).map(({ _id }) => _id).sort()).toEqual(ids.toSorted());
  } finally {
    await destination.close?.();
    hanging.closeAllConnections();
    hanging.close();
  }
}, 60_000);

test('a stopped server is unavailable, and receives events again after its restart', async () => {
  const { destination } = await open();
  await destination.deliver(batchOf(['on'], { namespace: 'power' }), noSignal);
  await server.kill();
  const off = await destination.deliver(batchOf(['off'], { namespace: 'power' }), noSignal);
  expect('batch' in off ? off.batch : off.items[0]?.verdict).toMatch(/^(?:unavailable|unknown)$/);
  await server.restart();
  await expect
    .poll(() => destination.deliver(batchOf(['on', 'off'], { namespace: 'power' }), noSignal), { timeout: 30_000 })
    .toMatchObject({ items: [duplicate, delivered] });
  await destination.close?.();
}, 120_000);

test('under high load events are retried, and none is rejected', async () => {
  const small = await startServer('elasticsearch', { settings: { 'indexing_pressure.memory.limit': '64kb' } });
  try {
    const config = configOf(small.url, { requireTemplate: false });
    const { context } = testContext();
    await (await elasticsearchSetup(config, context)).apply();
    const destination = await elasticsearchDestination.create(config, context);
    const ids = Array.from({ length: 200 }, (_, at) => `load-${at}`);
    const over = Object.fromEntries(ids.map((id) => [id, { message: 'x'.repeat(2000) }]));
    const report = await destination.deliver(batchOf(ids, { over }), noSignal);
    const message = 'batch' in report ? [report.batch] : [...new Set(report.items.map(({ verdict }) => verdict))];
    expect(message.filter((word) => !['unavailable', 'retry', 'delivered'].includes(word))).toEqual([]);
    expect(message.some((word) => word !== 'delivered')).toBe(true);
    expect(report.slowDown).toBe(true);
    expect(await destination.deliver(batchOf(['little']), noSignal)).toMatchObject({ items: [delivered] });
    await destination.close?.();
  } finally {
    await small.stop();
  }
}, 120_000);
