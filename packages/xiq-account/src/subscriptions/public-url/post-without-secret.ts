// A webhook without the secret: the receiver has to refuse it, and nobody before the receiver may answer for it.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { failed, ok, type Seen, unverifiable } from './findings.ts';

/** Part of the answer of our own receiver to refused credentials. */
const ourRealm = 'xiq-siem-connector';

/** Carries what our own receiver knows the look by, so that it takes it for no stranger's try. */
export const selfCheckHeader = 'x-xiq-siem-look';

/** Rejects where no answer comes, or with the signal's reason. The socket is used up. */
export async function postWithoutSecret(socket: Socket, url: URL, signal: AbortSignal, mark?: string): Promise<Seen> {
  const body = '[]';
  const asked = request({
    createConnection: () => socket,
    method: 'POST',
    path: url.pathname,
    headers: {
      Host: url.host,
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      Connection: 'close',
      ...(mark === undefined ? {} : { [selfCheckHeader]: mark }),
    },
    maxHeaderSize: 16_384,
    signal,
  });
  try {
    asked.end(body);
    // No redirect is followed, and what the answer says is not read.
    const [response]: IncomingMessage[] = await once(asked, 'response', { signal });
    return response === undefined ? unverifiable('No answer came.') : judge(response);
  } finally {
    asked.on('error', () => undefined).destroy();
    socket.destroy();
  }
}

function judge({ statusCode = 0, headers }: IncomingMessage): Seen {
  if (statusCode === 401) {
    if (headers['www-authenticate']?.includes(ourRealm)) {
      return ok('A webhook without the secret is refused with 401, by this connector.');
    }
    return unverifiable(
      'The answer is 401, but it does not say that it is of this connector: look that no proxy before it asks for credentials of its own.',
    );
  }
  const answered = `A webhook without the secret is answered ${statusCode}, not 401`;
  if (statusCode === 429) {
    return unverifiable(`${answered}: requests from here were refused too often. It is looked at again next time.`);
  }
  if (statusCode === 403) {
    return unverifiable(
      `${answered}: a proxy or firewall lets only some addresses in. Look that those of ExtremeCloud IQ are among them.`,
    );
  }
  if (statusCode >= 300 && statusCode < 400) {
    return failed(`${answered}: a redirect. The sender does not follow it: take the webhooks at publicUrl itself.`);
  }
  if (statusCode >= 200 && statusCode < 300) {
    return failed(`${answered}: something before the receiver takes it. Look where the proxy sends this path.`);
  }
  if (statusCode === 404) {
    return failed(`${answered}: look that publicUrl names this source, and that the proxy passes the path unchanged.`);
  }
  if (statusCode >= 500) return failed(`${answered}: look whether the proxy reaches the receiver.`);
  return failed(`${answered}: look at the proxy or firewall before the receiver.`);
}
