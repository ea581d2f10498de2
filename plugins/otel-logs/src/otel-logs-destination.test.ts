import { gunzipSync, gzipSync } from 'node:zlib';
import { Secret } from '@xiq-siem/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, destinationAt, manyIds, noSignal, startMs } from './test-context.ts';
import { type Script, type ScriptedResponse, startOtlpServer } from './test-server.ts';

const text = { 'content-type': 'text/plain' };
const gzipped = { 'content-encoding': 'gzip' };
const jsonType = { 'content-type': 'application/json' };

async function fixture(script?: Script, config: object = {}, secrets: Readonly<Record<string, Secret>> = {}) {
  const server = await startOtlpServer(script);
  const created = await destinationAt(server.url, config, { secrets });
  onTestFinished(async () => {
    await created.destination.close?.();
    await server.stop();
  });
  return { server, ...created };
}

describe.each(['http/protobuf', 'http/json'])('%s', (protocol) => {
  it.each([true, false])('delivers a batch as one request, gzip %s', async (gzip) => {
    const { server, destination } = await fixture(undefined, {
      protocol,
      gzip,
      headers: { 'X-Scope-OrgID': 'tenant' },
    });
    const ids = manyIds(20);
    expect(await destination.deliver(batchOf(ids), noSignal)).toEqual({
      items: ids.map((_, index) => ({ index, verdict: 'delivered' })),
    });
    const [request, ...others] = server.requests;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', url: '/v1/logs', ids });
    expect(request?.headers).toMatchObject({
      'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
      'content-length': String(request?.bytes.length),
      'x-scope-orgid': 'tenant',
    });
    expect(request?.headers['accept-encoding']).toBe('identity');
    if (gzip) expect(gunzipSync(request?.bytes ?? '').length).toBeGreaterThan(request?.bytes.length ?? 0);
    else expect(request?.headers['content-encoding']).toBeUndefined();
  });

  it('decodes a partial success', async () => {
    // PartialSuccess { rejected 2, "no" } in field 1 of the response.
    const protobuf = { body: Buffer.from([0x0a, 6, 0x08, 2, 0x12, 2, 0x6e, 0x6f]) };
    const json = { body: '{"partialSuccess":{"rejectedLogRecords":2,"errorMessage":"no"}}' };
    const { destination } = await fixture(() => (protocol === 'http/json' ? json : protobuf), { protocol });
    expect(await destination.deliver(batchOf(['a', 'b']), noSignal)).toEqual({
      items: [0, 1].map((index) => ({ index, verdict: 'rejected', code: 'event_rejected', message: 'no' })),
    });
  });

  it('decodes the message of an error response', async () => {
    const message = 'no'.repeat(100);
    // Status { code 3, message }
    const protobuf = Buffer.concat([Buffer.from([0x08, 3, 0x12, 200, 1]), Buffer.from(message)]);
    const body = protocol === 'http/json' ? `{"code":3,"message":"${message}"}` : protobuf;
    const { destination } = await fixture(() => ({ status: 503, body }), { protocol });
    expect(await destination.deliver(batchOf(['a']), noSignal)).toEqual({
      batch: 'unavailable',
      code: 'service_unavailable',
      message: `HTTP 503: ${message}`,
    });
  });
});

it.each([
  [401, 'misconfigured', 'unauthorized'],
  [403, 'misconfigured', 'forbidden'],
  [404, 'misconfigured', 'not_found'],
  [405, 'misconfigured', 'method_not_allowed'],
  [407, 'misconfigured', 'proxy_unauthorized'],
  [415, 'misconfigured', 'unsupported_media_type'],
  [301, 'misconfigured', 'redirected'],
  [413, 'tooLarge', 'too_large'],
  [408, 'unavailable', 'request_timeout'],
  [429, 'unavailable', 'too_many_requests'],
  [502, 'unavailable', 'bad_gateway'],
  [503, 'unavailable', 'service_unavailable'],
  [507, 'unavailable', 'service_unavailable'],
])('HTTP %i is %s for the whole batch, and sends no second request', async (status, batch, code) => {
  const { server, destination } = await fixture(() => ({
    status,
    headers: { 'content-type': 'text/plain' },
    body: 'server text',
  }));
  const report = await destination.deliver(batchOf(['a', 'b']), noSignal);
  expect(report).toMatchObject({ batch, code, message: expect.stringContaining(`HTTP ${status}: server text`) });
  expect(report.slowDown).toBe(status === 429 ? true : undefined);
  expect(server.requests).toHaveLength(1);
});

