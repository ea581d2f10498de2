// Looks at the public URL as ExtremeCloud IQ's sender would, from where we are.
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import { bareHost, isLoopbackHost } from '@xiq-siem/xiq';
import {
  failed,
  ok,
  type PublicUrlCheck,
  type PublicUrlFinding,
  publicUrlChecks,
  type Seen,
  unverifiable,
  worst,
} from './findings.ts';
import { shakeHands } from './handshake.ts';
import { codeOf, isUnknownName, type PublicUrlPorts } from './ports.ts';
import { postWithoutSecret } from './post-without-secret.ts';

export interface PublicUrlOptions {
  /** Time for the name, and again for each address, 10 s where it is not said. */
  readonly timeoutMs?: number;
  /** Sent as `lookHeader`. */
  readonly mark?: string;
}

/** More than these are not looked at. */
const maxAddresses = 8;

type SeenAt = Partial<Readonly<Record<PublicUrlCheck, Seen>>>;

/**
 * `url`: of a subscription, its message type included. One finding a check, always all of them and in the same order.
 * Rejects only with the signal's reason.
 */
export async function checkPublicUrl(
  url: string,
  ports: PublicUrlPorts,
  signal: AbortSignal,
  { timeoutMs = 10_000, mark }: PublicUrlOptions = {},
): Promise<readonly PublicUrlFinding[]> {
  const target = new URL(url);
  const host = bareHost(target.hostname);
  const { addresses, seen: name } = await resolveName(host, ports, bounded(signal, timeoutMs));
  signal.throwIfAborted();
  const looks = await Promise.all(
    addresses.slice(0, maxAddresses).map(async (address) => {
      const seen = await checkAddress(address, target, ports, bounded(signal, timeoutMs), mark);
      return isPublic(address) ? seen : seenFromInside(seen, address);
    }),
  );
  signal.throwIfAborted();
  const notSeen = 'It could not be looked at from here: look from outside.';
  const noTls = target.protocol === 'http:' ? 'There is no TLS: http is for a simulator on this machine.' : notSeen;
  const nothing: Readonly<Record<PublicUrlCheck, string>> = {
    name: notSeen,
    reachable: 'There is no address to reach.',
    certificate_chain: noTls,
    certificate_name: noTls,
    certificate_expiry: noTls,
    refuses_without_secret: notSeen,
  };
  const seen: readonly SeenAt[] = [{ name }, ...looks];
  return publicUrlChecks.map((check) => {
    const found = seen.flatMap((one) => one[check] ?? []);
    return worst(check, found, nothing[check]);
  });
}

const bounded = (signal: AbortSignal, ms: number): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ms)]);

async function resolveName(
  host: string,
  ports: PublicUrlPorts,
  signal: AbortSignal,
): Promise<{ readonly addresses: readonly string[]; readonly seen: Seen }> {
  const insideOnly = 'ExtremeCloud IQ reaches public addresses alone';
  if (isLoopbackHost(host)) {
    const seen = unverifiable(`${host} is this machine: only a simulator on it can send here.`);
    return { addresses: [isIP(host) === 0 ? '127.0.0.1' : host], seen };
  }
  if (isIP(host) !== 0) {
    if (isPublic(host)) return { addresses: [host], seen: ok(`${host} is a public address.`) };
    return { addresses: [host], seen: failed(`${host} is not a public address: ${insideOnly}.`) };
  }
  let addresses: readonly string[];
  try {
    addresses = [...new Set(await ports.resolve(host, signal))].toSorted();
  } catch (error) {
    if (isUnknownName(error)) {
      return { addresses: [], seen: failed(`${host} does not resolve: make a record for it in the public DNS.`) };
    }
    const message = `${host} could not be looked up from here (${codeOf(error)})`;
    return { addresses: [], seen: unverifiable(`${message}: look from outside, or let us reach a name server.`) };
  }
  const inside = addresses.filter((address) => !isPublic(address));
  if (inside.length > 0) {
    const message = `${host} resolves, seen from here, to ${inside.slice(0, 4).join(', ')}, which is not public`;
    return { addresses, seen: unverifiable(`${message}: ${insideOnly}; look what it resolves to from outside.`) };
  }
  if (addresses.length > maxAddresses) {
    const message = `${host} resolves to ${addresses.length} addresses: only ${maxAddresses} of them are looked at.`;
    return { addresses, seen: unverifiable(message) };
  }
  return { addresses, seen: ok(`${host} resolves to ${addresses.join(', ')}.`) };
}

async function checkAddress(
  address: string,
  url: URL,
  ports: PublicUrlPorts,
  signal: AbortSignal,
  mark: string | undefined,
): Promise<SeenAt> {
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  const place = `${address} port ${port}`;
  let tcp: Socket | undefined;
  try {
    tcp = await ports.connect(address, port, signal);
    // Between its steps nobody else listens, and an unheard fault would end the process.
    tcp.on('error', () => undefined);
  } catch (error) {
    const message = `${place} cannot be reached from here (${codeOf(error)})`;
    return { reachable: unverifiable(`${message}: look from outside, and at firewall and port.`) };
  }
  const reachable = ok(`${place} answers.`);
  try {
    if (!isTls) return { reachable, refuses_without_secret: await refusal(tcp, url, signal, mark) };
    const options = { socket: tcp, host: bareHost(url.hostname), authorities: ports.authorities, nowMs: ports.now() };
    const { socket, seen } = await shakeHands(options, signal);
    return { reachable, ...seen, refuses_without_secret: await refusal(socket, url, signal, mark) };
  } catch (error) {
    const code = codeOf(error);
    const isOfTls = /^E(?:PROTO$|RR_SSL_|RR_TLS_)/.test(code);
    const chain = isOfTls
      ? failed(`${place} does not speak TLS as it should (${code}): look which server listens there, and at its log.`)
      : unverifiable(
          `The TLS handshake with ${place} broke off (${code}): look from outside, and at the server's log.`,
        );
    return { reachable, certificate_chain: chain };
  } finally {
    tcp.destroy();
  }
}

async function refusal(socket: Socket, url: URL, signal: AbortSignal, mark: string | undefined): Promise<Seen> {
  try {
    return await postWithoutSecret(socket, url, signal, mark);
  } catch (error) {
    return failed(`No HTTP answer came (${codeOf(error)}): look at the server or proxy that takes publicUrl.`);
  }
}

/** What is seen at an address that the sender cannot use may be another server than the one that it meets. */
function seenFromInside(seen: SeenAt, address: string): SeenAt {
  const inside = ({ message }: Seen): Seen =>
    unverifiable(`At ${address}, which ExtremeCloud IQ does not reach: ${message}`);
  return Object.fromEntries(Object.entries(seen).map(([check, one]) => [check, inside(one)]));
}

/** Of this machine, or of a network of one's own: nothing of it can be reached from outside. */
const notPublic = new BlockList();
for (const subnet of [
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '0.0.0.0/8',
  '192.0.0.0/24',
  '224.0.0.0/3',
  '::/128',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
]) {
  const [network = '', prefix] = subnet.split('/');
  notPublic.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
}

/** `address` in text. An IPv4 address within an IPv6 one counts as what it is. */
const isPublic = (address: string): boolean => !notPublic.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
