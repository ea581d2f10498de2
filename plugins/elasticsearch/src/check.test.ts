import { expect, onTestFinished, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, noSignal, testContext } from './test-context.ts';
import { starter } from './test-destination.ts';
import { emptyCluster, type Script, startTestServer } from './test-server.ts';

const start = starter(onTestFinished);

async function checkOf(
  script: Script | undefined,
  { withTemplate = true, ...changes }: Partial<ElasticsearchConfig> & { readonly withTemplate?: boolean } = {},
) {
  const server = await startTestServer();
  onTestFinished(() => server.down());
  const { context } = testContext();
  if (withTemplate) await (await elasticsearchSetup(configOf(server.url, { apiKey }), context)).apply();
  const config = configOf(server.url, { apiKey, ...changes });
  server.script(script);
  const destination = await elasticsearchDestination.create(config, context);
  const result = await destination.check?.(noSignal);
  await destination.close?.();
  expect(server.bulks()).toEqual([]);
  return result;
}

const at =
  (path: string, reply: ReturnType<Script>): Script =>
  (request) =>
    request.path === path ? reply : undefined;
const version = (number: string) => at('/', { body: { version: { number } } });
const readOnly = (description: string) => ({ description, retryable: false, levels: ['write', 'metadata_write'] });
const error = (type: string, reason: string) => ({ error: { type, reason } });

test.each(['8.17.0', '8.19.21', '9.0.0', '9.9.1'])('version %s is supported', async (number) => {
  expect(await checkOf(version(number))).toMatchObject({ ok: true, message: expect.stringContaining(number) });
});

test.each([
  ['no version', at('/', { body: { tagline: 'for search' } }), 'no Elasticsearch version in the response'],
  ['another product', () => ({ body: {}, headers: { 'x-elastic-product': 'OpenSearch' } }), 'is not Elasticsearch'],
  ['a redirect', () => ({ status: 302, body: '', headers: { location: 'https://elsewhere/' } }), 'redirect'],
  [
    'a server that does not accept the content type',
    at('/', { status: 406, body: error('media_type_header_exception', 'Invalid media-type value on headers') }),
    'Expected Elasticsearch 8.17 or later, or 9.x: check `nodes` and any proxy',
  ],
  [
    'L9: a read-only cluster',
    at('/_cluster/state/blocks', { body: { blocks: { global: { 6: readOnly('cluster read-only (api)') } } } }),
    'the cluster refuses writes: cluster read-only (api)',
  ],
  [
    'a wrong key',
    () => ({ status: 401, body: error('security_exception', 'unable to authenticate') }),
    'HTTP 401: security_exception: unable to authenticate. The API key is wrong, expired or deleted: put a valid one in the secret of `apiKey`',
  ],
  [
    'no privilege to monitor',
    at('/', { status: 403, body: error('security_exception', 'granted by the cluster privileges [monitor]') }),
    '[monitor]. Give the credentials that privilege',
  ],
  [
    'no privilege to write',
    at('/_security/user/_has_privileges', {
      body: {
        cluster: { monitor: true },
        index: { 'logs-extreme_xiq.*-*': { auto_configure: true, create_doc: false } },
      },
    }),
    'create_doc',
  ],
  ['a closed connection', () => 'cut', 'check `nodes`, and whether the server uses http or https'],
] satisfies readonly (readonly [string, Script, string])[])('reports %s', async (_, script, message) => {
  expect(await checkOf(script)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
});

test.each(['8.16.6', '10.0.0'])(
  'L9: version %s, which takes events but is not supported, is a warning',
  async (number) => {
    const message = expect.stringMatching(`${number}.*Supported are 8.17 or later, and 9.x`);
    expect(await checkOf(version(number))).toMatchObject({ ok: true, warning: true, message });
  },
);

test('L9: a write block of the write index fails, one of an older index or of others does not', async () => {
  const { server, destination, send } = await start();
  await send('a');
  const index = '.ds-logs-extreme_xiq.audit-default-2026.11.24-000001';
  const blockOf = (name: string) =>
    at('/_cluster/state/blocks', {
      body: { blocks: { indices: { [name]: { 12: readOnly('disk usage exceeded') } } } },
    });
  server.script(blockOf(index));
  const message = expect.stringContaining('logs-extreme_xiq.audit-default refuses writes: disk usage exceeded');
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message });
  server.script(blockOf(index.replace('000001', '000000')));
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
});

test('L9: credentials that cannot see blocks, or may create indices in place of auto_configure, are enough', async () => {
  const forbidden = { status: 403, body: error('security_exception', '[cluster:monitor/state]') };
  expect(await checkOf(at('/_cluster/state/blocks', forbidden))).toMatchObject({ ok: true });
  const index = { 'logs-extreme_xiq.*-*': { auto_configure: false, create_index: true, create_doc: true } };
  const granted = at('/_security/user/_has_privileges', { body: { cluster: { monitor: true }, index } });
  expect(await checkOf(granted)).toEqual({ ok: true, message: expect.any(String) });
  const neither = { 'logs-extreme_xiq.*-*': { auto_configure: false, create_index: false, create_doc: true } };
  const lacking = at('/_security/user/_has_privileges', { body: { cluster: { monitor: true }, index: neither } });
  expect(await checkOf(lacking)).toMatchObject({ ok: false, message: expect.stringContaining('auto_configure') });
});

