// Decides which outgoing requests use a proxy, and creates the HTTP agents: of destinations, of the REST API, of telemetry.
import { readFileSync } from 'node:fs';
import { Agent, type AgentOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { ConnectorError, type DestinationContext, reasonOf, type Secret } from '@xiq-siem/core';
import { type ConfigFault, type FieldPath, formatFault } from './faults.ts';
import type { Configuration } from './load.ts';
import { isExempt, loopbackHosts, noProxyEntries, noProxyFault } from './no-proxy.ts';
import { proxySecrets, readProxyUrl } from './proxy-url.ts';
import { TunnelAgent } from './tunnel-agent.ts';

type Egress = Partial<Configuration['egress']>;
type Resolution = Pick<Configuration, 'egress' | 'resolvePath' | 'env'>;

/** The proxy of each scheme, and the hosts that are reached without it. */
interface Proxies {
  readonly http: URL | undefined;
  readonly https: URL | undefined;
  readonly exempt: readonly string[];
}

/** A fault of a key of `egress`, or of an environment variable. */
type EgressFault = { readonly message: string } & (
  | { readonly key: 'proxy' | 'caFile' }
  | { readonly variable: string }
);

/** As curl: the lower-case variable has precedence, and an empty one counts as not set. */
function variable(
  env: Configuration['env'],
  name: string,
): { readonly name: string; readonly text: string } | undefined {
  const names = [name.toLowerCase(), name];
  return names.map((each) => ({ name: each, text: env[each]?.trim() ?? '' })).find(({ text }) => text !== '');
}

/**
 * `own` of a destination overrides `egress`, key by key. With `proxy`, the environment is not read. Without it, HTTPS_PROXY
 * and HTTP_PROXY apply to the hosts that are neither loopback nor in `noProxy` or, without that key, NO_PROXY.
 */
export function readProxies({ egress, env }: Pick<Resolution, 'egress' | 'env'>, own: Egress): Proxies | EgressFault {
  const configured = own.proxy ?? egress.proxy;
  const noProxy = own.noProxy ?? egress.noProxy;
  if (configured !== undefined) {
    const read = readProxyUrl(configured);
    if ('fault' in read) return { key: 'proxy', message: read.fault };
    return { http: read.url, https: read.url, exempt: noProxy ?? loopbackHosts };
  }
  const found: Record<'HTTP_PROXY' | 'HTTPS_PROXY', URL | undefined> = {
    HTTP_PROXY: undefined,
    HTTPS_PROXY: undefined,
  };
  for (const upper of ['HTTP_PROXY', 'HTTPS_PROXY'] as const) {
    const set = variable(env, upper);
    if (set === undefined) continue;
    const read = readProxyUrl(set.text);
    if ('fault' in read) {
      return { variable: set.name, message: `${read.fault}. With egress.proxy this variable is not read` };
    }
    found[upper] = read.url;
  }
  const exempt = noProxy ?? noProxyEntries(variable(env, 'NO_PROXY')?.text ?? '');
  return { http: found.HTTP_PROXY, https: found.HTTPS_PROXY, exempt: [...loopbackHosts, ...exempt] };
}

/** The proxy for requests to the host of `url`; undefined: none. */
export function proxyFor({ http, https, exempt }: Proxies, url: URL): URL | undefined {
  const proxy = url.protocol === 'https:' ? https : http;
  return proxy === undefined || isExempt(exempt, url) ? undefined : proxy;
}

export interface EgressAgents {
  /** For requests to the host of `url`. */
  readonly agent: DestinationContext['agent'];
  /** The credentials of the proxies, in every form. */
  readonly secrets: readonly Secret[];
}

/**
 * The agents of a destination that has the settings `own`, or of the connector itself. `caFile` has PEM certificates that
 * are trusted in addition to those of the system.
 * @throws ConnectorError exit 78 if a proxy or `caFile` cannot be used.
 */
export function createAgents(resolution: Resolution, own: Egress = {}): EgressAgents {
  const proxies = readProxies(resolution, own);
  if ('message' in proxies) throw unusable(proxies);
  const authorities = readAuthorities(resolution, own);
  if (authorities !== undefined && 'message' in authorities) throw unusable(authorities);
  const used = new Set([proxies.http, proxies.https]);
  const secrets = [...used].flatMap((proxy) => (proxy === undefined ? [] : proxySecrets(proxy)));
  return {
    secrets,
    agent(url, tls = {}) {
      const proxy = proxyFor(proxies, url)?.href;
      // Without NO_PROXY, so that Node uses the proxy for every request of this agent.
      const proxyEnv = proxy === undefined ? undefined : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
      const common: AgentOptions = { keepAlive: true, ...(proxyEnv && { proxyEnv }) };
      if (url.protocol !== 'https:') return new Agent(common);
      const options = { ...common, ...(authorities && { ca: [...authorities] }), ...tls };
      return proxy === undefined ? new TlsAgent(options) : new TunnelAgent(options);
    },
  };
}

/** Every proxy and `caFile` that cannot be used. */
export function egressFaults(configuration: Configuration): readonly ConfigFault[] {
  const faults = new Map<string, ConfigFault>();
  const add = (own: Egress, place: FieldPath): void => {
    for (const found of [readProxies(configuration, own), readAuthorities(configuration, own)]) {
      if (found === undefined || !('message' in found)) continue;
      const fault =
        'variable' in found
          ? { file: '(environment)', field: found.variable, message: found.message }
          : configuration.locate({
              path: [...(own[found.key] === undefined ? ['egress'] : place), found.key],
              message: found.message,
            });
      faults.set(formatFault(fault), fault);
    }
  };
  add({}, ['egress']);
  for (const { name, egress } of configuration.destinations) add(egress, ['destinations', name]);
  return [...faults.values()];
}

/** Entries of NO_PROXY that match nothing. In `noProxy` such an entry is a fault; other programs may read the variable. */
export function noProxyAdvice({ egress, env }: Pick<Resolution, 'egress' | 'env'>): readonly string[] {
  if (egress.proxy !== undefined || egress.noProxy !== undefined) return [];
  const set = variable(env, 'NO_PROXY');
  return noProxyEntries(set?.text ?? '').flatMap((entry) => {
    const fault = noProxyFault(entry);
    return fault === undefined ? [] : [`environment variable ${set?.name}: ${fault}`];
  });
}

function readAuthorities(
  { egress, resolvePath }: Resolution,
  own: Egress,
): readonly string[] | EgressFault | undefined {
  const caFile = own.caFile ?? egress.caFile;
  if (caFile === undefined) return undefined;
  const path = resolvePath(caFile);
  try {
    return [...getCACertificates('default'), readFileSync(path, 'utf8')];
  } catch (cause) {
    return { key: 'caFile', message: `${path} cannot be read (${reasonOf(cause)}): expected PEM certificates` };
  }
}

function unusable(fault: EgressFault): ConnectorError {
  const place = 'variable' in fault ? `environment variable ${fault.variable}` : fault.key;
  return new ConnectorError('config_invalid', `${place}: ${fault.message}`);
}
