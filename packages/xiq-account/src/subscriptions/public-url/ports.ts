// Network access of the public URL check: DNS queries and direct TCP connections, without a proxy.
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { rootCertificates } from 'node:tls';

export interface PublicUrlPorts {
  /** Addresses by DNS only, without the hosts file. Rejects with the DNS error (`code`). */
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** A TCP connection. Rejects if it fails, or with the signal's reason. */
  connect(address: string, port: number, signal: AbortSignal): Promise<Socket>;
  /** PEM of the public CAs. */
  readonly authorities: readonly string[];
  /** Epoch ms. */
  now(): number;
}

const notThere = new Set(['ENODATA', 'ENOTFOUND']);

/** `nameServers`: as `address:port`. Default: those of the system. */
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
      // Prefers a server failure to "not found": the failed server may know the name.
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
  // Node's list of public CAs, without CAs that the system or the configuration adds.
  authorities: rootCertificates,
  now: Date.now,
});

/** The code of a system error, such as ECONNREFUSED. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ABORT_ERR') return 'timeout';
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'no response';
}

export const isUnknownName = (error: unknown): boolean => notThere.has(codeOf(error));
