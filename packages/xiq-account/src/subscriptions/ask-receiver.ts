// Asks our own receiver whether it would take a webhook with a secret: one without a body, which it never keeps.
import { Agent } from 'node:http';
import { ConnectorError, exchange, type Secret } from '@xiq-siem/core';

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
  timeoutMs = 10_000,
): Promise<boolean> {
  const url = new URL(`${webhooks}/webhooks/${source}/${messageType}`);
  const headers = { Authorization: `Bearer ${secret.reveal()}` };
  const outcome = await exchange({ method: 'POST', url, agent: new Agent(), headers, signal, timeoutMs });
  signal.throwIfAborted();
  if (outcome.kind === 'failed') {
    throw new ConnectorError('not_running', `Our receiver at ${url.origin} does not answer (${outcome.message}).`);
  }
  const { status } = outcome;
  // The body is looked at only once the secret was right: 400 says that there is none.
  if (status === 400) return true;
  if (status === 401) return false;
  throw new ConnectorError(
    'busy',
    `Our receiver at ${webhooks} answered ${status}, which says nothing about the secret: run this again in a minute.`,
  );
}
