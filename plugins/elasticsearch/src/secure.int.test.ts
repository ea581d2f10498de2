import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, noSignal, testContext } from './test-context.ts';
import { type RealServer, requestJson } from './test-real-server.ts';

let server: RunningServer;
let ca: string;
let admin: RealServer;
beforeAll(async () => {
  server = await startServer('elasticsearch-8', {});
  ca = await readFile(server.caFile ?? '', 'utf8');
  admin = { url: server.url, ca, ...(server.credentials && { login: server.credentials.admin }) };
}, 600_000);
afterAll(() => server?.stop());

interface Login {
  readonly as?: 'admin' | 'writer';
  readonly password?: string;
  readonly trusted?: boolean;
  readonly changes?: Partial<ElasticsearchConfig>;
}

async function open({ as = 'writer', password, trusted = true, changes = {} }: Login = {}) {
  const { context, secrets } = testContext(trusted ? ca : undefined);
  const login = server.credentials?.[as] ?? { username: '', password: '' };
  secrets.set('PASSWORD', password ?? login.password);
  const basic = { username: login.username, password: { env: 'PASSWORD', optional: false } };
  const config = configOf(server.url, { basic, ...changes });
  // This server does not support two field types.
  const unsupported = new Set(['constant_keyword', 'match_only_text']);
  const fields = context.fields.map((field) =>
    unsupported.has(field.type) ? { ...field, type: 'keyword' as const } : field,
  );
  const own = { ...context, fields };
  return {
    secrets,
    setup: await elasticsearchSetup(config, own),
    destination: await elasticsearchDestination.create(config, own),
  };
}

test('setup reports missing privileges', async () => {
  const { setup } = await open({ as: 'writer' });
  await expect(setup.apply()).rejects.toMatchObject({
    code: 'destination_failed',
    message: expect.stringContaining('manage_index_templates'),
  });
});

test('a user who may only create documents delivers, after an admin ran setup', async () => {
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
  await requestJson(admin, 'POST', `${stream}/_refresh`);
  const { hits } = await requestJson(admin, 'GET', `${stream}/_search`);
  expect(hits.hits.map(({ _id }) => _id).sort()).toEqual(['a', 'b']);
  await destination.close?.();
});

test('a wrong password is misconfigured, and the correct one takes effect at once', async () => {
  const { destination, secrets } = await open({ password: 'not-the-password' });
  const report = await destination.deliver(batchOf(['blocked']), noSignal);
  expect(report).toMatchObject({ batch: 'misconfigured', code: 'unauthorized' });
  const check = await destination.check?.(noSignal);
  expect(check).toMatchObject({ ok: false, message: expect.stringContaining('401') });
  expect(JSON.stringify([report, check])).not.toContain('not-the-password');
  secrets.set('PASSWORD', server.credentials?.writer.password ?? '');
  expect(await destination.deliver(batchOf(['blocked']), noSignal)).toMatchObject({
    items: [{ verdict: 'delivered' }],
  });
  await destination.close?.();
});

test('an invalid API key is misconfigured', async () => {
  const { destination } = await open({ changes: { basic: undefined, apiKey } });
  expect(await destination.deliver(batchOf(['x']), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'unauthorized',
  });
  await destination.close?.();
});

test('an untrusted certificate ends the connection before anything is sent', async () => {
  const { destination } = await open({ trusted: false });
  expect(await destination.deliver(batchOf(['x']), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'tls_failed',
  });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message: expect.stringContaining('caFile') });
  await destination.close?.();
});

test('events without write privilege are blocked, and check() names the missing privilege', async () => {
  const role = `writer:
  cluster: [ monitor ]
  indices:
    - names: [ "logs-extreme_xiq.audit-*" ]
      privileges: [ auto_configure, create_doc, view_index_metadata ]
`;
  await writeFile(join(dirname(server.dataDirectory), 'config/roles.yml'), role);
  await server.restart();
  const { destination } = await open({ changes: { requireTemplate: false } });
  const [audit] = batchOf(['audit']).items;
  const [sms] = batchOf(['sms'], { dataset: 'extreme_xiq.sms' }).items;
  if (audit === undefined || sms === undefined) throw new Error('no events');
  expect(await destination.deliver({ items: [audit, { ...sms, index: 1 }] }, noSignal)).toMatchObject({
    items: [{ verdict: 'delivered' }, { verdict: 'blocked', code: 'forbidden' }],
  });
  expect(await destination.deliver({ items: [sms] }, noSignal)).toMatchObject({
    items: [{ verdict: 'blocked', code: 'forbidden', message: expect.stringContaining('auto_configure') }],
  });
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringContaining('create_doc'),
  });
  const checking = await open();
  expect(await checking.destination.deliver({ items: [audit, { ...sms, index: 1 }] }, noSignal)).toMatchObject({
    items: [
      { index: 0, verdict: 'delivered', duplicate: true },
      { index: 1, verdict: 'blocked', code: 'forbidden', message: expect.stringContaining('view_index_metadata') },
    ],
  });
  await destination.close?.();
  await checking.destination.close?.();
}, 120_000);

test('find() reports a missing privilege; with `read` it finds an event', async () => {
  const event = { id: 'a', dataset: 'extreme_xiq.audit', timeMs: 0 };
  const { destination: writer } = await open();
  await expect(writer.find?.(event, noSignal)).rejects.toMatchObject({
    message: expect.stringContaining('A search requires the index privilege read on logs-extreme_xiq.*-*'),
  });
  const { destination: reader } = await open({ as: 'admin' });
  await reader.deliver(batchOf(['a']), noSignal);
  await expect.poll(() => reader.find?.(event, noSignal), { timeout: 30_000 }).toMatchObject({ found: true });
  expect(await reader.find?.({ ...event, id: 'never' }, noSignal)).toMatchObject({ found: false });
  const { destination: untrusting } = await open({ trusted: false });
  await expect(untrusting.find?.(event, noSignal)).rejects.toMatchObject({
    message: expect.stringContaining('set `caFile`'),
  });
  for (const destination of [writer, reader, untrusting]) await destination.close?.();
});
