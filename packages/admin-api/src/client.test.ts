// What comes from the other end is checked, bounded, and told in words.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Secret } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { connectAdmin } from './client.ts';

const never = new AbortController().signal;
const token = 's3cret-token';

async function answering(response: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(response).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    client: connectAdmin({ url, token: new Secret(token) }),
    async [Symbol.asyncDispose](): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function all<Line>(lines: AsyncIterable<Line>): Promise<Line[]> {
  const met: Line[] = [];
  for await (const line of lines) met.push(line);
  return met;
}

const progress = (done: number): string => `${JSON.stringify({ kind: 'progress', done, total: 9 })}\n`;

test('where nobody listens it is not running, in words that hold no token', async () => {
  const served = await answering(() => undefined);
  await served[Symbol.asyncDispose]();
  const asking = served.client.jobs({}, never);
  await expect(asking).rejects.toMatchObject({
    code: 'connector_unreachable',
    message: expect.stringContaining(served.url),
  });
  await expect(asking).rejects.not.toMatchObject({ message: expect.stringContaining(token) });
});

test('the token goes as a bearer; a path, a query and a body hold what belongs there', async () => {
  const met: unknown[] = [];
  await using served = await answering(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    met.push([request.method, request.url, request.headers.authorization, body]);
    response.writeHead(404).end('{"error":"not_found","message":"none"}');
  });
  const { client } = served;
  await client.listDeadLetters({ code: 'a b', after: undefined, limit: 3 }, never).catch(() => undefined);
  await client.cancelJob({ id: 'a/b' }, never).catch(() => undefined);
  await client.retry({ renormalize: true }, never).catch(() => undefined);
  const bearer = `Bearer ${token}`;
  expect(met).toEqual([
    ['GET', '/api/v1/dead-letters?code=a+b&limit=3', bearer, ''],
    ['POST', '/api/v1/jobs/a%2Fb/cancel', bearer, '{}'],
    ['POST', '/api/v1/jobs/retry', bearer, '{"renormalize":true}'],
  ]);
});

test.each<[number, string, object]>([
  [404, '{"error":"not_found","message":"no job x"}', { code: 'not_found', message: 'no job x' }],
  [
    418,
    '{"error":"of_another_version","message":"text"}',
    { code: 'of_another_version', exitCode: 76, message: 'text' },
  ],
  [502, '<html>', { code: 'unexpected_response', message: 'the connector returned HTTP 502' }],
])('what is refused with %i is thrown with its code', async (status, text, wanted) => {
  await using served = await answering((_, response) => void response.writeHead(status).end(text));
  await expect(served.client.jobs({}, never)).rejects.toMatchObject(wanted);
});

test.each(['{"snapshot":false}', '{"snapshot":false,"jobs":[],"newer":1}', 'no json', ''])(
  'an answer that is not what this version expects says so: %s',
  async (text) => {
    await using served = await answering((_, response) => void response.end(text));
    await expect(served.client.jobs({}, never)).rejects.toMatchObject({
      message: expect.stringContaining('use one version'),
    });
  },
);

test('lines come whole however they are cut, empty ones are no lines, and the last needs no end', async () => {
  await using served = await answering(async (_, response) => {
    const { socket } = response;
    socket?.setNoDelay();
    const text = `\n${progress(1)}\n${progress(2)}{"kind":"progress","done":3,"total":9}`;
    for (const character of text) {
      response.write(character);
      await new Promise(setImmediate);
    }
    response.end();
  });
  expect((await all(served.client.unmapped({}, never))).map((line) => line.kind === 'progress' && line.done)).toEqual([
    1, 2, 3,
  ]);
});

test('a refusal as the last line is thrown with its code, after what came before it', async () => {
  await using served = await answering(
    (_, response) => void response.end(`${progress(1)}{"error":"busy","message":"later"}\n`),
  );
  const met: unknown[] = [];
  const reading = (async () => {
    for await (const line of served.client.unmapped({}, never)) met.push(line);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'busy', message: 'later' });
  expect(met).toHaveLength(1);
});

test('a stream or an answer that breaks off is a connector that does not answer', async () => {
  await using served = await answering((request, response) => {
    response.writeHead(200, { 'content-length': 5000 });
    response.write(request.url?.includes('unmapped') === true ? progress(1) : '{"snapshot"', () => response.destroy());
  });
  await expect(all(served.client.unmapped({}, never))).rejects.toMatchObject({ code: 'connector_unreachable' });
  await expect(served.client.jobs({}, never)).rejects.toMatchObject({ code: 'connector_unreachable' });
});

test('what has no end is not kept for ever', async () => {
  const block = 'x'.repeat(4 * 1024 * 1024);
  await using served = await answering((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(block)) {}
      response.once('drain', more);
    };
    more();
  });
  await expect(all(served.client.unmapped({}, never))).rejects.toMatchObject({
    message: 'a line of the response is too large',
  });
  await expect(served.client.jobs({}, never)).rejects.toMatchObject({ message: 'the response is too large' });
});
