import { readFile } from 'node:fs/promises';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { ask, type RealServer } from './real-server.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, noSignal, testContext } from './test-context.ts';

let server: RunningServer;
let ca: string;
let admin: RealServer;
beforeAll(async () => {
  server = await startServer('elasticsearch-8', {});
  ca = await readFile(server.caFile ?? '', 'utf8');
  admin = { url: server.url, ca, ...(server.credentials && { login: server.credentials.admin }) };
}, 600_000);
afterAll(() => server?.stop());

interface Who {
  readonly as?: 'admin' | 'writer';
  readonly password?: string;
  readonly trusted?: boolean;
  readonly changes?: Partial<ElasticsearchConfig>;
}

async function open({ as = 'writer', password, trusted = true, changes = {} }: Who = {}) {
  const { context, secrets } = testContext(trusted ? ca : undefined);
  const login = server.credentials?.[as] ?? { username: '', password: '' };
  secrets.set('PASSWORD', password ?? login.password);
  const basic = { username: login.username, password: { env: 'PASSWORD', optional: false } };
  const config = configOf(server.url, { basic, ...changes });
  // This build of the server lacks two types.
  const plain = new Set(['constant_keyword', 'match_only_text']);
  const fields = context.fields.map((field) =>
    plain.has(field.type) ? { ...field, type: 'keyword' as const } : field,
  );
  const own = { ...context, fields };
  return {
    secrets,
    setup: await elasticsearchSetup(config, own),
    destination: await elasticsearchDestination.create(config, own),
  };
}

test('setup needs more rights than sending does, and says so', async () => {
  const { setup } = await open({ as: 'writer' });
  await expect(setup.apply()).rejects.toMatchObject({
    code: 'destination_failed',
    message: expect.stringContaining('manage_index_templates'),
  });
});

test('with the template of an admin a user who may only create documents sends', async () => {
  const { setup } = await open({ as: 'admin' });
  await setup.apply();
  expect((await setup.plan()).map(({ kind }) => kind)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  const { destination } = await open();
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
  expect(await destination.deliver(batchOf(['a', 'b']), noSignal)).toMatchObject({
    items: [{ verdict: 'delivered' }, { verdict: 'delivered' }],
  });
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    items: [{ verdict: 'delivered', duplicate: true }],
  });
  const stream = '/logs-extreme_xiq.audit-default';
  await ask(admin, 'POST', `${stream}/_refresh`);
  const { hits } = await ask(admin, 'GET', `${stream}/_search`);
  expect(hits.hits.map(({ _id }) => _id).sort()).toEqual(['a', 'b']);
  await destination.close?.();
});

test('a wrong password is misconfigured, and the right one takes effect at once', async () => {
  const { destination, secrets } = await open({ password: 'not-the-password' });
  const report = await destination.deliver(batchOf(['held']), noSignal);
  expect(report).toMatchObject({ batch: 'misconfigured', code: 'unauthorized' });
  const check = await destination.check?.(noSignal);
  expect(check).toMatchObject({ ok: false, message: expect.stringContaining('401') });
  expect(JSON.stringify([report, check])).not.toContain('not-the-password');
  secrets.set('PASSWORD', server.credentials?.writer.password ?? '');
  expect(await destination.deliver(batchOf(['held']), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  await destination.close?.();
});

test('an API key that is none is misconfigured', async () => {
  const { destination } = await open({ changes: { basic: undefined, apiKey } });
  expect(await destination.deliver(batchOf(['x']), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'unauthorized',
  });
  await destination.close?.();
});

test('what the user may not write to is held, and named', async () => {
  const other = { index_patterns: ['metrics-x-*'], priority: 300, data_stream: {} };
  await ask(admin, 'PUT', '/_index_template/metrics-x', other);
  const { destination } = await open();
  expect((await destination.check?.(noSignal))?.ok).toBe(true);
  const { destination: careless } = await open({ changes: { requireTemplate: false } });
  await ask(admin, 'POST', '/logs-extreme_xiq.audit-default/_refresh');
  const role = server.credentials?.writer.username ?? '';
  expect(role).not.toBe('');
  await destination.close?.();
  await careless.close?.();
});

test('a certificate that nobody vouches for ends the connection before anything is sent', async () => {
  const { destination } = await open({ trusted: false });
  expect(await destination.deliver(batchOf(['x']), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'tls_failed',
  });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message: expect.stringContaining('caFile') });
  await destination.close?.();
});
