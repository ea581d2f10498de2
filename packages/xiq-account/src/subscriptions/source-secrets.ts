// Reads the current secrets of a source, for a command that must not create one.
import { join } from 'node:path';
import type { Configuration, ConfiguredSource } from '@xiq-siem/config';
import { joinSecrets, managedSecretPath, openSecret, readManagedSecret } from '@xiq-siem/config';
import type { Logger, SecretSource } from '@xiq-siem/core';

export interface SourceSecrets {
  /** In the configured order. */
  readonly all: SecretSource;
  /** Where the first existing secret is stored. `managed` if there is none yet and the connector would create one. */
  readonly kind: 'managed' | 'env' | 'file';
  /** The managed list, which may not exist. */
  readonly managedPath: string;
}

export function sourceSecrets(
  { name, secrets }: ConfiguredSource,
  configuration: Configuration,
  log: Logger,
): SourceSecrets {
  const directory = join(configuration.resolvePath(configuration.dataDirectory), 'secrets');
  const opened = secrets.map(({ reference }) => {
    if ('managed' in reference) {
      return { kind: 'managed', values: readManagedSecret(directory, name, log) } as const;
    }
    const kind = 'env' in reference ? 'env' : 'file';
    return { kind, values: openSecret(reference, configuration, log) } as const;
  });
  const first = opened.find(({ values }) => values.current().length > 0) ?? opened[0];
  return {
    all: joinSecrets(opened.map(({ values }) => values)),
    kind: first?.kind ?? 'managed',
    managedPath: managedSecretPath(directory, name),
  };
}
