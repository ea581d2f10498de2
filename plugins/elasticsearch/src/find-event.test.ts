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

/** What find() says when it cannot look. */
async function thrownBy(script: Script, changes: Partial<ElasticsearchConfig> = {}): Promise<string> {
  const { server, destination } = await fixture(changes);
  await destination.deliver(batchOf(['a']), noSignal);
  server.script(script);
  const error = await destination.find?.(event('a'), noSignal).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'destination_failed' });
  return error instanceof Error ? error.message : '';
}

const error = (type: string, reason: string) => ({ error: { type, reason } });

test('finds an event in whichever namespace it is, and names the index', async () => {
  const { destination } = await fixture();
  await destination.deliver(batchOf(['a'], { namespace: 'branch' }), noSignal);
  const found = await destination.find?.(event('a'), noSignal);
  expect(found).toMatchObject({ found: true });
  expect(found?.message).toMatch(/^\.ds-logs-extreme_xiq\.audit-branch-.* at 127\.0\.0\.1:\d+ holds it$/);
});

test('asks one question, for the id alone, of the data streams of the data set', async () => {
  const { server, destination } = await fixture();
  await destination.deliver(batchOf(['a', 'b']), noSignal);
  const before = server.requests.length;
  await destination.find?.(event('a'), noSignal);
  const [asked, ...more] = server.requests.slice(before);
  expect(more).toEqual([]);
  expect(asked?.path).toBe('/logs-extreme_xiq.audit-*/_search');
  expect(JSON.parse(asked?.body ?? '')).toEqual({
    query: { ids: { values: ['a'] } },
    size: 1,
    _source: false,
    track_total_hits: false,
  });
});

test('does not find what was never sent, nor what is in another data set', async () => {
  const { destination } = await fixture();
  await destination.deliver(batchOf(['a']), noSignal);
  await destination.deliver(batchOf(['b'], { dataset: 'extreme_xiq.auth' }), noSignal);
  for (const id of ['b', 'c', '*']) {
    expect(await destination.find?.(event(id), noSignal)).toEqual({
      found: false,
      message: expect.stringMatching(/^a search of logs-extreme_xiq\.audit-\* at .* not there, or not refreshed yet$/),
    });
  }
});

test('does not find an event where the server shows another', async () => {
  const { server, destination } = await fixture();
  const hits = { hits: [{ _index: 'x', _id: 'b' }] };
  server.script(() => ({ body: { timed_out: false, _shards: { total: 1, failed: 0 }, hits } }));
  expect(await destination.find?.(event('a'), noSignal)).toMatchObject({ found: false });
});

test.each<[string, Script, string]>([
  [
    'a wrong key',
    () => ({ status: 401, body: error('security_exception', 'unable to authenticate') }),
    'answered 401: security_exception: unable to authenticate. The API key is wrong, expired or deleted',
  ],
  [
    'no right to search',
    () => ({ status: 403, body: error('security_exception', 'action [indices:data/read/search] is unauthorized') }),
    'is unauthorized. To search, the credentials need the index privilege read on logs-extreme_xiq.*-*',
  ],
  ['a lost connection', () => 'cut', 'check `nodes`'],
  ['no data stream to see', () => ({ body: { _shards: { total: 0, failed: 0 } } }), 'nothing was delivered there yet'],
  ['shards that do not answer', () => ({ body: { _shards: { total: 3, failed: 2 } } }), '2 of 3 shards'],
  ['a search that ran out of time', () => ({ body: { timed_out: true, _shards: { total: 3, failed: 0 } } }), 'health'],
  ['an answer of another kind', () => ({ body: { took: 1 } }), 'none that we understand'],
])('throws words about %s', async (_, script, message) => {
  expect(await thrownBy(script)).toContain(message);
});

test('its words hold no secret, whatever the server echoes', async () => {
  const echo: Script = ({ headers }) => ({ status: 401, body: error('echo', String(headers.authorization)) });
  const message = await thrownBy(echo);
  expect(message).toContain('echo: ApiKey [secret]');
  expect(message).not.toContain(keyText);
  const often: Script = ({ headers }) => ({ status: 401, body: error('echo', `${headers.authorization} `.repeat(3)) });
  expect(await thrownBy(often)).not.toContain(keyText);
});

test('a data set that names no data stream is not asked for', async () => {
  const { server, destination } = await fixture();
  const before = server.requests.length;
  await expect(destination.find?.(event('a', '*,.secrets'), noSignal)).rejects.toMatchObject({
    message: expect.stringContaining('"*,.secrets" cannot name a data stream'),
  });
  expect(server.requests).toHaveLength(before);
});

test('a search that hangs ends with its signal', async () => {
  const { server, destination } = await fixture();
  const abort = new AbortController();
  server.script(() => {
    abort.abort();
    return 'hang';
  });
  await expect(destination.find?.(event('a'), abort.signal)).rejects.toMatchObject({ code: 'destination_failed' });
});
