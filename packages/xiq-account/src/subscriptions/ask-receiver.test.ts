import { createServer } from 'node:http';
import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import { acceptsSecret } from './ask-receiver.ts';

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly length: string | undefined;
}

async function receiver(status: number | undefined) {
  const asked: Asked[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    asked.push({ method, url, authorization: headers.authorization, length: headers['content-length'] });
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(async () => {
    if (server.listening) await close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { asked, close, webhooks: `http://127.0.0.1:${address.port}` };
}

const secret = new Secret('canary-1');
const { signal } = new AbortController();
const of = { source: 'xiq', messageType: 'AUDIT_LOG_ALL' };

it.each([
  [400, true],
  [401, false],
])('a receiver that answers %i to no body: accepted is %s', async (status, accepted) => {
  const { asked, webhooks } = await receiver(status);
  expect(await acceptsSecret({ ...of, webhooks }, secret, signal)).toBe(accepted);
  expect(asked).toEqual([
    { method: 'POST', url: '/webhooks/xiq/AUDIT_LOG_ALL', authorization: 'Bearer canary-1', length: '0' },
  ]);
});

it('any other answer says nothing about the secret', async () => {
  const { webhooks } = await receiver(429);
  await expect(acceptsSecret({ ...of, webhooks }, secret, signal)).rejects.toMatchObject({ code: 'busy' });
});

it('nobody there is no refusal', async () => {
  const { webhooks, close } = await receiver(400);
  await close();
  const refused = acceptsSecret({ ...of, webhooks }, secret, signal);
  await expect(refused).rejects.toMatchObject({ code: 'not_running' });
  await expect(refused).rejects.not.toThrow('canary');
});

it('a receiver that hangs is no refusal either', async () => {
  const { webhooks } = await receiver(undefined);
  const message = expect.stringContaining('does not answer (no complete response within 50 ms)');
  const asked = acceptsSecret({ ...of, webhooks }, secret, signal, 50);
  await expect(asked).rejects.toMatchObject({ code: 'not_running', message });
});

it('ends with the reason of the signal', async () => {
  const { webhooks } = await receiver(400);
  const why = new Error('enough');
  await expect(acceptsSecret({ ...of, webhooks }, secret, AbortSignal.abort(why))).rejects.toBe(why);
});
