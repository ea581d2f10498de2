import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { routeNames, routeOf } from '@xiq-siem/admin-api';
import { callByName, sampleConnector, sampleOf } from '@xiq-siem/admin-api/test-routes';
import { ConnectorError, type ErrorCode, exitCodes } from '@xiq-siem/core';
import { linesOf, never, until } from '@xiq-siem/queries/test-queries';
import { describe, expect, test } from 'vitest';
import { refusalOf } from './admin-routes.ts';
import { serveOperations, token } from './test-operations.ts';

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function ask(url: string, { method = 'GET', path, body, headers = {} }: Asked) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; type: string; text: string }>();
  request(url + path, { method, headers: { authorization: `Bearer ${token}`, ...headers } }, (response) => {
    const { statusCode: status = 0, headers: answered } = response;
    text(response).then((told) => resolve({ status, type: answered['content-type'] ?? '', text: told }), reject);
  })
    .on('error', reject)
    .end(body);
  return promise;
}

/** A stream that yields one line, and then none until its signal fires. */
function waitingTail() {
  const told = { open: 0, ended: 0 };
  return {
    told,
    async *tail(_: object, signal: AbortSignal) {
      told.open += 1;
      try {
        yield { kind: 'waiting', snapshot: false } as const;
        await setTimeout(60_000, undefined, { signal }).catch(() => undefined);
      } finally {
        told.ended += 1;
      }
    },
  };
}

describe.each(routeNames)('%s', (name) => {
  const route = routeOf(name);
  const path = route.path.replaceAll(/\{\w+\}/g, '1');

  test('rejects an unknown field and names it', async () => {
    const { calls, operations } = sampleConnector();
    await using served = await serveOperations(operations);
    const { method } = route;
    const unknown =
      method === 'GET' ? { path: `${path}?n0nsense=val-ue` } : { path, body: JSON.stringify({ n0nsense: 'val-ue' }) };
    const { status, text: response } = await ask(served.url, { method, ...unknown });
    expect(status).toBe(400);
    expect(JSON.parse(response)).toEqual({ error: 'usage', message: expect.stringContaining('n0nsense') });
    expect(response).not.toContain('val-ue');
    expect({ calls, changes: served.changes }).toEqual({ calls: [], changes: [] });
  });

  test('is refused without the token', async () => {
    const { calls, operations } = sampleConnector();
    await using served = await serveOperations(operations);
    const response = await ask(served.url, { method: route.method, path, headers: { authorization: 'Bearer none' } });
    expect(response).toMatchObject({ status: 401 });
    expect({ calls, changes: served.changes }).toEqual({ calls: [], changes: [] });
  });

  test('gets the input of the client, and the client gets its response; a change is reported', async () => {
    const { calls, operations } = sampleConnector();
    await using served = await serveOperations(operations);
    const input = sampleOf(route.input);
    expect(await callByName(served.client, name)).toEqual([sampleOf(route.response)]);
    expect(calls).toEqual([[name, input]]);
    expect(served.changes).toEqual(route.changes ? [{ call: name, outcome: 'success', input }] : []);
  });

  test('is in the OpenAPI document', async () => {
    await using served = await serveOperations({});
    const { text: document } = await ask(served.url, { path: '/api/v1/openapi.json' });
    expect(JSON.parse(document).paths[route.path][route.method.toLowerCase()]).toMatchObject({ operationId: name });
  });
});

test('a former path of a route is served like the new one', async () => {
  const { calls, operations } = sampleConnector();
  await using served = await serveOperations(operations);
  expect(await ask(served.url, { path: '/api/v1/shapes' })).toMatchObject({ status: 200 });
  expect(calls.map(([name]) => name)).toEqual(['unmapped']);
});

