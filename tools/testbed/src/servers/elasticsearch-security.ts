// TLS and users of Elasticsearch, written as files, so that no Elasticsearch tool runs before the start.
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials, Place, RunProgram } from '../recipe.ts';
import type { Settings } from './elasticsearch-node.ts';

/** A change of this file builds the servers again. */
export const securitySource: string = import.meta.filename;

// It protects a key that only testbeds of this user trust.
const keyStorePassword = 'testbed';
const keyStoreFile = 'testbed-http.p12';
const certificateFile = 'testbed-ca.pem';

/** Creates a key and a self-signed certificate for 127.0.0.1 and localhost in `folder`. */
export async function makeCertificate(jdk: string, folder: string, run: RunProgram): Promise<void> {
  const keytool = join(jdk, 'bin/keytool');
  const store = ['-alias', 'http', '-keystore', keyStoreFile, '-storetype', 'PKCS12', '-storepass', keyStorePassword];
  const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1', '-ext', 'bc:c=ca:true'];
  await run(
    keytool,
    ['-genkeypair', ...store, ...names, '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650'],
    {
      cwd: folder,
    },
  );
  await run(keytool, ['-exportcert', ...store, '-rfc', '-file', certificateFile], { cwd: folder });
}

/** The certificate file of `makeCertificate` for clients. */
export const caFileOf = (folder: string): string => join(folder, certificateFile);

export const plainSettings: Settings = { 'xpack.security.enabled': false };

export const secureSettings: Settings = {
  'xpack.security.enabled': true,
  // No other node joins one that listens on loopback only.
  'xpack.security.transport.ssl.enabled': false,
  'xpack.security.http.ssl.enabled': true,
  'xpack.security.http.ssl.keystore.path': keyStoreFile,
  'xpack.security.http.ssl.keystore.password': keyStorePassword,
  'xpack.security.autoconfiguration.enabled': false,
};

const writerRole = `writer:
  cluster: [ monitor ]
  indices:
    - names: [ "logs-*" ]
      privileges: [ auto_configure, create_doc, view_index_metadata ]
`;

/** Two users with new passwords, in the files of the file realm. */
export async function writeUsers({ home }: Place): Promise<Credentials> {
  const config = join(home, 'config');
  const credentials = { admin: login('admin'), writer: login('writer') };
  const users = Object.values(credentials).map(({ username, password }) => `${username}:${hashed(password)}\n`);
  await mkdir(config, { recursive: true });
  await writeFile(join(config, 'users'), users.join(''), { mode: 0o600 });
  await writeFile(join(config, 'users_roles'), 'superuser:admin\nwriter:writer\n');
  await writeFile(join(config, 'roles.yml'), writerRole);
  return credentials;
}

const login = (username: string) => ({ username, password: randomBytes(16).toString('hex') });

/** The pbkdf2 format of Elasticsearch. */
function hashed(password: string): string {
  const rounds = 10_000;
  const salt = randomBytes(32);
  const hash = pbkdf2Sync(password, salt, rounds, 32, 'sha512');
  return `{PBKDF2}${rounds}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
