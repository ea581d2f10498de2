// Requests to Elasticsearch with the official client: without its retries, and with current credentials.
import type { Agent } from 'node:http';
import { Client } from '@elastic/elasticsearch';
import { type DestinationContext, parseJson, readTls } from '@xiq-siem/core';
import { BoundedConnection } from './bounded-connection.ts';
import { type ElasticsearchConfig, nodesOf } from './config.ts';
import { createAuthorizer } from './credentials.ts';
import { NodePool } from './node-pool.ts';
import { faultOf, RequestFailed } from './server-fault.ts';

/** Options of each client call: they work with 8.x and 9.x, and end the call with its signal. */
interface CallOptions {
  readonly meta: true;
  readonly signal: AbortSignal;
  readonly headers: Record<string, string>;
}

export interface Server {
  /** The hosts, for messages. */
  readonly where: string;
  /**
   * Resolves to the body of the response. Rejects with RequestFailed on a redirect and on a status from 400, but resolves
   * to undefined on a status in `absent`. Any other rejection is a bug.
   */
  request(
    signal: AbortSignal,
    call: (
      client: Client,
      options: CallOptions,
    ) => Promise<{ readonly body: unknown; readonly statusCode: number | null }>,
    absent?: readonly number[],
  ): Promise<unknown>;
  /** Closes all connections. */
  close(): void;
}

/** Content types that 8.x and 9.x accept. */
export const compatible = {
  json: 'application/vnd.elasticsearch+json; compatible-with=8',
  ndjson: 'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
} as const;

/** Share of the attempt's time limit for one request. With several nodes, another attempt soon uses another node. */
const timeShare = { oneNode: 0.9, severalNodes: 0.5 } as const;

/** Opens no connection yet. Throws a ConnectorError if a configured certificate cannot be read. */
export async function openServer(config: ElasticsearchConfig, context: DestinationContext): Promise<Server> {
  const nodes = nodesOf(config);
  const where = nodes.map(({ host }) => host).join(', ');
  const { clientCertificate, verifyTls } = config;
  const tls = await readTls({ ...clientCertificate, verifyTls }, context, 'clientCertificate.');
  const authorize = createAuthorizer(config, context);
  const agents: Agent[] = [];
  const timeoutMs = Math.ceil(context.timeoutMs * (nodes.length > 1 ? timeShare.severalNodes : timeShare.oneNode));
  const client = new Client({
    nodes: nodes.map(({ href }) => href),
    Connection: BoundedConnection,
    // The default pool only prefers other nodes to one that does not respond.
    ConnectionPool: NodePool,
    // Before the attempt ends: the pool does not learn of a request that a signal cancels.
    requestTimeout: timeoutMs,
    agent({ url }) {
      const agent = context.agent(url, tls);
      agents.push(agent);
      return agent;
    },
    maxRetries: 0,
    sniffOnStart: false,
    compression: false,
    enableMetaHeader: false,
    headers: { 'user-agent': 'xiq-siem', 'accept-encoding': 'identity' },
    // `remove` would remove `Retry-After`, `replace` would copy the request. The client's errors are not passed on.
    redaction: { type: 'off' },
  });

  if (client.connectionPool instanceof NodePool && nodes.length > 1) {
    client.connectionPool.onChange = (node, isUp) => {
      if (isUp) context.log.info('destination.node_restored', { node });
      else context.log.warn('destination.node_left_out', { node });
    };
  }

  const request: Server['request'] = async (signal, call, absent = []) => {
    let secrets: readonly string[] = [];
    try {
      const authorization = authorize();
      secrets = authorization.secrets;
      const headers = { accept: compatible.json, 'content-type': compatible.json, ...authorization.headers };
      const { body, statusCode } = await call(client, { meta: true, signal, headers });
      // The client parses JSON only under its own content types, which some proxies replace.
      if (statusCode !== null && statusCode < 300) return typeof body === 'string' ? parseJson(body) : body;
      const message = `HTTP ${statusCode}: redirects are not followed: set \`nodes\` to the target of the redirect`;
      throw new RequestFailed({ code: 'redirected', message, mayBeAccepted: false });
    } catch (error) {
      const fault = faultOf(error, context.now(), signal);
      if (fault === undefined) throw error;
      if (absent.includes(fault.status ?? 0)) return undefined;
      // The server's message may contain the sent credentials.
      const message = secrets.reduce(
        (text, secret) => (secret === '' ? text : text.replaceAll(secret, '[secret]')),
        fault.message,
      );
      throw new RequestFailed({ ...fault, message: `${where}: ${message}` });
    }
  };

  function closeConnections(): void {
    for (const agent of agents) agent.destroy();
  }

  return { where, request, close: closeConnections };
}
