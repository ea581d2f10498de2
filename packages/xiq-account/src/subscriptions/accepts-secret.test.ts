import { createServer } from 'node:http';
import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import { acceptsSecret } from './accepts-secret.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly length: string | undefined;
}

async function receiver(status: number | undefined) {
  const requested: Received[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    requested.push({ method, url, authorization: headers.authorization, length: headers['content-length'] });
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
  return { requested, close, webhooks: `http://127.0.0.1:${address.port}` };
}

const secret = new Secret('canary-1');
const { signal } = new AbortController();
const of = { source: 'xiq', messageType: 'AUDIT_LOG_ALL' };

it.each([
  [400, true],
  [401, false],
])('status %i for a request without a body: accepted is %s', async (status, accepted) => {
  const { requested, webhooks } = await receiver(status);
  expect(await acceptsSecret({ ...of, webhooks }, secret, signal)).toBe(accepted);
  expect(requested).toEqual([
    { method: 'POST', url: '/webhooks/xiq/AUDIT_LOG_ALL', authorization: 'Bearer canary-1', length: '0' },
  ]);
});

it('rejects for any other status', async () => {
  const { webhooks } = await receiver(429);
  const accepted = acceptsSecret({ ...of, webhooks }, secret, signal);
  await expect(accepted).rejects.toMatchObject({ code: 'secret_check_inconclusive', exitCode: 75 });
});

it('rejects if the receiver is not running', async () => {
  const { webhooks, close } = await receiver(400);
  await close();
  const refused = acceptsSecret({ ...of, webhooks }, secret, signal);
  await expect(refused).rejects.toMatchObject({ code: 'connector_unreachable' });
  await expect(refused).rejects.not.toThrow('canary');
});

it('rejects if the receiver hangs', async () => {
  const { webhooks } = await receiver(undefined);
  const message = expect.stringContaining('does not respond (no complete response within 50 ms)');
  const requested = acceptsSecret({ ...of, webhooks }, secret, signal, 50);
  await expect(requested).rejects.toMatchObject({ code: 'connector_unreachable', message });
});

it('ends with the reason of the signal', async () => {
  const { webhooks } = await receiver(400);
  const why = new Error('enough');
  await expect(acceptsSecret({ ...of, webhooks }, secret, AbortSignal.abort(why))).rejects.toBe(why);
});
