// A TLS handshake as ExtremeCloud IQ's sender makes it: public authorities alone, no certificate fetched from elsewhere.
import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, type DetailedPeerCertificate } from 'node:tls';
import { failed, ok, type Seen, unverifiable } from './findings.ts';

export interface HandshakeOptions {
  readonly socket: Socket;
  /** A name or an address, without brackets. */
  readonly host: string;
  /** PEM of the authorities that count: no others do, whatever is configured. */
  readonly authorities: readonly string[];
  readonly nowMs: number;
}

const dayMs = 86_400_000;
const minDaysLeft = 21;
/** Longer chains are not sent. */
const maxChain = 10;

/** Rejects where no handshake comes about, or with the signal's reason. */
export async function shakeHands({ socket: tcp, host, authorities, nowMs }: HandshakeOptions, signal: AbortSignal) {
  const socket = connect({
    socket: tcp,
    ...(isIP(host) === 0 && { servername: host }),
    ca: [...authorities],
    ALPNProtocols: ['http/1.1'],
    // What is wrong is looked at below, each on its own; nothing that is secret is sent.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  // It may fail again after the first fault was told, when nobody asks any more.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect', { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const leaf = socket.getPeerCertificate(true);
  const fault = socket.authorized ? undefined : String(socket.authorizationError);
  const seen = {
    certificate_chain: chainSeen(fault),
    certificate_name: nameSeen(host, leaf),
    certificate_expiry: expirySeen(leaf, nowMs),
  };
  return { socket, seen };
}

const fullChain = 'have the server send its certificate and every intermediate (fullchain.pem)';
const publicOnly = 'ExtremeCloud IQ trusts public authorities alone: take a certificate of one';
const orOpened = 'If your network opens TLS on its way out, look from outside.';

const chainFaults: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `The certificate is self-signed: ${publicOnly}.`,
  SELF_SIGNED_CERT_IN_CHAIN: `The chain ends at an authority that is not public: ${publicOnly}. ${orOpened}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `The certificate comes without the intermediate that signed it: ${fullChain}. If an authority of your own signed it: ${publicOnly}.`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `The chain breaks off before a public authority: ${fullChain}. If an authority of your own signed it: ${publicOnly}. ${orOpened}`,
};

function chainSeen(fault: string | undefined): Seen {
  if (fault === undefined) return ok('The chain is complete as sent, up to a public authority.');
  if (fault === 'CERT_HAS_EXPIRED' || fault === 'CERT_NOT_YET_VALID') {
    return unverifiable('A certificate of the chain is not valid now: the chain shows once that is mended.');
  }
  const code = /^[A-Z_]{1,64}$/.test(fault) ? fault : 'unknown';
  return failed(chainFaults[fault] ?? `The chain cannot be verified (${code}): ${fullChain}.`);
}

function nameSeen(host: string, leaf: DetailedPeerCertificate): Seen {
  if (checkServerIdentity(host, leaf) === undefined) return ok(`The certificate is made for ${host}.`);
  return failed(`The certificate is not made for ${host}: take one that names it, or look which server answers.`);
}

function expirySeen(leaf: DetailedPeerCertificate, nowMs: number): Seen {
  const times = chainOf(leaf).map(
    ({ valid_from, valid_to }) => [Date.parse(valid_from), Date.parse(valid_to)] as const,
  );
  const begins = Math.max(...times.map(([from]) => from));
  const ends = Math.min(...times.map(([, to]) => to));
  if (!Number.isFinite(begins) || !Number.isFinite(ends)) {
    return unverifiable('The certificate does not say until when it is valid.');
  }
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (begins > nowMs) return failed(`A certificate is valid only from ${day(begins)}: look at it, and at our clock.`);
  if (ends <= nowMs) return failed(`A certificate expired on ${day(ends)}: renew it now, webhooks do not come.`);
  const days = Math.floor((ends - nowMs) / dayMs);
  const renew = 'renew it, and look why that was not done by itself';
  if (days < minDaysLeft) return failed(`A certificate expires on ${day(ends)}, in ${days} days: ${renew}.`);
  return ok(`No certificate expires before ${day(ends)}.`);
}

/** The leaf and its intermediates: when a root expires is its authority's affair. */
function chainOf(leaf: DetailedPeerCertificate): readonly DetailedPeerCertificate[] {
  const chain = [leaf];
  let one: DetailedPeerCertificate | undefined = leaf.issuerCertificate;
  while (one !== undefined && chain.length < maxChain && one.issuerCertificate !== one && !chain.includes(one)) {
    chain.push(one);
    one = one.issuerCertificate;
  }
  return chain;
}
