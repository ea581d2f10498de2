// Creates the HTTP agents of destinations, with the configured proxy and certificate authorities.
import { readFileSync } from 'node:fs';
import { Agent, type AgentOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { ConnectorError, type DestinationContext, reasonOf } from '@xiq-siem/core';
import type { Configuration } from './load.ts';

/**
 * `own` of a destination overrides `egress`. Without a proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY. `caFile` has PEM
 * certificates that are trusted in addition to those of the system.
 * @throws ConnectorError if `caFile` cannot be read.
 */
export function createAgents(
  { egress, resolvePath, env }: Pick<Configuration, 'egress' | 'resolvePath' | 'env'>,
  own: Partial<Configuration['egress']> = {},
): DestinationContext['agent'] {
  const proxy = own.proxy ?? egress.proxy;
  const caFile = own.caFile ?? egress.caFile;
  const authorities = caFile && [...getCACertificates('default'), readAuthorities(resolvePath(caFile))];
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy } = env;
  const proxyEnv =
    proxy === undefined
      ? { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy }
      : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const common: AgentOptions = { keepAlive: true, proxyEnv };
  return (url, tls = {}) => {
    if (url.protocol !== 'https:') return new Agent(common);
    return new TlsAgent({ ...common, ...(authorities && { ca: authorities }), ...tls });
  };
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const text = `caFile ${path} cannot be read (${reasonOf(cause)}): expected PEM certificates`;
    throw new ConnectorError('config_invalid', text);
  }
}
