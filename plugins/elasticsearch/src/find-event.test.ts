import { expect, onTestFinished, test } from 'vitest';
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, keyText, noSignal, testContext } from './test-context.ts';
import { type Script, startTestServer } from './test-server.ts';

const event = (id: string, dataset = 'extreme_xiq.audit') => ({ id, dataset, timeMs: 0 });

async function fixture(changes: Partial<ElasticsearchConfig> = {}) {
  const server = await startTestServer();
  onTestFinished(() => server.down());
  const { context } = testContext();
  await (await elasticsearchSetup(configOf(server.url, { apiKey }), context)).apply();
  const destination = await elasticsearchDestination.create(configOf(server.url, { apiKey, ...changes }), context);
  onTestFinished(async () => destination.close?.());
  return { server, destination };
}

/** The message of find() if it cannot search. */
async function thrownBy(script: Script, changes: Partial<ElasticsearchConfig> = {}): Promise<string> {
  const { server, destination } = await fixture(changes);
  await destination.deliver(batchOf(['a']), noSignal);
  server.script(script);
  const error = await destination.find?.(event('a'), noSignal).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'destination_failed' });
  return error instanceof Error ? error.message : '';
}

const error = (type: string, reason: string) => ({ error: { type, reason } });

test('finds an event in any namespace, and names the index', async () => {
  const { destination } = await fixture();
  await destination.deliver(batchOf(['a'], { namespace: 'branch' }), noSignal);
  const found = await destination.find?.(event('a'), noSignal);
  expect(found).toMatchObject({ found: true });
  expect(found?.message).toMatch(/^found in \.ds-logs-extreme_xiq\.audit-branch-.* at 127\.0\.0\.1:\d+$/);
});

test('sends one request, for the id alone, to the data streams of the data set', async () => {
  const { server, destination } = await fixture();
  await destination.deliver(batchOf(['a', 'b']), noSignal);
  const before = server.requests.length;
  await destination.find?.(event('a'), noSignal);
  const [search, ...more] = server.requests.slice(before);
  expect(more).toEqual([]);
  expect(search?.path).toBe('/logs-extreme_xiq.audit-*/_search');
  expect(JSON.parse(search?.body ?? '')).toEqual({
    query: { ids: { values: ['a'] } },
    size: 1,
    _source: false,
    track_total_hits: false,
  });
});

test('does not find an unsent event, nor one in another data set', async () => {
  const { destination } = await fixture();
  await destination.deliver(batchOf(['a']), noSignal);
  await destination.deliver(batchOf(['b'], { dataset: 'extreme_xiq.auth' }), noSignal);
  for (const id of ['b', 'c', '*']) {
    expect(await destination.find?.(event(id), noSignal)).toEqual({
      found: false,
      message: expect.stringMatching(
        /^not found in logs-extreme_xiq\.audit-\* at .*: not stored, or not refreshed yet$/,
      ),
    });
  }
});

test('does not find an event if the server returns another', async () => {
  const { server, destination } = await fixture();
  const hits = { hits: [{ _index: 'x', _id: 'b' }] };
  server.script(() => ({ body: { timed_out: false, _shards: { total: 1, failed: 0 }, hits } }));
  expect(await destination.find?.(event('a'), noSignal)).toMatchObject({ found: false });
});

test.each<[string, Script, string]>([
  [
    'a wrong key',
    () => ({ status: 401, body: error('security_exception', 'unable to authenticate') }),
    'HTTP 401: security_exception: unable to authenticate. The API key is wrong, expired or deleted',
  ],
  [
    'no privilege to search',
    () => ({ status: 403, body: error('security_exception', 'action [indices:data/read/search] is unauthorized') }),
    'is unauthorized. A search requires the index privilege read on logs-extreme_xiq.*-*',
  ],
  ['a lost connection', () => 'cut', 'check `nodes`'],
  ['no data stream', () => ({ body: { _shards: { total: 0, failed: 0 } } }), 'no event was delivered yet'],
  ['shards that do not respond', () => ({ body: { _shards: { total: 3, failed: 2 } } }), '2 of 3 shards'],
  ['a search that ran out of time', () => ({ body: { timed_out: true, _shards: { total: 3, failed: 0 } } }), 'health'],
  ['an unreadable response', () => ({ body: { took: 1 } }), 'unreadable search response'],
])('rejects on %s', async (_, script, message) => {
  expect(await thrownBy(script)).toContain(message);
});

test('its message contains no secret, even if the server echoes it', async () => {
  const echo: Script = ({ headers }) => ({ status: 401, body: error('echo', String(headers.authorization)) });
  const message = await thrownBy(echo);
  expect(message).toContain('echo: ApiKey [secret]');
  expect(message).not.toContain(keyText);
  const repeated: Script = ({ headers }) => ({
    status: 401,
    body: error('echo', `${headers.authorization} `.repeat(3)),
  });
  expect(await thrownBy(repeated)).not.toContain(keyText);
});

test('sends no request for a data set that is not valid in a name', async () => {
  const { server, destination } = await fixture();
  const before = server.requests.length;
  await expect(destination.find?.(event('a', '*,.secrets'), noSignal)).rejects.toMatchObject({
    message: expect.stringContaining('"*,.secrets" is not valid in the name of a data stream'),
  });
  expect(server.requests).toHaveLength(before);
});

test('a search without a response ends when its signal fires', async () => {
  const { server, destination } = await fixture();
  const abort = new AbortController();
  server.script(() => {
    abort.abort();
    return 'hang';
  });
  await expect(destination.find?.(event('a'), abort.signal)).rejects.toMatchObject({ code: 'destination_failed' });
});
