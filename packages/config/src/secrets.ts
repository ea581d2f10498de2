// Reads secrets: from the environment, from files that may change, and managed ones that the connector creates.
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

/** Resolves references: the base of relative paths, and the environment. */
type Resolution = Pick<Configuration, 'resolvePath' | 'env'>;

/** The reason why a reference has no secret now, or undefined. */
function secretFault(
  { reference, minLength = 1 }: ConfiguredSecret,
  { resolvePath, env }: Resolution,
): string | undefined {
  const faultOf = (secret: string): string | undefined =>
    secret.length < minLength ? `the secret is shorter than ${minLength} characters` : undefined;
  try {
    if ('env' in reference) {
      const secret = env[reference.env] ?? '';
      if (secret !== '') return faultOf(secret);
      return `the environment variable ${reference.env} is not set: set it, or use another one`;
    }
    if ('file' in reference) {
      const [secret] = secretLines(resolvePath(reference.file));
      return secret === undefined ? 'the file is empty' : faultOf(secret);
    }
    return undefined;
  } catch (cause) {
    return `the file cannot be read (${reasonOf(cause)}): expected a file whose first line is the secret`;
  }
}

/** A missing optional secret is not a fault. A source without any secret is one: it would refuse every webhook. */
export function secretFaults(configuration: Configuration): readonly ConfigFault[] {
  const { sources, destinations, telemetry, locate } = configuration;
  const headers = Object.entries(telemetry.otlp?.headers ?? {}).map(([name, reference]) => ({
    reference,
    path: ['telemetry', 'otlp', 'headers', name],
  }));
  const faultOf = (secret: ConfiguredSecret): ConfigFault | undefined => {
    const message = secretFault(secret, configuration);
    return message === undefined ? undefined : locate({ path: secret.path, message });
  };
  const own = sources.flatMap(({ ownSecrets }) => ownSecrets);
  const required = [...[...sources, ...destinations].flatMap(({ secrets }) => secrets), ...own, ...headers]
    .filter(({ reference }) => !('optional' in reference && reference.optional))
    .flatMap((secret) => faultOf(secret) ?? []);
  const withoutSecret = sources
    .filter(({ secrets }) => secrets.every((secret) => faultOf(secret) !== undefined))
    .filter(({ secrets }) => secrets.every(({ reference }) => 'optional' in reference && reference.optional))
    .map(({ name }) => {
      const message = 'none of the secrets exists, so every webhook would be refused: provide at least one';
      return locate({ path: ['sources', name, 'secrets'], message });
    });
  return [...required, ...withoutSecret];
}

/** Advice on a secret file that every user of the machine can read. */
export function secretAdvice(
  reference: SourceSecretReference,
  resolvePath: (path: string) => string,
): string | undefined {
  if (!('file' in reference)) return undefined;
  const stats = statSync(resolvePath(reference.file), { throwIfNoEntry: false });
  if (stats === undefined || (stats.mode & 0o004) === 0) return undefined;
  return `every user of this machine can read ${reference.file}: run chmod o-r`;
}

/** A file is read again when it changes. If it cannot be read, the previous value stays. */
export function openSecret(reference: SecretReference, { resolvePath, env }: Resolution, log: Logger): SecretSource {
  if ('env' in reference) {
    const value = env[reference.env];
    const secrets = value === undefined || value === '' ? [] : [new Secret(value)];
    return { current: () => secrets };
  }
  return watchedFile(resolvePath(reference.file), log);
}

/** The managed secret of a source. Creates it with mode 0600 if it does not exist. */
export async function openManagedSecret(directory: string, source: string, log: Logger): Promise<SecretSource> {
  const path = managedSecretPath(directory, source);
  await nodeFiles.makeDirectory(directory);
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await file.sync();
    log.info('secret.created', { source, path });
  } catch (cause) {
    const reason = reasonOf(cause);
    if (reason !== 'EEXIST') throw unreadable(`the secret of source ${source} cannot be created at ${path}: ${reason}`);
  }
  if (secretLines(path).length === 0) {
    throw unreadable(`${path} is empty: remove it, and the next start creates a new secret`);
  }
  return watchedFile(path, log);
}

/** The managed secret of a source, without creating it. */
export function readManagedSecret(directory: string, source: string, log: Logger): SecretSource {
  return watchedFile(managedSecretPath(directory, source), log);
}

export function managedSecretPath(directory: string, source: string): string {
  return join(directory, source);
}

export function joinSecrets(sources: readonly SecretSource[]): SecretSource {
  return { current: () => sources.flatMap((source) => source.current()) };
}

/** Interval of checks of a file. A rotation takes effect within this time. */
const checkEveryMs = 1_000;

function watchedFile(path: string, log: Logger): SecretSource {
  let secrets: readonly Secret[] = [];
  let readVersion = '';
  let checkedAt = Number.NEGATIVE_INFINITY;
  function currentSecrets(): readonly Secret[] {
    const now = performance.now();
    if (now - checkedAt < checkEveryMs) return secrets;
    checkedAt = now;
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    const version = stats === undefined ? 'none' : `${stats.mtimeNs}-${stats.ino}-${stats.size}`;
    if (version === readVersion) return secrets;
    readVersion = version;
    try {
      secrets = stats === undefined ? [] : secretLines(path).map((line) => new Secret(line));
    } catch (cause) {
      log.error('secret.unreadable', { path, error: reasonOf(cause) });
    }
    return secrets;
  }
  return { current: currentSecrets };
}

/** The secrets of a file in order, one in each line. Throws errors of the file system. */
export function secretLines(path: string): readonly string[] {
  const bytes = readFileSync(path);
  if (bytes.length > maxSecretBytes) {
    throw unreadable(`${path} is larger than ${maxSecretBytes} bytes: expected one secret in each line`);
  }
  return bytes
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const unreadable = (message: string) => new ConnectorError('secret_unreadable', message);
