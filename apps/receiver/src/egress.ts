// How destinations reach the world: one way for all of them, through the configured proxy and authorities.
import { readFileSync } from 'node:fs';
import { Agent, type AgentOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { ConnectorError, type DestinationContext, reasonOf } from '@xiq-siem/core';

export interface Egress {
  /** URL of an HTTP proxy; undefined: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment. */
  readonly proxy: string | undefined;
  /** Absolute path of PEM certificates that are trusted beside the system's. */
  readonly caFile: string | undefined;
}

/** Throws a ConnectorError where `caFile` cannot be read. */
export function createAgents({ proxy, caFile }: Egress): DestinationContext['agent'] {
  const own = caFile === undefined ? undefined : [...getCACertificates('default'), readAuthorities(caFile)];
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy } = process.env;
  const proxyEnv =
    proxy === undefined
      ? { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy }
      : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const common: AgentOptions = { keepAlive: true, proxyEnv };
  return (url, tls = {}) => {
    if (url.protocol !== 'https:') return new Agent(common);
    return new TlsAgent({ ...common, ...(own === undefined ? {} : { ca: own }), ...tls });
  };
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConnectorError(
      'config_invalid',
      `caFile ${path} cannot be read (${reasonOf(cause)}): expected PEM certificates`,
    );
  }
}
