// Posts a webhook without the secret and evaluates the response: our receiver must return 401.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { failed, type Observation, ok, unverifiable } from './findings.ts';

/** Part of our receiver's 401 response. */
const ourRealm = 'xiq-siem-connector';

/** Our receiver recognizes the check by this header, and does not report it as a wrong secret. */
export const selfCheckHeader = 'x-xiq-siem-self-check';

/** Rejects without a response, or with the signal's reason. Destroys the socket. */
export async function postWithoutSecret(
  socket: Socket,
  url: URL,
  signal: AbortSignal,
  nonce?: string,
): Promise<Observation> {
  const body = '[]';
  const requested = request({
    createConnection: () => socket,
    method: 'POST',
    path: url.pathname,
    headers: {
      Host: url.host,
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      Connection: 'close',
      ...(nonce === undefined ? {} : { [selfCheckHeader]: nonce }),
    },
    maxHeaderSize: 16_384,
    signal,
  });
  try {
    requested.end(body);
    // Does not follow redirects, and does not read the body.
    const [response]: IncomingMessage[] = await once(requested, 'response', { signal });
    return response === undefined ? unverifiable('There was no response.') : evaluate(response);
  } finally {
    requested.on('error', () => undefined).destroy();
    socket.destroy();
  }
}

function evaluate({ statusCode = 0, headers }: IncomingMessage): Observation {
  if (statusCode === 401) {
    if (headers['www-authenticate']?.includes(ourRealm)) {
      return ok('This connector rejects a webhook without the secret with 401.');
    }
    const message = 'The response is 401, but not from this connector';
    return unverifiable(`${message}: check that no proxy in front of it requires credentials of its own.`);
  }
  const got = `A webhook without the secret got ${statusCode} instead of 401`;
  if (statusCode === 429) {
    return unverifiable(`${got}: too many requests from here were rejected. The next check tries again.`);
  }
  if (statusCode === 403) {
    const advice = 'Check that the addresses of ExtremeCloud IQ are allowed.';
    return unverifiable(`${got}: a proxy or firewall allows only some addresses. ${advice}`);
  }
  if (statusCode >= 300 && statusCode < 400) {
    return failed(`${got}: a redirect, which senders do not follow. Receive webhooks at publicUrl itself.`);
  }
  if (statusCode >= 200 && statusCode < 300) {
    return failed(`${got}: a server in front of the receiver accepts it. Check where the proxy routes this path.`);
  }
  if (statusCode === 404) {
    return failed(`${got}: check that publicUrl names this source, and that the proxy does not change the path.`);
  }
  if (statusCode >= 500) return failed(`${got}: check whether the proxy reaches the receiver.`);
  return failed(`${got}: check the proxy or firewall in front of the receiver.`);
}
