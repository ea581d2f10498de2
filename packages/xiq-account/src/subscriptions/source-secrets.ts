// The secrets of a source, as they are now, for a process that makes none.
import { join } from 'node:path';
import type { Configuration, ConfiguredSource } from '@xiq-siem/config';
import { joinSecrets, managedSecretPath, openSecret, readManagedSecret } from '@xiq-siem/config';
import type { Logger, SecretSource } from '@xiq-siem/core';

export interface SourceSecrets {
  /** All of them, in order. */
  readonly all: SecretSource;
  /** Where the first that exists comes from; `managed` where there is none yet and one would be made. */
  readonly kind: 'managed' | 'env' | 'file';
  /** Of the managed list, be it there or not. */
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
