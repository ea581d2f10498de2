// The way to Elasticsearch: the official client, with its own retries off and our credentials in every request.
import type { Agent } from 'node:http';
import { Client } from '@elastic/elasticsearch';
import { type DestinationContext, readTls } from '@xiq-siem/core';
import { BoundedConnection } from './bounded-connection.ts';
import { type ElasticsearchConfig, nodesOf } from './config.ts';
import { credentials } from './credentials.ts';
import { faultOf, RequestFailed } from './server-fault.ts';

/** What a call of the client's takes, so that it serves 8.x and 9.x and ends with its signal. */
interface CallOptions {
  readonly meta: true;
  readonly signal: AbortSignal;
  readonly headers: Record<string, string>;
}

export interface Server {
  /** Hosts, for messages. */
  readonly where: string;
  /**
   * The body of one answer. Rejects with RequestFailed on a redirect and every status from 400 on, but resolves to
   * undefined on those of `absent`. Any other rejection is a bug of ours.
   */
  ask(
    signal: AbortSignal,
    call: (
      client: Client,
      options: CallOptions,
    ) => Promise<{ readonly body: unknown; readonly statusCode: number | null }>,
    absent?: readonly number[],
  ): Promise<unknown>;
  /** Ends all connections. */
  close(): void;
}

/** The content types that 8.x and 9.x both take. */
export const compatible = {
  json: 'application/vnd.elasticsearch+json; compatible-with=8',
  ndjson: 'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
} as const;

/** Opens no connection yet. Throws a ConnectorError where a configured certificate cannot be read. */
export async function openServer(config: ElasticsearchConfig, context: DestinationContext): Promise<Server> {
  const nodes = nodesOf(config);
  const where = nodes.map(({ host }) => host).join(', ');
  const { clientCertificate, verifyTls } = config;
  if (!verifyTls) context.log.warn('destination.tls_not_verified', { destination: context.name });
  const tls = await readTls({ ...clientCertificate, verifyTls }, context, 'clientCertificate.');
  const authorize = credentials(config, context);
  const agents: Agent[] = [];
  const client = new Client({
    nodes: nodes.map(({ href }) => href),
    Connection: BoundedConnection,
    agent({ url }) {
      const agent = context.agent(url, tls);
      agents.push(agent);
      return agent;
    },
    maxRetries: 0,
    sniffOnStart: false,
    compression: false,
    enableMetaHeader: false,
    headers: { 'user-agent': 'xiq-siem' },
    // `remove` takes `Retry-After` away, `replace` copies the request byte by byte. No error of the client's leaves here.
    redaction: { type: 'off' },
  });

  return {
    where,
    async ask(signal, call, absent = []) {
      let secrets: readonly string[] = [];
      try {
        const authorization = authorize();
        secrets = authorization.secrets;
        const headers = { accept: compatible.json, 'content-type': compatible.json, ...authorization.headers };
        const { body, statusCode } = await call(client, { meta: true, signal, headers });
        if (statusCode !== null && statusCode < 300) return body;
        const message = `answered ${statusCode}, a redirect: name in \`nodes\` where Elasticsearch itself is`;
        throw new RequestFailed({ code: 'not_elasticsearch', message, mayBeTaken: false });
      } catch (error) {
        const fault = faultOf(error, context.now());
        if (fault === undefined) throw error;
        if (absent.includes(fault.status ?? 0)) return undefined;
        // The server's message may repeat what we sent.
        const message = secrets.reduce(
          (text, secret) => (secret === '' ? text : text.replaceAll(secret, '[secret]')),
          fault.message,
        );
        throw new RequestFailed({ ...fault, message: `${where}: ${message}` });
      }
    },
    close() {
      for (const agent of agents) agent.destroy();
    },
  };
}
