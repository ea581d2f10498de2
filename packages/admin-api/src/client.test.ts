// The client checks and limits responses, and reports errors with codes and messages.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Secret } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { connectAdmin } from './client.ts';

const never = new AbortController().signal;
const token = 's3cret-token';

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle).listen(0, '127.0.0.1');
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
  const received: Line[] = [];
  for await (const line of lines) received.push(line);
  return received;
}

const progress = (done: number): string => `${JSON.stringify({ kind: 'progress', done, total: 9 })}\n`;

test('without a listener: connector_unreachable, and no token in the message', async () => {
  const served = await serve(() => undefined);
  await served[Symbol.asyncDispose]();
  const call = served.client.jobs({}, never);
  await expect(call).rejects.toMatchObject({
    code: 'connector_unreachable',
    message: expect.stringContaining(served.url),
  });
  await expect(call).rejects.not.toMatchObject({ message: expect.stringContaining(token) });
});

test('sends the token as a bearer, and the input in path, query and body', async () => {
  const received: unknown[] = [];
  await using served = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push([request.method, request.url, request.headers.authorization, body]);
    response.writeHead(404).end('{"error":"not_found","message":"none"}');
  });
  const { client } = served;
  await client.listDeadLetters({ code: 'a b', after: undefined, limit: 3 }, never).catch(() => undefined);
  await client.cancelJob({ id: 'a/b' }, never).catch(() => undefined);
  await client.retry({ renormalize: true }, never).catch(() => undefined);
  const bearer = `Bearer ${token}`;
  expect(received).toEqual([
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
])('status %i is thrown with the code of the response', async (status, text, wanted) => {
  await using served = await serve((_, response) => void response.writeHead(status).end(text));
  await expect(served.client.jobs({}, never)).rejects.toMatchObject(wanted);
});

test.each(['{"snapshot":false}', '{"snapshot":false,"jobs":[],"newer":1}', 'no json', ''])(
  'a response that does not match the schema is a version mismatch: %s',
  async (text) => {
    await using served = await serve((_, response) => void response.end(text));
    await expect(served.client.jobs({}, never)).rejects.toMatchObject({
      code: 'version_mismatch',
      message: expect.stringContaining('use one version'),
    });
  },
);

test('lines are complete however the stream is split; empty lines are skipped; the last needs no line end', async () => {
  await using served = await serve(async (_, response) => {
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

test('an error in the last line is thrown with its code, after the lines before it', async () => {
  await using served = await serve(
    (_, response) => void response.end(`${progress(1)}{"error":"busy","message":"later"}\n`),
  );
  const received: unknown[] = [];
  const reading = (async () => {
    for await (const line of served.client.unmapped({}, never)) received.push(line);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'busy', message: 'later' });
  expect(received).toHaveLength(1);
});

test('a stream or a response that breaks off: connector_unreachable', async () => {
  await using served = await serve((request, response) => {
    response.writeHead(200, { 'content-length': 5000 });
    response.write(request.url?.includes('unmapped') === true ? progress(1) : '{"snapshot"', () => response.destroy());
  });
  await expect(all(served.client.unmapped({}, never))).rejects.toMatchObject({ code: 'connector_unreachable' });
  await expect(served.client.jobs({}, never)).rejects.toMatchObject({ code: 'connector_unreachable' });
});

test('an endless response or line is rejected: response_too_large', async () => {
  const block = 'x'.repeat(4 * 1024 * 1024);
  await using served = await serve((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(block)) {}
      response.once('drain', more);
    };
    more();
  });
  await expect(all(served.client.unmapped({}, never))).rejects.toMatchObject({
    code: 'response_too_large',
    message: 'a line of the response is too large',
  });
  await expect(served.client.jobs({}, never)).rejects.toMatchObject({
    code: 'response_too_large',
    message: 'the response is too large',
  });
});