it('HTTP 500 rejects the whole batch, as OTLP specifies', async () => {
  const { server, destination } = await fixture(() => ({ status: 500 }));
  const message = expect.stringContaining('HTTP 500 (');
  expect(await destination.deliver(batchOf(['a', 'b']), noSignal)).toEqual({
    items: [0, 1].map((index) => ({ index, verdict: 'rejected', code: 'server_error', message })),
  });
  expect(server.requests).toHaveLength(1);
});

it('HTTP 500 is retried if configured', async () => {
  const { destination } = await fixture(() => ({ status: 500 }), { retryOn500: true });
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'server_error',
  });
});

it('L8: no status from 500 to 599 but 500 itself rejects an event, and 500 names what to check', async () => {
  let status = 500;
  const { destination } = await fixture(() => ({ status }));
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    items: [{ verdict: 'rejected', message: expect.stringMatching(/`protocol`.*path.*`retryOn500/) }],
  });
  for (status = 501; status < 600; status++) {
    const report = await destination.deliver(batchOf(['a']), noSignal);
    const result = 'batch' in report ? report.batch : report.items[0]?.verdict;
    expect([status, result]).toEqual([status, [504, 522, 524, 598, 599].includes(status) ? 'unknown' : 'unavailable']);
  }
});

it.each([402, 406, 410, 411, 421, 426, 431, 451])(
  'L8: HTTP %i is not about the events: misconfigured',
  async (status) => {
    const { server, destination } = await fixture(() => ({ status }));
    const report = await destination.deliver(batchOf(['a', 'b']), noSignal);
    expect(report).toMatchObject({
      batch: 'misconfigured',
      code: 'bad_request',
      message: expect.stringMatching('`url`'),
    });
    expect(server.requests).toHaveLength(1);
  },
);

it.each([
  ['unsupported path requested: "/v1/log"', 'not_found', /`url`.*\/v1\/logs/],
  [
    "json encoding isn't supported for opentelemetry format. Use protobuf encoding",
    'unsupported_media_type',
    /`protocol`/,
  ],
])('L8: HTTP 400 about the path or the encoding is misconfigured: %s', async (body, code, message) => {
  const { server, destination } = await fixture(() => ({
    status: 400,
    headers: { 'content-type': 'text/plain' },
    body,
  }));
  const report = await destination.deliver(batchOf(['a', 'b']), noSignal);
  expect(report).toMatchObject({ batch: 'misconfigured', code, message: expect.stringMatching(message) });
  expect(server.requests).toHaveLength(1);
});

it.each([
  ['7', 7_000],
  [new Date(startMs + 30_000).toUTCString(), 30_000],
  ['soon', undefined],
])('Retry-After: %s', async (header, waitMs) => {
  const { destination } = await fixture(() => ({ status: 503, headers: { 'retry-after': header } }));
  const report = await destination.deliver(batchOf(['a']), noSignal);
  expect(report.waitMs).toBe(waitMs);
});

it.each<[string, ScriptedResponse]>([
  ['an HTML page', { headers: { 'content-type': 'text/html' }, body: '<html>Log in</html>' }],
  ['an empty HTML page', { headers: { 'content-type': 'text/html' } }],
  ['an HTML page with the protobuf type', { body: '<html>Log in</html>' }],
  ['text', { headers: { 'content-type': 'text/plain' }, body: 'OK' }],
  ['text without a type', { headers: { 'content-type': '' }, body: 'ok' }],
  ['truncated JSON', { headers: jsonType, body: '{"partialSuccess"' }],
  ['truncated protobuf', { body: Buffer.from([0x0a, 6, 0x08]) }],
  ['JSON that is no OTLP response', { headers: jsonType, body: '[1]' }],
  ['an invalid partial success', { headers: jsonType, body: '{"partialSuccess":{"rejectedLogRecords":"x"}}' }],
  ['broken gzip', { headers: { ...jsonType, ...gzipped }, body: gzipSync('{}').subarray(0, 5) }],
  ['an encoding that was not asked for', { headers: { ...jsonType, 'content-encoding': 'br' }, body: 'x' }],
  ['a long response', { headers: jsonType, body: `{"a":"${'x'.repeat(1_000_000)}"}` }],
  ['a response without end', { instead: 'endless' }],
])('L3: a 2xx response that cannot be read leaves the event unknown: %s', async (_, response) => {
  const { server, destination } = await fixture(() => response);
  const report = await destination.deliver(batchOf(['a']), noSignal);
  expect(report).toMatchObject({ items: [{ verdict: 'unknown', code: 'unexpected_response' }] });
  expect(JSON.stringify(report).length).toBeLessThan(600);
  expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
});

it.each<[string, ScriptedResponse]>([
  ['nothing at all', { status: 204, headers: { 'content-type': '' } }],
  ['nothing as JSON', { headers: jsonType, body: '' }],
  ['nothing as protobuf', { body: '' }],
  ['nothing as text', { headers: { 'content-type': 'text/plain' }, body: '' }],
  ['JSON with the type of text', { headers: { 'content-type': 'text/plain' }, body: '{}' }],
  ['gzip that was not asked for', { headers: { ...jsonType, ...gzipped }, body: gzipSync('{"partialSuccess":{}}') }],
  ['an empty object', { headers: { 'content-type': 'application/json; charset=utf-8' }, body: '{}' }],
  ['fields of a newer protocol', { headers: jsonType, body: '{"partialSuccess":null,"newer":1}' }],
])('L3: a success may be %s', async (_, response) => {
  const { destination } = await fixture(() => response);
  expect(await destination.deliver(batchOf(['a']), noSignal)).toEqual({ items: [{ index: 0, verdict: 'delivered' }] });
});

it('a warning in a success is logged once a minute, with its count', async () => {
  const warning = { headers: jsonType, body: '{"partialSuccess":{"errorMessage":"slow disk"}}' };
  const { destination, logged, clock } = await fixture(() => warning);
  for (let time = 0; time < 3; time++) {
    expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  }
  clock.nowMs += 60_000;
  await destination.deliver(batchOf(['a']), noSignal);
  expect(logged).toEqual([
    { event: 'destination.server_warning', attributes: { message: 'slow disk', times: 1 } },
    { event: 'destination.server_warning', attributes: { message: 'slow disk', times: 3 } },
  ]);
});

it('events of a request without a response are unknown', async () => {
  const { destination } = await fixture(() => ({ instead: 'reset' }));
  expect(await destination.deliver(batchOf(['a', 'b']), noSignal)).toMatchObject({
    items: [
      { index: 0, verdict: 'unknown', code: 'connection_lost' },
      { index: 1, verdict: 'unknown', code: 'connection_lost' },
    ],
  });
});

it('a request without a response ends when the signal fires', async () => {
  const abort = new AbortController();
  const { destination } = await fixture(() => {
    abort.abort();
    return { instead: 'noResponse' };
  });
  expect(await destination.deliver(batchOf(['a']), abort.signal)).toMatchObject({
    items: [{ index: 0, verdict: 'unknown', code: 'aborted' }],
  });
});

it('a request without a response times out at the time limit', async () => {
  const limit = new AbortController();
  const { destination } = await fixture(() => {
    limit.abort(new DOMException('the time limit is over', 'TimeoutError'));
    return { instead: 'noResponse' };
  });
  expect(await destination.deliver(batchOf(['a']), limit.signal)).toMatchObject({
    items: [{ index: 0, verdict: 'unknown', code: 'timed_out' }],
  });
});

it('sends nothing after the signal has fired', async () => {
  const { server, destination } = await fixture();
  expect(await destination.deliver(batchOf(['a']), AbortSignal.abort())).toMatchObject({
    batch: 'unavailable',
    code: 'aborted',
  });
  expect(server.requests).toEqual([]);
});

describe('secrets in headers', () => {
  const canary = 'canary-8f3b2c';
  const headers = { Authorization: { env: 'AUTH' } };
  const secrets = { AUTH: new Secret(`Bearer ${canary}`) };

  it('are sent, and never reported, even if the server echoes them', async () => {
    const echo: Script = ({ headers }, count) => {
      const body = `rejected ${headers.authorization} ${canary}`;
      const responses: readonly ScriptedResponse[] = [
        { status: 401, headers: { 'content-type': 'text/plain' }, body },
        { status: 400, headers: jsonType, body: JSON.stringify({ message: body }) },
        { headers: { 'content-type': 'text/html' }, body },
        { headers: jsonType, body: JSON.stringify({ partialSuccess: { rejectedLogRecords: 1, errorMessage: body } }) },
        { headers: jsonType, body: JSON.stringify({ partialSuccess: { errorMessage: body } }) },
      ];
      return responses[(count - 1) % responses.length];
    };
    const { server, destination, logged } = await fixture(echo, { headers }, secrets);
    const reported: unknown[] = [];
    for (let time = 0; time < 5; time++) reported.push(await destination.deliver(batchOf(['a']), noSignal));
    for (let time = 0; time < 5; time++) reported.push(await destination.check?.(noSignal));
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(10).fill(`Bearer ${canary}`));
    const text = JSON.stringify([reported, logged]);
    expect(text).toContain('rejected [secret] [secret]');
    expect(text).not.toContain(canary);
  });

  it('are read for each request', async () => {
    const changing: Record<string, Secret> = { AUTH: new Secret('first') };
    const { server, destination } = await fixture(undefined, { headers }, changing);
    await destination.deliver(batchOf(['a']), noSignal);
    changing['AUTH'] = new Secret('second');
    await destination.deliver(batchOf(['a']), noSignal);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['first', 'second']);
  });

  it('that are missing make the destination misconfigured, without a request', async () => {
    const { server, destination } = await fixture(undefined, { headers });
    expect(await destination.deliver(batchOf(['a']), noSignal)).toEqual({
      batch: 'misconfigured',
      code: 'secret_unavailable',
      message: 'the secret of header Authorization is missing or empty',
    });
    expect(server.requests).toEqual([]);
  });

  it('with characters that HTTP forbids are not repeated in the message', async () => {
    const { destination } = await fixture(undefined, { headers }, { AUTH: new Secret(`${canary}\r\nHost: evil`) });
    const report = await destination.deliver(batchOf(['a']), noSignal);
    const message = expect.stringMatching(/\["Authorization"\] \(correct the configured header or secret\)$/);
    expect(report).toMatchObject({ batch: 'misconfigured', code: 'invalid_request', message });
    expect(JSON.stringify(report)).not.toContain(canary);
  });

  it('cause a warning if the connection is not encrypted', async () => {
    const { logged } = await destinationAt('http://collector.example/v1/logs', { headers }, { secrets });
    expect(logged.map(({ event }) => event)).toEqual(['destination.not_encrypted']);
    const { logged: nothing } = await destinationAt('http://collector.example/v1/logs', { headers: { a: 'public' } });
    expect(nothing).toEqual([]);
  });
});

describe('check()', () => {
  it.each<[string, Script, boolean, string]>([
    ['the server accepts logs', () => undefined, true, 'accepts logs (http/protobuf)'],
    [
      'the server rejects the credentials',
      () => ({ status: 401 }),
      false,
      'HTTP 401 (check the credentials in `headers`)',
    ],
    ['the path is wrong', () => ({ status: 404 }), false, 'check the path of `url`'],
    ['the server is busy', () => ({ status: 503 }), false, 'is unavailable: HTTP 503'],
    ['another server listens', () => ({ headers: { 'content-type': 'text/html' }, body: 'hi' }), false, 'is not OTLP'],
    ['the server closes the connection', () => ({ instead: 'reset' }), false, 'sent no response'],
  ])('reports that %s, with an empty request', async (_, script, ok, message) => {
    const { server, destination } = await fixture(script);
    expect(await destination.check?.(noSignal)).toEqual({ ok, message: expect.stringContaining(message) });
    expect(server.requests).toMatchObject([{ ids: [] }]);
  });

  it.each<[string, ScriptedResponse, object]>([
    ['400 for a request without events proves nothing', { status: 400 }, { ok: true, warning: true }],
    ['400 about the path fails', { status: 400, body: 'unsupported path requested', headers: text }, { ok: false }],
    ['400 about the encoding fails', { status: 400, body: "json isn't supported", headers: text }, { ok: false }],
    ['429 is a warning', { status: 429 }, { ok: true, warning: true }],
    ['500 fails', { status: 500 }, { ok: false }],
  ])('L9: %s', async (_, response, result) => {
    const { destination } = await fixture(() => response);
    expect(await destination.check?.(noSignal)).toEqual({ ...result, message: expect.any(String) });
  });

  it('gives advice if no server listens', async () => {
    const { server, destination } = await fixture();
    await server.stop();
    expect(await destination.check?.(noSignal)).toEqual({
      ok: false,
      message: expect.stringMatching(/ECONNREFUSED.* \(check `url` and `proxy`, and that the server runs\)$/),
    });
  });

  it('names the header without a secret, and sends no request', async () => {
    const { server, destination } = await fixture(undefined, { headers: { Authorization: { env: 'AUTH' } } });
    expect(await destination.check?.(noSignal)).toEqual({
      ok: false,
      message: expect.stringMatching(
        /^no request sent to .*: the secret of header Authorization is missing or empty: check `headers`$/,
      ),
    });
    expect(server.requests).toEqual([]);
  });
});
