// Looks at the public URL as ExtremeCloud IQ's sender would, from where we are.
import { isIP, type Socket } from 'node:net';
import { bareHost, isLoopbackHost } from '@xiq-siem/xiq';
import { reachOf } from './addresses.ts';
import { type PublicUrlFinding, type Seen, unverifiable, well, worst, wrong } from './findings.ts';
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

interface SeenAt {
  readonly reachable: Seen;
  readonly chain?: Seen;
  readonly name?: Seen;
  readonly expiry?: Seen;
  readonly refuses?: Seen;
}

/**
 * `url`: of a subscription, its message type included. One finding a check, always all of them and in the same order.
 * Rejects only with the signal's reason.
 */
export async function lookAtPublicUrl(
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
      const seen = await lookAtAddress(address, target, ports, bounded(signal, timeoutMs), mark);
      return reachOf(address) === 'public' ? seen : seenFromInside(seen, address);
    }),
  );
  signal.throwIfAborted();
  const of = (part: keyof SeenAt): readonly Seen[] => looks.flatMap((look) => look[part] ?? []);
  const notSeen = 'It could not be looked at from here: look from outside.';
  const noTls = target.protocol === 'http:' ? 'There is no TLS: http is for a simulator on this machine.' : notSeen;
  return [
    worst('name', [name], notSeen),
    worst('reachable', of('reachable'), 'There is no address to reach.'),
    worst('certificate_chain', of('chain'), noTls),
    worst('certificate_name', of('name'), noTls),
    worst('certificate_expiry', of('expiry'), noTls),
    worst('refuses_without_secret', of('refuses'), notSeen),
  ];
}

const bounded = (signal: AbortSignal, ms: number): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ms)]);

interface Resolved {
  readonly addresses: readonly string[];
  readonly seen: Seen;
}

async function resolveName(host: string, ports: PublicUrlPorts, signal: AbortSignal): Promise<Resolved> {
  const insideOnly = 'ExtremeCloud IQ reaches public addresses alone';
  if (isLoopbackHost(host)) {
    const seen = unverifiable(`${host} is this machine: only a simulator on it can send here.`);
    return { addresses: [isIP(host) === 0 ? '127.0.0.1' : host], seen };
  }
  if (isIP(host) !== 0) {
    if (reachOf(host) === 'public') return { addresses: [host], seen: well(`${host} is a public address.`) };
    return { addresses: [host], seen: wrong(`${host} is not a public address: ${insideOnly}.`) };
  }
  let addresses: readonly string[];
  try {
    addresses = [...new Set(await ports.resolve(host, signal))].toSorted();
  } catch (error) {
    if (isUnknownName(error)) {
      return { addresses: [], seen: wrong(`${host} does not resolve: make a record for it in the public DNS.`) };
    }
    const words = `${host} could not be looked up from here (${codeOf(error)})`;
    return { addresses: [], seen: unverifiable(`${words}: look from outside, or let us reach a name server.`) };
  }
  const inside = addresses.filter((address) => reachOf(address) !== 'public');
  if (inside.length > 0) {
    const words = `${host} resolves, seen from here, to ${inside.slice(0, 4).join(', ')}, which is not public`;
    return { addresses, seen: unverifiable(`${words}: ${insideOnly}; look what it resolves to from outside.`) };
  }
  if (addresses.length > maxAddresses) {
    const words = `${host} resolves to ${addresses.length} addresses: only ${maxAddresses} of them are looked at.`;
    return { addresses, seen: unverifiable(words) };
  }
  return { addresses, seen: well(`${host} resolves to ${addresses.join(', ')}.`) };
}

async function lookAtAddress(
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
    const words = `${place} cannot be reached from here (${codeOf(error)})`;
    return { reachable: unverifiable(`${words}: look from outside, and at firewall and port.`) };
  }
  const reachable = well(`${place} answers.`);
  try {
    if (!isTls) return { reachable, refuses: await refusal(tcp, url, signal, mark) };
    const options = { socket: tcp, host: bareHost(url.hostname), authorities: ports.authorities, nowMs: ports.now() };
    const { socket, chain, name, expiry } = await shakeHands(options, signal);
    return { reachable, chain, name, expiry, refuses: await refusal(socket, url, signal, mark) };
  } catch (error) {
    const code = codeOf(error);
    const isOfTls = /^E(?:PROTO$|RR_SSL_|RR_TLS_)/.test(code);
    const chain = isOfTls
      ? wrong(`${place} does not speak TLS as it should (${code}): look which server listens there, and at its log.`)
      : unverifiable(
          `The TLS handshake with ${place} broke off (${code}): look from outside, and at the server's log.`,
        );
    return { reachable, chain };
  } finally {
    tcp.destroy();
  }
}

async function refusal(socket: Socket, url: URL, signal: AbortSignal, mark: string | undefined): Promise<Seen> {
  try {
    return await postWithoutSecret(socket, url, signal, mark);
  } catch (error) {
    return wrong(`No HTTP answer came (${codeOf(error)}): look at the server or proxy that takes publicUrl.`);
  }
}

/** What is seen at an address that the sender cannot use may be another server than the one that it meets. */
function seenFromInside(seen: SeenAt, address: string): SeenAt {
  const inside = ({ message }: Seen): Seen =>
    unverifiable(`At ${address}, which ExtremeCloud IQ does not reach: ${message}`);
  return {
    reachable: inside(seen.reachable),
    ...(seen.chain === undefined ? {} : { chain: inside(seen.chain) }),
    ...(seen.name === undefined ? {} : { name: inside(seen.name) }),
    ...(seen.expiry === undefined ? {} : { expiry: inside(seen.expiry) }),
    ...(seen.refuses === undefined ? {} : { refuses: inside(seen.refuses) }),
  };
}
