// Makes a TLS handshake like ExtremeCloud IQ: trusts public CAs only, and does not download missing certificates.
import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, type DetailedPeerCertificate } from 'node:tls';
import { failed, type Observation, ok, unverifiable } from './findings.ts';

export interface HandshakeOptions {
  readonly socket: Socket;
  /** A name or an address, without brackets. */
  readonly host: string;
  /** PEM of the trusted CAs. Configured CAs do not count. */
  readonly authorities: readonly string[];
  readonly nowMs: number;
}

const dayMs = 86_400_000;
const minDaysLeft = 21;
/** Limits the walk along a chain. */
const maxChain = 10;

/** Rejects if the handshake fails, or with the signal's reason. */
export async function tlsHandshake({ socket: tcp, host, authorities, nowMs }: HandshakeOptions, signal: AbortSignal) {
  const socket = connect({
    socket: tcp,
    ...(isIP(host) === 0 && { servername: host }),
    ca: [...authorities],
    ALPNProtocols: ['http/1.1'],
    // The checks below verify the certificate one by one. No secret is sent.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  // An 'error' event without a listener would end the process.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect', { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const leaf = socket.getPeerCertificate(true);
  const fault = socket.authorized ? undefined : String(socket.authorizationError);
  const observations = {
    certificate_chain: checkChain(fault),
    certificate_name: checkName(host, leaf),
    certificate_expiry: checkExpiry(leaf, nowMs),
  };
  return { socket, observations };
}

const fullChain = 'configure the server to send its certificate and all intermediates (fullchain.pem)';
const publicOnly = 'ExtremeCloud IQ trusts public CAs only, use a certificate of a public CA';
const ifIntercepted = 'If your network intercepts outgoing TLS, check from outside.';

const chainFaults: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `The certificate is self-signed: ${publicOnly}.`,
  SELF_SIGNED_CERT_IN_CHAIN: `The chain ends at a CA that is not public: ${publicOnly}. ${ifIntercepted}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `The server sends its certificate without the intermediate: ${fullChain}. If your own CA signed it: ${publicOnly}.`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `The chain is incomplete, it does not reach a public CA: ${fullChain}. If your own CA signed it: ${publicOnly}. ${ifIntercepted}`,
};

function checkChain(fault: string | undefined): Observation {
  if (fault === undefined) return ok('The server sends a complete chain to a public CA.');
  if (fault === 'CERT_HAS_EXPIRED' || fault === 'CERT_NOT_YET_VALID') {
    return unverifiable('A certificate of the chain is not valid now: fix this first, then the chain can be checked.');
  }
  const code = /^[A-Z_]{1,64}$/.test(fault) ? fault : 'unknown';
  return failed(chainFaults[fault] ?? `The chain cannot be verified (${code}): ${fullChain}.`);
}

function checkName(host: string, leaf: DetailedPeerCertificate): Observation {
  if (checkServerIdentity(host, leaf) === undefined) return ok(`The certificate names ${host}.`);
  return failed(`The certificate does not name ${host}: use one that does, or check which server responds.`);
}

function checkExpiry(leaf: DetailedPeerCertificate, nowMs: number): Observation {
  const times = chainOf(leaf).map(
    ({ valid_from, valid_to }) => [Date.parse(valid_from), Date.parse(valid_to)] as const,
  );
  const startMs = Math.max(...times.map(([from]) => from));
  const endMs = Math.min(...times.map(([, to]) => to));
  if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) {
    return unverifiable('The certificate has no readable validity period.');
  }
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (startMs > nowMs) return failed(`A certificate is valid only from ${day(startMs)}: check it, and our clock.`);
  if (endMs <= nowMs) return failed(`A certificate expired on ${day(endMs)}: renew it now, webhooks do not arrive.`);
  const days = Math.floor((endMs - nowMs) / dayMs);
  const renew = 'renew it, and check why it was not renewed automatically';
  if (days < minDaysLeft) return failed(`A certificate expires on ${day(endMs)}, in ${days} days: ${renew}.`);
  return ok(`No certificate expires before ${day(endMs)}.`);
}

/** The leaf and its intermediates, without the root. */
function chainOf(leaf: DetailedPeerCertificate): readonly DetailedPeerCertificate[] {
  const chain = [leaf];
  let one: DetailedPeerCertificate | undefined = leaf.issuerCertificate;
  while (one !== undefined && chain.length < maxChain && one.issuerCertificate !== one && !chain.includes(one)) {
    chain.push(one);
    one = one.issuerCertificate;
  }
  return chain;
}
