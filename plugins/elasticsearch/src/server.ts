// The way to Elasticsearch: the official client, with its own retries off and our credentials in every request.
import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { Client } from '@elastic/elasticsearch';
import { type AgentTls, ConnectorError, type DestinationContext } from '@xiq-siem/core';
import { BoundedConnection } from './bounded-connection.ts';
import { type ElasticsearchConfig, nodesOf } from './config.ts';
import { credentials } from './credentials.ts';
import { faultOf, type ServerFault } from './server-fault.ts';

/** What a call of the client's takes, so that it serves 8.x and 9.x and ends with its signal. */
export interface CallOptions {
  readonly meta: true;
  readonly signal: AbortSignal;
  readonly headers: Record<string, string>;
}

interface ClientAnswer {
  readonly body: unknown;
  readonly statusCode: number | null;
}

export type Answer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly fault: ServerFault };

export interface Server {
  /** Hosts, for words. */
  readonly where: string;
  /** One request. A redirect and every status from 400 on is a fault. Rejects only for a bug of ours. */
  ask(signal: AbortSignal, call: (client: Client, options: CallOptions) => Promise<ClientAnswer>): Promise<Answer>;
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
  const tls = await readTls(config, context);
  const authorization = credentials(config, context);
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
  const where = nodes.map(({ host }) => host).join(', ');
  /** The other side's words may hold what we sent. */
  const failed = (fault: ServerFault, secrets: readonly string[]): Answer => {
    const words = secrets.reduce(
      (text, secret) => (secret === '' ? text : text.replaceAll(secret, '[secret]')),
      fault.message,
    );
    return { ok: false, fault: { ...fault, message: `${where}: ${words}` } };
  };

  return {
    where,
    async ask(signal, call) {
      const header = authorization();
      if (!header.ok) return failed(header.fault, []);
      const headers = { accept: compatible.json, 'content-type': compatible.json, ...header.headers };
      try {
        const { body, statusCode } = await call(client, { meta: true, signal, headers });
        if (statusCode !== null && statusCode < 300) return { ok: true, body };
        const message = `answered ${statusCode}, a redirect: name in \`nodes\` where Elasticsearch itself is`;
        return failed({ code: 'not_elasticsearch', message, mayBeTaken: false }, header.secrets);
      } catch (error) {
        const fault = faultOf(error, context.now());
        if (fault === undefined) throw error;
        return failed(fault, header.secrets);
      }
    },
    close() {
      for (const agent of agents) agent.destroy();
    },
  };
}

async function readTls(
  { clientCertificate, verifyTls }: ElasticsearchConfig,
  { name, log, resolvePath }: DestinationContext,
): Promise<AgentTls> {
  if (!verifyTls) log.warn('destination.tls_unverified', { destination: name });
  const pem = async (key: string, path: string) => {
    try {
      return await readFile(resolvePath(path), 'utf8');
    } catch (cause) {
      throw new ConnectorError('config_invalid', `${key} ${resolvePath(path)} cannot be read: expected PEM`, { cause });
    }
  };
  return {
    ...(verifyTls ? {} : { rejectUnauthorized: false }),
    ...(clientCertificate && {
      cert: await pem('clientCertificate.certFile', clientCertificate.certFile),
      key: await pem('clientCertificate.keyFile', clientCertificate.keyFile),
    }),
  };
}
