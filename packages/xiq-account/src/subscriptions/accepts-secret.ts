// Asks our receiver whether it accepts a secret, with a webhook request without a body, which it never stores.
import { Agent } from 'node:http';
import { ConnectorError, exchange, type Secret } from '@xiq-siem/core';
import { subscriptionError } from './subscription-errors.ts';

export interface ReceiverEndpoint {
  /** Base URL of the receiver's webhook listener, without a path. */
  readonly webhooks: string;
  readonly source: string;
  readonly messageType: string;
}

/** Rejects with `connector_unreachable` without a response, and with `secret_check_inconclusive` for a status other than 400 and 401. */
export async function acceptsSecret(
  { webhooks, source, messageType }: ReceiverEndpoint,
  secret: Secret,
  signal: AbortSignal,
  timeoutMs = 10_000,
): Promise<boolean> {
  const url = new URL(`${webhooks}/webhooks/${source}/${messageType}`);
  const headers = { Authorization: `Bearer ${secret.reveal()}` };
  const outcome = await exchange({ method: 'POST', url, agent: new Agent(), headers, signal, timeoutMs });
  signal.throwIfAborted();
  if (outcome.kind === 'failed') {
    throw new ConnectorError(
      'connector_unreachable',
      `Our receiver at ${url.origin} does not respond (${outcome.message}).`,
    );
  }
  const { status } = outcome;
  // The receiver reads the body after it has accepted the secret; 400 means that the body is missing.
  if (status === 400) return true;
  if (status === 401) return false;
  const message = `Our receiver at ${webhooks} returned ${status}, so it is unknown whether it accepts the secret`;
  throw subscriptionError('secret_check_inconclusive', `${message}: run this again in a minute.`);
}
