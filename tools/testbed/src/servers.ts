// The table of servers. A new one is a file in servers/ and a line here.
import type { Recipe } from './recipe.ts';
import { elasticsearch } from './servers/elasticsearch.ts';
import { elasticsearch8 } from './servers/elasticsearch-8.ts';
import { elasticsearchFull } from './servers/elasticsearch-full.ts';
import type { ElasticsearchOptions } from './servers/elasticsearch-node.ts';
import { type CollectorOptions, otelcol } from './servers/otelcol.ts';
import { type VictoriaLogsOptions, victorialogs } from './servers/victorialogs.ts';
import type { WholeElasticsearchOptions } from './servers/whole-elasticsearch.ts';
import { type RunningServer, type StartOptions, startRecipe } from './start-server.ts';

export interface ServerOptions {
  elasticsearch: ElasticsearchOptions;
  'elasticsearch-8': WholeElasticsearchOptions;
  'elasticsearch-full': WholeElasticsearchOptions;
  otelcol: CollectorOptions;
  victorialogs: VictoriaLogsOptions;
}

export type ServerName = keyof ServerOptions;

export const servers: { readonly [Name in ServerName]: Recipe<ServerOptions[Name] & StartOptions> } = {
  elasticsearch,
  'elasticsearch-8': elasticsearch8,
  'elasticsearch-full': elasticsearchFull,
  otelcol,
  victorialogs,
};

export function isServerName(name: string): name is ServerName {
  return Object.hasOwn(servers, name);
}

export const serverNames: readonly ServerName[] = Object.keys(servers).filter(isServerName);

/**
 * Starts a server on a free loopback port and waits until it is ready; builds it first where it is not in the cache.
 * @throws TestbedError when a tool is missing, the build fails, or the server does not start.
 */
export function startServer<Name extends ServerName>(
  name: Name,
  options: ServerOptions[Name] & StartOptions,
): Promise<RunningServer> {
  return startRecipe(name, servers[name], options);
}