describe('input', () => {
  test.each<[string, string]>([
    ['/api/v1/dead-letters?limit=none', 'limit'],
    ['/api/v1/dead-letters?limit=0', 'limit'],
    ['/api/v1/dead-letters?limit=1001', 'limit'],
    ['/api/v1/dead-letters?after=-1', 'after'],
    ['/api/v1/dead-letters/s3cret', 'number'],
    ['/api/v1/dead-letters?from=yesterday', 'from'],
    [`/api/v1/trace/receipt/${'x'.repeat(65)}`, 'receipt'],
    ['/api/v1/replay/preview?from=2026-01-01T00:00:00Z', 'to'],
  ])('%s is refused for its %s', async (path, field) => {
    await using served = await serveOperations({});
    const { status, text: response } = await ask(served.url, { path });
    expect(status).toBe(400);
    expect(JSON.parse(response).message).toMatch(new RegExp(`^${field}: `));
    expect(response).not.toContain('s3cret');
  });

  test.each<[string, string, number?, string?]>([
    ['no JSON', '{"a":'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['too large', JSON.stringify({ gap: 'x'.repeat(300_000) }), 413, 'request_too_large'],
  ])('a body that is %s is refused', async (_, body, wantedStatus = 400, error = 'usage') => {
    await using served = await serveOperations({});
    const { status, text: response } = await ask(served.url, {
      method: 'POST',
      path: '/api/v1/gaps/acknowledge',
      body,
    });
    expect(status).toBe(wantedStatus);
    expect(JSON.parse(response)).toMatchObject({ error, message: expect.stringContaining('the body is') });
    expect(response.length).toBeLessThan(200);
  });

  test('fields of a path, a query and a body reach the operation unchanged', async () => {
    const inputs: unknown[] = [];
    await using served = await serveOperations({
      listDeadLetters: async (input) => {
        inputs.push(input);
        return { snapshot: false, entries: [], matched: 0, open: 0, parked: 0 };
      },
      cancelJob: async (input) => {
        inputs.push(input);
        throw new ConnectorError('not_found', 'none');
      },
    });
    await served.client.listDeadLetters({ destination: 'ö/ä', after: 3, limit: 7 }, never);
    await served.client.cancelJob({ id: 'a/b?c' }, never).catch(() => undefined);
    expect(inputs).toEqual([{ destination: 'ö/ä', after: 3, limit: 7 }, { id: 'a/b?c' }]);
  });
});

test('a field with a very long name does not make the message long', async () => {
  await using served = await serveOperations({});
  const body = JSON.stringify({ ['x'.repeat(200_000)]: 1 });
  const { status, text: response } = await ask(served.url, { method: 'POST', path: '/api/v1/reload', body });
  expect(status).toBe(400);
  expect(response.length).toBeLessThan(1000);
});

describe('an error', () => {
  test.each<[ErrorCode, number]>([
    ['usage', 400],
    ['not_found', 404],
    ['busy', 429],
    ['too_many_jobs', 429],
    ['destination_configured', 400],
    ['config_invalid', 422],
    ['journal_full', 503],
    ['journal_failed', 500],
  ])('%s has the status %i, and the client throws it with its code and message', async (code, status) => {
    await using served = await serveOperations({ jobs: () => Promise.reject(new ConnectorError(code, 'its words')) });
    expect(await ask(served.url, { path: '/api/v1/jobs' })).toMatchObject({ status });
    await expect(served.client.jobs({}, never)).rejects.toMatchObject({ code, message: 'its words' });
  });

  test('with a code of a plugin is thrown with that code and its exit code', async () => {
    const declared = { code: 'vault_sealed', exitCode: exitCodes.permission };
    const jobs = () => Promise.reject(new ConnectorError(declared, 'its words'));
    await using served = await serveOperations({ jobs });
    expect(await ask(served.url, { path: '/api/v1/jobs' })).toMatchObject({ status: 500 });
    await expect(served.client.jobs({}, never)).rejects.toMatchObject({ ...declared, message: 'its words' });
  });

  test('that is unexpected reveals nothing, and is logged', async () => {
    const fault = () => Promise.reject(new TypeError('cannot read {"password":"s3cret"}'));
    await using served = await serveOperations({ jobs: fault });
    const { status, text: response } = await ask(served.url, { path: '/api/v1/jobs' });
    expect(status).toBe(500);
    expect(JSON.parse(response)).toEqual({ error: 'internal', message: 'internal error: see the log' });
    expect(served.log.of('admin.request_failed')).toMatchObject([{ attributes: { path: '/api/v1/jobs' } }]);
    expect(refusalOf('text').message.message).toBe('internal error: see the log');
  });
});

describe('a stream', () => {
  test('is sent line by line', async () => {
    const { tail } = waitingTail();
    await using served = await serveOperations({ tail });
    const leaving = new AbortController();
    const lines = served.client.tail({}, leaving.signal)[Symbol.asyncIterator]();
    expect(await lines.next()).toEqual({ done: false, value: { kind: 'waiting', snapshot: false } });
    leaving.abort();
    await lines.next().catch(() => undefined);
  });

  test('that fails before its first line has the status of its error', async () => {
    await using served = await serveOperations({
      // biome-ignore lint/correctness/useYield: it only refuses
      async *unmapped() {
        throw new ConnectorError('usage', 'an empty span');
      },
    });
    expect(await ask(served.url, { path: '/api/v1/unmapped' })).toMatchObject({ status: 400 });
  });

  test.each([
    ['of ours', new ConnectorError('not_found', 'gone meanwhile'), { code: 'not_found', message: 'gone meanwhile' }],
    ['unforeseen', new Error('s3cret'), { message: 'internal error: see the log' }],
  ])(
    'that fails after its first line by an error that is %s ends with the error as its last line',
    async (_, fault, wanted) => {
      await using served = await serveOperations({
        async *unmapped() {
          yield { kind: 'progress', done: 1, total: 2 };
          throw fault;
        },
      });
      const { status, type, text: response } = await ask(served.url, { path: '/api/v1/unmapped' });
      expect({ status, type }).toEqual({ status: 200, type: 'application/x-ndjson' });
      expect(response).not.toContain('s3cret');
      const met: unknown[] = [];
      const reading = (async () => {
        for await (const line of served.client.unmapped({}, never)) met.push(line);
      })();
      await expect(reading).rejects.toMatchObject(wanted);
      expect(met).toHaveLength(1);
    },
  );

  test('ends with its client: the signal of the operation fires', async () => {
    const { tail, told } = waitingTail();
    await using served = await serveOperations({ tail });
    const leaving = new AbortController();
    const lines = served.client.tail({}, leaving.signal)[Symbol.asyncIterator]();
    await lines.next();
    leaving.abort();
    await lines.next().catch(() => undefined);
    await until(() => told.ended === 1);
  });

  test('is refused while sixteen are open', async () => {
    const { tail, told } = waitingTail();
    await using served = await serveOperations({ tail });
    const leaving = new AbortController();
    const last = new AbortController();
    const open = (signal: AbortSignal) => served.client.tail({}, signal)[Symbol.asyncIterator]().next();
    await Promise.all(Array.from({ length: 15 }, () => open(leaving.signal)));
    await open(last.signal);
    await expect(open(never)).rejects.toMatchObject({ code: 'too_many_streams' });
    last.abort();
    await until(() => told.ended === 1);
    expect(await open(leaving.signal)).toMatchObject({ done: false });
    leaving.abort();
    await until(() => told.ended === told.open);
  });

  test('whose client disconnects before the first line does not count as open', async () => {
    let ended = 0;
    const first = Promise.withResolvers<void>();
    let asked = 0;
    await using served = await serveOperations({
      async *unmapped(_, signal) {
        asked += 1;
        try {
          await first.promise;
          yield { kind: 'progress', done: 0, total: 1 };
          await setTimeout(60_000, undefined, { signal }).catch(() => undefined);
        } finally {
          ended += 1;
        }
      },
    });
    const leaving = new AbortController();
    const early = Array.from({ length: 16 }, () => linesOf(served.client.unmapped({}, leaving.signal)));
    await until(() => asked === 16);
    leaving.abort();
    await Promise.allSettled(early);
    first.resolve();
    await until(() => ended === 16);
    const last = new AbortController();
    const lines = served.client.unmapped({}, last.signal)[Symbol.asyncIterator]();
    expect(await lines.next()).toMatchObject({ done: false });
    last.abort();
    await lines.next().catch(() => undefined);
  });

  test('sends empty lines while it is idle', async () => {
    const answered = Promise.withResolvers<void>();
    await using served = await serveOperations(
      {
        async *doctor() {
          yield { kind: 'kept', receipt: 'r', eventId: 'e' };
          await answered.promise;
          yield { kind: 'end', ok: true };
        },
      },
      { keepAliveMs: 5 },
    );
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { authorization: `Bearer ${token}` };
    request(`${served.url}/api/v1/doctor`, { method: 'POST', headers }, resolve).on('error', reject).end();
    let told = '';
    for await (const chunk of (await promise).setEncoding('utf8')) {
      told += String(chunk);
      if (told.endsWith('\n\n\n\n')) answered.resolve();
    }
    const lines = told.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['kept', 'end']);
  });
});

