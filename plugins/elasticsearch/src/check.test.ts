import { expect, onTestFinished, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, noSignal, testContext } from './test-context.ts';
import { type Script, startTestServer } from './test-server.ts';

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
const error = (type: string, reason: string) => ({ error: { type, reason } });

test.each(['8.17.0', '8.19.21', '9.0.0', '9.9.1'])('version %s is supported', async (number) => {
  expect(await checkOf(version(number))).toMatchObject({ ok: true, message: expect.stringContaining(number) });
});

test.each([
  ['an older version', version('8.16.6'), 'is Elasticsearch 8.16.6; expected 8.17 or later, or 9.x'],
  ['a newer version', version('10.0.0'), '10.0.0'],
  ['no version', at('/', { body: { tagline: 'for search' } }), 'no Elasticsearch version in the response'],
  ['another product', () => ({ body: {}, headers: { 'x-elastic-product': 'OpenSearch' } }), 'is not Elasticsearch'],
  ['a redirect', () => ({ status: 302, body: '', headers: { location: 'https://elsewhere/' } }), 'redirect'],
  [
    'a server that does not accept the content type',
    at('/', { status: 406, body: error('media_type_header_exception', 'Invalid media-type value on headers') }),
    'media_type_header_exception',
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
