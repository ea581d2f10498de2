import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { maxResponseBytes } from './bounded-connection.ts';
import { batchOf } from './test-context.ts';
import { starter } from './test-destination.ts';
import type { Reply } from './test-server.ts';

const gzipped = { 'content-encoding': 'gzip' };
const bomb = gzipSync(Buffer.alloc(maxResponseBytes + 1));
const start = starter(onTestFinished);
const delivered = { verdict: 'delivered' };
const error = (type: string, reason = 'because') => ({ error: { type, reason } });

describe('a response to the whole request', () => {
  test.each([
    [401, error('security_exception'), { batch: 'misconfigured', code: 'unauthorized' }],
    [403, error('security_exception'), { batch: 'misconfigured', code: 'forbidden' }],
    [403, error('cluster_block_exception'), { batch: 'misconfigured', code: 'write_blocked' }],
    [404, 'not found', { batch: 'misconfigured', code: 'not_found' }],
    [404, error('index_not_found_exception'), { batch: 'misconfigured', code: 'index_missing' }],
    [405, '', { batch: 'misconfigured', code: 'method_not_allowed' }],
    [406, error('media_type_header_exception'), { batch: 'misconfigured', code: 'unsupported_media_type' }],
    [402, '', { batch: 'misconfigured', code: 'bad_request' }],
    [410, '', { batch: 'misconfigured', code: 'bad_request' }],
    [408, '', { batch: 'unavailable', code: 'request_timeout' }],
    [413, 'Request Entity Too Large', { batch: 'tooLarge', code: 'too_large' }],
    [429, error('circuit_breaking_exception'), { batch: 'unavailable', code: 'too_many_requests', slowDown: true }],
    [500, error('exception'), { batch: 'unavailable', code: 'server_error' }],
    [502, '<html>Bad Gateway</html>', { batch: 'unavailable', code: 'bad_gateway' }],
    [503, error('cluster_block_exception', 'no master'), { batch: 'unavailable', code: 'service_unavailable' }],
    [302, '', { batch: 'misconfigured', code: 'redirected' }],
    [504, '', { items: [{ index: 0, verdict: 'unknown', code: 'gateway_timeout' }] }],
    [
      400,
      error('action_request_validation_exception'),
      { items: [{ index: 0, verdict: 'retry', code: 'bad_request' }] },
    ],
    [200, '<html>Hello</html>', { items: [{ index: 0, verdict: 'unknown', code: 'unexpected_response' }] }],
  ])('%i %j', async (status, body, report) => {
    const { script, send } = await start();
    script({ status, body });
    expect(await send('a')).toMatchObject(report);
  });

  test('reports the time to wait, from seconds or a date', async () => {
    const { script, send, clock } = await start();
    script({ status: 503, body: '', headers: { 'retry-after': '7' } });
    expect(await send('a')).toMatchObject({ batch: 'unavailable', waitMs: 7000 });
    const date = new Date(clock.nowMs + 90_000).toUTCString();
    script({ status: 429, body: '', headers: { 'retry-after': date } });
    expect(await send('a')).toMatchObject({ batch: 'unavailable', waitMs: 90_000, slowDown: true });
    script({ status: 429, body: '', headers: { 'retry-after': 'soon' } });
    expect(await send('a')).not.toHaveProperty('waitMs');
  });

  test('from a server that is not Elasticsearch is misconfigured', async () => {
    const { script, send } = await start();
    script({ body: { items: [] }, headers: { 'x-elastic-product': 'Another' } });
    expect(await send('a')).toMatchObject({ batch: 'misconfigured', code: 'wrong_server' });
  });

  test('that is not JSON, or too long, leaves every event unknown', async () => {
    const { server, script, send } = await start();
    const json = { 'content-type': 'application/json' };
    const good = { items: ['a', 'b'].map((_id) => ({ create: { _id, status: 201 } })) };
    for (const body of ['{"items":[', JSON.stringify(good).padEnd(maxResponseBytes + 1)]) {
      script({ body, headers: json });
      expect(await send('a', 'b')).toMatchObject({
        items: [
          { index: 0, verdict: 'unknown', code: 'unexpected_response' },
          { index: 1, verdict: 'unknown', code: 'unexpected_response' },
        ],
      });
    }
    server.script(undefined);
    expect(await send('a')).toMatchObject({ items: [delivered] });
  });

  const created = (...ids: readonly string[]) => ({ items: ids.map((_id) => ({ create: { _id, status: 201 } })) });
  const json = { 'content-type': 'application/json' };

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('L3: in %s, although the request asks for identity, is read', async (encoding, compress) => {
    const { server, script, send } = await start();
    script({ body: compress(JSON.stringify(created('a'))), headers: { ...json, 'content-encoding': encoding } });
    expect(await send('a')).toMatchObject({ items: [delivered] });
    expect(server.bulks()[0]?.headers['accept-encoding']).toBe('identity');
  });

  test('L3: in JSON under another content type is read', async () => {
    const { script, send } = await start();
    script({ body: JSON.stringify(created('a')), headers: { 'content-type': 'text/plain' } });
    expect(await send('a')).toMatchObject({ items: [delivered] });
  });

  test.each<[string, Reply]>([
    ['empty', { body: '', headers: json }],
    ['without content', { status: 204, body: '' }],
    ['text', { body: 'OK', headers: { 'content-type': 'text/plain' } }],
    ['HTML', { body: '<html>Log in</html>' }],
    ['truncated JSON', { body: JSON.stringify(created('a')).slice(0, -2), headers: json }],
    ['broken gzip', { body: gzipSync(JSON.stringify(created('a'))).subarray(0, -9), headers: { ...json, ...gzipped } }],
    ['gzip that grows beyond the limit', { body: bomb, headers: { ...json, ...gzipped } }],
    ['an unknown encoding', { body: 'x', headers: { ...json, 'content-encoding': 'br' } }],
    ['null', { body: null }],
    ['the result of other events', { body: created('b') }],
    ['no results', { body: created() }],
  ])('L3: that cannot be read leaves the event unknown: %s', async (_, reply) => {
    const { script, send } = await start();
    script(reply);
    expect(await send('a')).toMatchObject({ items: [{ verdict: 'unknown', code: 'unexpected_response' }] });
  });

  test('L3: with fewer results than events leaves the others unknown, and more results change nothing', async () => {
    const { script, send } = await start();
    script({ body: created('a') });
    expect(await send('a', 'b')).toMatchObject({
      items: [delivered, { verdict: 'unknown', code: 'unexpected_response' }],
    });
    script({ body: created('a', 'b', 'c') });
    expect(await send('a', 'b')).toEqual({ items: [0, 1].map((index) => ({ index, ...delivered })) });
  });

  test('without end is read only up to the limit', async () => {
    const { server, script, send } = await start();
    script('endless');
    expect(await send('a')).toMatchObject({ items: [{ verdict: 'unknown', code: 'unexpected_response' }] });
    await expect.poll(() => server.connections()).toBe(0);
  });

  test('that is missing after the request was sent leaves every event unknown', async () => {
    const { script, send } = await start();
    script('cut');
    expect(await send('a')).toMatchObject({ items: [{ verdict: 'unknown', code: 'connection_lost' }] });
  });

  test('that stops in the middle ends when the signal fires', async () => {
    const { server, script, destination } = await start();
    script('stall');
    const timeout = new DOMException('the time limit is over', 'TimeoutError');
    for (const [code, reason] of [['aborted'], ['timed_out', timeout]] as const) {
      const abort = new AbortController();
      const before = server.bulks().length;
      const call = destination.deliver(batchOf(['a']), abort.signal);
      await expect.poll(() => server.bulks().length).toBe(before + 1);
      abort.abort(reason);
      expect(await call).toMatchObject({ items: [{ verdict: 'unknown', code }] });
    }
    await destination.close?.();
    await expect.poll(() => server.connections()).toBe(0);
  });
});
