// Asks our own receiver whether it would take a webhook with a secret: one without a body, which it never keeps.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { ConnectorError, type Secret } from '@xiq-siem/core';

const timeoutMs = 10_000;

export interface AskedReceiver {
  /** Where webhooks are taken, without a path. */
  readonly webhooks: string;
  readonly source: string;
  readonly messageType: string;
}

/** Rejects with `not_running` where it does not answer, and with `busy` where it answers neither yes nor no. */
export async function acceptsSecret(
  { webhooks, source, messageType }: AskedReceiver,
  secret: Secret,
  signal: AbortSignal,
): Promise<boolean> {
  const status = await statusOf(`${webhooks}/webhooks/${source}/${messageType}`, secret, signal);
  // The body is looked at only once the secret was right: 400 says that there is none.
  if (status === 400) return true;
  if (status === 401) return false;
  throw new ConnectorError(
    'busy',
    `Our receiver at ${webhooks} answered ${status}, which says nothing about the secret: run this again in a minute.`,
  );
}

async function statusOf(url: string, secret: Secret, signal: AbortSignal): Promise<number> {
  const headers = { authorization: `Bearer ${secret.reveal()}`, 'content-length': '0', connection: 'close' };
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const asked = request(url, { method: 'POST', headers, agent: false, signal: bounded });
  try {
    asked.end();
    const [answer]: IncomingMessage[] = await once(asked, 'response', { signal: bounded });
    return answer?.statusCode ?? 0;
  } catch (cause) {
    signal.throwIfAborted();
    throw new ConnectorError('not_running', `Our receiver at ${new URL(url).origin} does not answer.`, { cause });
  } finally {
    asked.on('error', () => undefined).destroy();
  }
}