describe('a call that changes something', () => {
  test('is reported once, with its input and outcome', async () => {
    await using served = await serveOperations({
      resumeDestination: async ({ name }) => {
        if (name === 'none') throw new ConnectorError('not_found', 'no such destination');
        if (name === 'odd') throw new Error('s3cret');
        return { resumed: name };
      },
      async *doctor() {
        yield { kind: 'kept', receipt: 'r', eventId: 'e' };
        yield { kind: 'end', ok: true };
      },
    });
    const { client, changes } = served;
    await client.resumeDestination({ name: 'one' }, never);
    for (const name of ['none', 'odd']) await client.resumeDestination({ name }, never).catch(() => undefined);
    await linesOf(client.doctor({ seconds: 5 }, never));
    expect(changes).toEqual([
      { call: 'resumeDestination', outcome: 'success', input: { name: 'one' } },
      { call: 'resumeDestination', outcome: 'failure', code: 'not_found', input: { name: 'none' } },
      { call: 'resumeDestination', outcome: 'failure', code: 'internal', input: { name: 'odd' } },
      { call: 'doctor', outcome: 'success', input: { seconds: 5 } },
    ]);
  });

  test('a call that only reads is not reported', async () => {
    await using served = await serveOperations({ jobs: async () => ({ snapshot: false, jobs: [] }) });
    await served.client.jobs({}, never);
    expect(served.changes).toEqual([]);
  });
});
