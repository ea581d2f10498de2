// Checks the public URL as a sender would use it: DNS, TCP, TLS, and a webhook without the secret.
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import { bareHost, isLoopbackHost } from '@xiq-siem/xiq';
import {
  failed,
  type Observation,
  ok,
  type PublicUrlCheck,
  type PublicUrlFinding,
  publicUrlChecks,
  unverifiable,
  worst,
} from './findings.ts';
import { tlsHandshake } from './handshake.ts';
import { codeOf, isUnknownName, type PublicUrlPorts } from './ports.ts';
import { postWithoutSecret } from './post-without-secret.ts';

export interface PublicUrlOptions {
  /** For the name, and for each address. Default: 10 s. */
  readonly timeoutMs?: number;
  /** Sent as `selfCheckHeader`. */
  readonly nonce?: string;
}

/** The check ignores more addresses. */
const maxAddresses = 8;

type Observations = Partial<Readonly<Record<PublicUrlCheck, Observation>>>;

/**
 * `url`: the URL of a subscription, with its message type. Resolves with one finding for each check, in a fixed order.
 * Rejects only with the signal's reason.
 */
export async function checkPublicUrl(
  url: string,
  ports: PublicUrlPorts,
  signal: AbortSignal,
  { timeoutMs = 10_000, nonce }: PublicUrlOptions = {},
): Promise<readonly PublicUrlFinding[]> {
  const target = new URL(url);
  const host = bareHost(target.hostname);
  const { addresses, observations: name } = await resolveName(host, ports, bounded(signal, timeoutMs));
  signal.throwIfAborted();
  const checks = await Promise.all(
    addresses.slice(0, maxAddresses).map(async (address) => {
      const observations = await checkAddress(address, target, ports, bounded(signal, timeoutMs), nonce);
      return isPublic(address) ? observations : fromPrivateAddress(observations, address);
    }),
  );
  signal.throwIfAborted();
  const notChecked = 'This cannot be checked from here: check it from outside your network.';
  const noTls = target.protocol === 'http:' ? 'There is no TLS: http is for a simulator on this machine.' : notChecked;
  const unchecked: Readonly<Record<PublicUrlCheck, string>> = {
    name: notChecked,
    reachable: 'There is no address to connect to.',
    certificate_chain: noTls,
    certificate_name: noTls,
    certificate_expiry: noTls,
    refuses_without_secret: notChecked,
  };
  const observations: readonly Observations[] = [{ name }, ...checks];
  return publicUrlChecks.map((check) => {
    const found = observations.flatMap((one) => one[check] ?? []);
    return worst(check, found, unchecked[check]);
  });
}

const bounded = (signal: AbortSignal, ms: number): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ms)]);

async function resolveName(
  host: string,
  ports: PublicUrlPorts,
  signal: AbortSignal,
): Promise<{ readonly addresses: readonly string[]; readonly observations: Observation }> {
  const publicOnly = 'ExtremeCloud IQ can reach public addresses only';
  if (isLoopbackHost(host)) {
    const observations = unverifiable(`${host} is this machine: only a simulator on this machine can send here.`);
    return { addresses: [isIP(host) === 0 ? '127.0.0.1' : host], observations };
  }
  if (isIP(host) !== 0) {
    if (isPublic(host)) return { addresses: [host], observations: ok(`${host} is a public address.`) };
    return { addresses: [host], observations: failed(`${host} is not a public address: ${publicOnly}.`) };
  }
  let addresses: readonly string[];
  try {
    addresses = [...new Set(await ports.resolve(host, signal))].toSorted();
  } catch (error) {
    if (isUnknownName(error)) {
      return { addresses: [], observations: failed(`${host} does not resolve: create a record in the public DNS.`) };
    }
    const message = `The DNS query for ${host} failed from here (${codeOf(error)})`;
    return {
      addresses: [],
      observations: unverifiable(`${message}: check from outside, or allow the connector to reach a name server.`),
    };
  }
  const inside = addresses.filter((address) => !isPublic(address));
  if (inside.length > 0) {
    const message = `From here ${host} resolves to ${inside.slice(0, 4).join(', ')}, which is not public`;
    return {
      addresses,
      observations: unverifiable(`${message}: ${publicOnly}. Check from outside what it resolves to.`),
    };
  }
  if (addresses.length > maxAddresses) {
    const message = `${host} resolves to ${addresses.length} addresses: only ${maxAddresses} of them are checked.`;
    return { addresses, observations: unverifiable(message) };
  }
  return { addresses, observations: ok(`${host} resolves to ${addresses.join(', ')}.`) };
}

async function checkAddress(
  address: string,
  url: URL,
  ports: PublicUrlPorts,
  signal: AbortSignal,
  nonce: string | undefined,
): Promise<Observations> {
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  const endpoint = `${address} port ${port}`;
  let tcp: Socket | undefined;
  try {
    tcp = await ports.connect(address, port, signal);
    // An 'error' event without a listener would end the process.
    tcp.on('error', () => undefined);
  } catch (error) {
    const message = `${endpoint} cannot be reached from here (${codeOf(error)})`;
    return { reachable: unverifiable(`${message}: check from outside, and check the firewall and the port.`) };
  }
  const reachable = ok(`${endpoint} accepts connections.`);
  try {
    if (!isTls) return { reachable, refuses_without_secret: await checkRefusal(tcp, url, signal, nonce) };
    const options = { socket: tcp, host: bareHost(url.hostname), authorities: ports.authorities, nowMs: ports.now() };
    const { socket, observations } = await tlsHandshake(options, signal);
    return { reachable, ...observations, refuses_without_secret: await checkRefusal(socket, url, signal, nonce) };
  } catch (error) {
    const code = codeOf(error);
    const isOfTls = /^E(?:PROTO$|RR_SSL_|RR_TLS_)/.test(code);
    const chain = isOfTls
      ? failed(`${endpoint} does not speak TLS correctly (${code}): check which server listens there, and its log.`)
      : unverifiable(`The TLS handshake with ${endpoint} failed (${code}): check from outside, and the server's log.`);
    return { reachable, certificate_chain: chain };
  } finally {
    tcp.destroy();
  }
}

async function checkRefusal(
  socket: Socket,
  url: URL,
  signal: AbortSignal,
  nonce: string | undefined,
): Promise<Observation> {
  try {
    return await postWithoutSecret(socket, url, signal, nonce);
  } catch (error) {
    return failed(`There was no HTTP response (${codeOf(error)}): check the server or proxy at publicUrl.`);
  }
}

/** A sender cannot use a private address, and may reach another server. */
function fromPrivateAddress(observations: Observations, address: string): Observations {
  const inside = ({ message }: Observation): Observation =>
    unverifiable(`At ${address}, which ExtremeCloud IQ cannot reach: ${message}`);
  return Object.fromEntries(Object.entries(observations).map(([check, one]) => [check, inside(one)]));
}

/** Addresses of this machine and of private networks. */
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

/** An IPv4-mapped IPv6 address counts as its IPv4 address. */
const isPublic = (address: string): boolean => !notPublic.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