test('L9: of several nodes, one that does not respond is a warning; one that refuses, or none that responds, fails', async () => {
  const cluster = emptyCluster();
  const [good, bad] = [await startTestServer(cluster), await startTestServer(cluster)];
  onTestFinished(() => good.down().catch(() => undefined));
  onTestFinished(() => bad.down().catch(() => undefined));
  const { context } = testContext();
  await (await elasticsearchSetup(configOf(good.url), context)).apply();
  const config = { ...configOf(good.url), nodes: [good.url, bad.url] };
  const destination = await elasticsearchDestination.create(config, context);
  onTestFinished(() => destination.close?.());
  const check = () => destination.check?.(noSignal);
  expect(await check()).toEqual({ ok: true, message: expect.stringContaining('2 of 2 nodes respond') });
  bad.script(() => ({ status: 401, body: error('security_exception', 'another cluster') }));
  expect(await check()).toMatchObject({ ok: false, message: expect.stringContaining('another cluster') });
  bad.script(() => 'hang');
  const hung = expect.stringMatching(/1 of 2 nodes respond. Left out: 127.*no response within the time limit/);
  expect(await check()).toMatchObject({ ok: true, warning: true, message: hung });
  await bad.down();
  const down = expect.stringMatching(/1 of 2 nodes respond. Left out: 127.*ECONNREFUSED/);
  expect(await check()).toMatchObject({ ok: true, warning: true, message: down });
  await good.down();
  expect(await check()).toMatchObject({ ok: false, message: expect.stringContaining('ECONNREFUSED') });
});

test('reports a missing template, if it is required', async () => {
  expect(await checkOf(undefined, { withTemplate: false })).toMatchObject({
    ok: false,
    message: expect.stringContaining('run `xiq-siem setup`'),
  });
  expect(await checkOf(undefined, { withTemplate: false, requireTemplate: false })).toMatchObject({ ok: true });
});

test('succeeds on a server without security, which has no privileges', async () => {
  const noHandler = at('/_security/user/_has_privileges', { status: 400, body: { error: 'no handler found' } });
  expect(await checkOf(noHandler)).toMatchObject({ ok: true });
});

test.each<[string, Partial<ElasticsearchConfig>, string]>([
  ['without credentials', { apiKey: undefined }, 'Elasticsearch requires credentials: set `apiKey` or `basic`'],
  [
    'with a wrong password',
    { apiKey: undefined, basic: { username: 'writer', password: apiKey } },
    'The user name or the password is wrong: correct `basic`',
  ],
])('gives advice for a 401 %s', async (_, changes, message) => {
  const rejected: Script = () => ({ status: 401, body: error('security_exception', 'missing authentication') });
  expect(await checkOf(rejected, changes)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
});

test.each([
  ['404 for every request', 404],
  ['405 for every request', 405],
  ['400 for every request, in no form of Elasticsearch', 400],
])('L9: %s does not accept events', async (_, status) => {
  const message = expect.stringContaining(`HTTP ${status}`);
  const absent: Script = () => ({ status, body: { message: 'no such page' } });
  expect(await checkOf(absent, { requireTemplate: false })).toMatchObject({ ok: false, message });
  const onlyRoot: Script = (request) => (request.path === '/' ? undefined : absent(request));
  expect(await checkOf(onlyRoot, { requireTemplate: false })).toMatchObject({ ok: false, message });
  const bulkOnly: Script = (request) => (request.path === '/_bulk' ? undefined : absent(request));
  expect(await checkOf(bulkOnly, { requireTemplate: false })).toMatchObject({ ok: true });
});

test('L9: a page for every request does not accept events', async () => {
  const onlyPages: Script = ({ path }) =>
    path === '/_bulk' ? { body: '<html>Welcome</html>' } : { status: 404, body: '' };
  expect(await checkOf(onlyPages, { requireTemplate: false })).toMatchObject({ ok: false });
});

test('reports a path in `nodes` without Elasticsearch', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.down());
  const config = configOf(`${server.url}/wrong`, { apiKey, requireTemplate: false });
  const destination = await elasticsearchDestination.create(config, testContext().context);
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringMatching(/HTTP 404.*There is no Elasticsearch at this path: correct `nodes`/),
  });
  await destination.close?.();
});

test('gives advice if no server listens', async () => {
  const server = await startTestServer();
  await server.down();
  const destination = await elasticsearchDestination.create(configOf(server.url), testContext().context);
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringMatching(/ECONNREFUSED.*check `nodes` and `proxy`, and that the server runs/),
  });
  await destination.close?.();
});

test('reports an https URL for a server without TLS, and no event as unknown', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.down());
  const config = configOf(server.url.replace('http:', 'https:'), { requireTemplate: false });
  const destination = await elasticsearchDestination.create(config, testContext().context);
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringMatching(
      /: no TLS connection: wrong version number: the server does not use TLS on this port: check `nodes`$/,
    ),
  });
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'tls_failed',
  });
  await destination.close?.();
});
