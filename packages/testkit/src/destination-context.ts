// A destination context for tests: agents without a proxy, paths unchanged, and secrets by value.
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { DestinationContext, Secret } from '@xiq-siem/core';
import { ecsFieldDefinitions } from '@xiq-siem/core';

export interface DestinationContextOptions {
  readonly log: DestinationContext['log'];
  readonly meter: DestinationContext<string>['meter'];
  readonly name?: string;
  readonly now?: () => number;
  /** Default: one minute, as in the configuration. */
  readonly timeoutMs?: number;
  /** Secrets by the name of their `env` reference, or the path of their `file` reference. */
  readonly secrets?: Readonly<Record<string, Secret>>;
}

export function destinationContext(options: DestinationContextOptions): DestinationContext<string> {
  const { log, meter, name = 'under-test', now = Date.now, timeoutMs = 60_000, secrets = {} } = options;
  return {
    name,
    log,
    meter,
    now,
    timeoutMs,
    mayDeleteByAge: () => true,
    fields: ecsFieldDefinitions,
    resolvePath: (path) => path,
    secret: (reference) => {
      const key = 'env' in reference ? reference.env : reference.file;
      return { current: () => (secrets[key] === undefined ? [] : [secrets[key]]) };
    },
    agent: (url, tls = {}) =>
      url.protocol === 'https:' ? new TlsAgent({ keepAlive: true, ...tls }) : new Agent({ keepAlive: true }),
  };
}
