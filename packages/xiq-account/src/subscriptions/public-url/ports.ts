// How the look at the public URL reaches the world: name servers and plain connections, past any proxy of ours.
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { rootCertificates } from 'node:tls';

export interface PublicUrlPorts {
  /** Its addresses by DNS alone: a hosts file is known to nobody else. Rejects with what DNS says (`code`). */
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** A TCP connection. Rejects where there is none, or with the signal's reason. */
  connect(address: string, port: number, signal: AbortSignal): Promise<Socket>;
  /** PEM of the public authorities. */
  readonly authorities: readonly string[];
  /** Epoch ms. */
  now(): number;
}

const notThere = new Set(['ENODATA', 'ENOTFOUND']);

/** `nameServers`: as `address:port`; those of the system where they are not said. */
export const createPublicUrlPorts = (nameServers?: readonly string[]): PublicUrlPorts => ({
  async resolve(host, signal) {
    signal.throwIfAborted();
    const resolver = new Resolver({ timeout: 3_000, tries: 2 });
    if (nameServers !== undefined) resolver.setServers(nameServers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const responses = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      signal.throwIfAborted();
      const addresses = responses.flatMap((response) => (response.status === 'fulfilled' ? response.value : []));
      if (addresses.length > 0) return addresses;
      // Of two faults the one that says less: a server that did not answer may know the name.
      const faults = responses.flatMap((response): unknown[] =>
        response.status === 'rejected' ? [response.reason] : [],
      );
      throw faults.find((fault) => !notThere.has(codeOf(fault))) ?? faults[0];
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  },
  async connect(address, port, signal) {
    const socket = connect({ host: address, port });
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.on('error', () => undefined).destroy();
      throw error;
    }
  },
  // Node's own list of public ones: what the system or the configuration trusts besides, the sender does not.
  authorities: rootCertificates,
  now: Date.now,
});

/** The code of a system's error: fixed words, such as ECONNREFUSED. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ABORT_ERR') return 'no answer in time';
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'no answer';
}

export const isUnknownName = (error: unknown): boolean => notThere.has(codeOf(error));
