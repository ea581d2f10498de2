// Turns references to secrets into secrets: environment, files that may change, and those that we make ourselves.
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger, SecretReference, SecretSource, SourceSecretReference } from '@xiq-siem/core';
import { ConnectorError, reasonOf, Secret } from '@xiq-siem/core';
import { nodeFiles } from '@xiq-siem/journal';
import type { ConfigFault } from './faults.ts';
import type { Configuration, ConfiguredSecret } from './load.ts';

const maxSecretBytes = 8_192;

/** Where references lead: files relative to the configuration, and the environment. */
type Surroundings = Pick<Configuration, 'resolvePath' | 'env'>;

/** Why a reference gives no secret now, or undefined if it gives one. */
function secretFault(reference: SourceSecretReference, { resolvePath, env }: Surroundings): string | undefined {
  try {
    if ('env' in reference) {
      if ((env[reference.env] ?? '') !== '') return undefined;
      return `the environment variable ${reference.env} is not set: set it, or name another`;
    }
    if ('file' in reference)
      return secretLines(resolvePath(reference.file)).length > 0 ? undefined : 'the file is empty';
    return undefined;
  } catch (cause) {
    return `the file cannot be read (${reasonOf(cause)}): expected a file whose first line is the secret`;
  }
}

/** An absent optional secret is no fault, but a source without a single one would refuse every webhook. */
export function secretFaults(configuration: Configuration): readonly ConfigFault[] {
  const { sources, destinations, telemetry, locate } = configuration;
  const headers = Object.entries(telemetry.otlp?.headers ?? {}).map(([name, reference]) => ({
    reference,
    path: ['telemetry', 'otlp', 'headers', name],
  }));
  const faultOf = ({ reference, path }: ConfiguredSecret): ConfigFault | undefined => {
    const message = secretFault(reference, configuration);
    return message === undefined ? undefined : locate({ path, message });
  };
  const own = sources.flatMap(({ ownSecrets }) => ownSecrets);
  const required = [...[...sources, ...destinations].flatMap(({ secrets }) => secrets), ...own, ...headers]
    .filter(({ reference }) => !('optional' in reference && reference.optional))
    .flatMap((secret) => faultOf(secret) ?? []);
  const closed = sources
    .filter(({ secrets }) => secrets.every((secret) => faultOf(secret) !== undefined))
    .filter(({ secrets }) => secrets.every(({ reference }) => 'optional' in reference && reference.optional))
    .map(({ name }) => {
      const message = 'none of the secrets is there, so that every webhook would be refused';
      return locate({ path: ['sources', name, 'secrets'], message });
    });
  return [...required, ...closed];
}

/** The advice that a file of secrets deserves: one that everybody on the machine can read. */
export function secretAdvice(
  reference: SourceSecretReference,
  resolvePath: (path: string) => string,
): string | undefined {
  if (!('file' in reference)) return undefined;
  const stats = statSync(resolvePath(reference.file), { throwIfNoEntry: false });
  if (stats === undefined || (stats.mode & 0o004) === 0) return undefined;
  return `everybody on this machine can read ${reference.file}: chmod o-r`;
}

/** A source of secrets that reads again what can change; an unreadable one keeps the value that it had. */
export function openSecret(reference: SecretReference, { resolvePath, env }: Surroundings, log: Logger): SecretSource {
  if ('env' in reference) {
    const value = env[reference.env];
    const secrets = value === undefined || value === '' ? [] : [new Secret(value)];
    return { current: () => secrets };
  }
  return watchedFile(resolvePath(reference.file), log);
}

/** The managed secret of a source, made with mode 0600 if it is not there yet. */
export async function openManagedSecret(directory: string, source: string, log: Logger): Promise<SecretSource> {
  const path = managedSecretPath(directory, source);
  await nodeFiles.makeDirectory(directory);
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await file.sync();
    log.info('secret.made', { source, path });
  } catch (cause) {
    const reason = reasonOf(cause);
    if (reason !== 'EEXIST') throw unreadable(`the secret of source ${source} cannot be made at ${path}: ${reason}`);
  }
  if (secretLines(path).length === 0) {
    throw unreadable(`${path} is empty: remove it, and a new secret is made at the next start`);
  }
  return watchedFile(path, log);
}

/** The managed secret of a source as it is, for a process that makes none. */
export function readManagedSecret(directory: string, source: string, log: Logger): SecretSource {
  return watchedFile(managedSecretPath(directory, source), log);
}

export function managedSecretPath(directory: string, source: string): string {
  return join(directory, source);
}

export function joinSecrets(sources: readonly SecretSource[]): SecretSource {
  return { current: () => sources.flatMap((source) => source.current()) };
}

/** How often a file is checked: a rotation takes effect within this time. */
const checkEveryMs = 1_000;

function watchedFile(path: string, log: Logger): SecretSource {
  let secrets: readonly Secret[] = [];
  let seen = '';
  let checkedAt = Number.NEGATIVE_INFINITY;
  return {
    current() {
      const now = performance.now();
      if (now - checkedAt < checkEveryMs) return secrets;
      checkedAt = now;
      const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
      const version = stats === undefined ? 'none' : `${stats.mtimeNs}-${stats.ino}-${stats.size}`;
      if (version === seen) return secrets;
      seen = version;
      try {
        secrets = stats === undefined ? [] : secretLines(path).map((line) => new Secret(line));
      } catch (cause) {
        log.error('secret.unreadable', { path, reason: reasonOf(cause) });
      }
      return secrets;
    },
  };
}

/** An ordered list: one secret a line. Throws what the file system says. */
export function secretLines(path: string): readonly string[] {
  const bytes = readFileSync(path);
  if (bytes.length > maxSecretBytes) {
    throw unreadable(`${path} is larger than ${maxSecretBytes} bytes: expected a secret a line`);
  }
  return bytes
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const unreadable = (message: string) => new ConnectorError('secret_unreadable', message);
