// Secrets that a configuration names and that are not there.

import type { ConfigFault } from './faults.ts';
import type { Configuration, ConfiguredSecret } from './load.ts';
import { secretFault } from './secrets.ts';

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
