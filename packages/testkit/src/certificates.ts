// Creates certificates and chains for TLS tests with node:crypto.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface SelfSignedCertificate {
  /** PEM. It is also its own authority (`ca`). */
  readonly cert: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

export interface TestCertificate extends SelfSignedCertificate {
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface TestCertificateOptions {
  readonly name: string;
  /** Names and IPv4 addresses. */
  readonly hosts?: readonly string[];
  readonly isAuthority?: boolean;
  /** Default: self-signed. */
  readonly issuer?: TestCertificate;
  readonly fromMs?: number;
  readonly toMs?: number;
}

const dayMs = 86_400_000;

const tlv = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const value = Buffer.concat(contents);
  const size = value.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
};
const sequence = (...contents: readonly Uint8Array[]) => tlv(0x30, ...contents);
const objectId = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const utcTime = (ms: number) =>
  tlv(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`));
const nameOf = (name: string) => sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, Buffer.from(name)))));

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const yes = tlv(0x01, Buffer.from([0xff]));

export function testCertificate(options: TestCertificateOptions): TestCertificate {
  const { name, hosts = [], isAuthority = false, issuer } = options;
  const { fromMs = Date.now() - 10 * dayMs, toMs = Date.now() + 90 * dayMs } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = sequence(
    ...hosts.map((host) =>
      isIPv4(host) ? tlv(0x87, Buffer.from(host.split('.').map(Number))) : tlv(0x82, Buffer.from(host)),
    ),
  );
  const extensions = [
    ...(isAuthority ? [sequence(objectId('551d13'), yes, tlv(0x04, sequence(yes)))] : []),
    ...(hosts.length > 0 ? [sequence(objectId('551d11'), tlv(0x04, names))] : []),
  ];
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(issuer?.name ?? name),
    sequence(utcTime(fromMs), utcTime(toMs)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [tlv(0xa3, sequence(...extensions))] : []),
  );
  const signature = tlv(0x03, Buffer.from([0]), sign('sha256', body, issuer?.privateKey ?? privateKey));
  const base64 = sequence(body, ecdsaWithSha256, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name,
    privateKey,
  };
}

/** A self-signed certificate for `localhost` and 127.0.0.1, valid for one day before and after `nowMs`. */
export function selfSignedCertificate(nowMs = Date.now()): SelfSignedCertificate {
  const hosts = ['localhost', '127.0.0.1'];
  const { cert, key } = testCertificate({ name: 'localhost', hosts, fromMs: nowMs - dayMs, toMs: nowMs + dayMs });
  return { cert, key };
}
