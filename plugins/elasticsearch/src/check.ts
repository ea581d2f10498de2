// Checks whether one node accepts events, without sending one. Reports what to fix.
import type { DestinationContext } from '@xiq-siem/core';
import { z } from 'zod';
import { messageWithAdvice, wrongPathAdvice } from './advice.ts';
import { sendBulkBody } from './bulk-request.ts';
import { type ElasticsearchConfig, nodesOf } from './config.ts';
import type { FaultCode } from './fault-codes.ts';
import type { Server } from './server.ts';
import { RequestFailed, unexpectedResponse } from './server-fault.ts';
import { sampleStream } from './stream-name.ts';
import { createTemplateCheck } from './template-check.ts';
import { streamPattern } from './templates.ts';
import { writeBlock } from './write-block.ts';

const info = z.object({ version: z.object({ number: z.string().regex(/^\d+\.\d+/) }) });
const bulkResponse = z.object({ items: z.array(z.unknown()).optional(), errors: z.boolean().optional() });
const privileges = z.object({
  cluster: z.record(z.string(), z.boolean()).default({}),
  index: z.record(z.string(), z.record(z.string(), z.boolean())).default({}),
});

export interface NodeCheck {
  readonly ok: boolean;
  readonly message: string;
  /** Something is wrong that does not stop events. */
  readonly warning?: true | undefined;
  /** Of a failed request. */
  readonly code?: FaultCode;
}

/** Statuses of servers without this endpoint, or without security. */
const absentStatuses = [400, 404, 405];

export async function checkServer(
  server: Server,
  context: Pick<DestinationContext, 'fields' | 'now'>,
  config: ElasticsearchConfig,
  signal: AbortSignal,
): Promise<NodeCheck> {
  const { requireTemplate } = config;
  const failed = (message: string): NodeCheck => ({ ok: false, message });
  try {
    const version = await versionOf(server, config, signal);
    const missing = await missingPrivileges(server, requireTemplate, signal);
    if (missing.length > 0) {
      return failed(`${server.where}: the credentials lack ${missing.join(', ')}. Add this to their role`);
    }
    if (requireTemplate) {
      const { byStream } = await createTemplateCheck(server, context).faults(new Set([sampleStream]), signal);
      const fault = byStream.get(sampleStream);
      if (fault !== undefined) return failed(`${server.where}: ${fault.message}`);
    }
    const block = await writeBlock(server, signal);
    if (block !== undefined) return failed(`${server.where}: ${block}`);
    await checkBulk(server, signal);
    const template = requireTemplate ? ', and the template is active' : '; the template was not checked';
    const message = `Elasticsearch${version === undefined ? '' : ` ${version}`} at ${server.where} accepts events${template}`;
    if (version === undefined || isSupported(version)) return { ok: true, message };
    return { ok: true, warning: true, message: `${message}. Supported are 8.17 or later, and 9.x` };
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    const { fault } = error;
    return { ...failed(messageWithAdvice(fault, config)), code: fault.code };
  }
}

/** Undefined if the server does not report its version. */
async function versionOf(
  server: Server,
  config: ElasticsearchConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  const hasPath = nodesOf(config).some(({ pathname }) => pathname !== '/');
  const root = await server
    .request(signal, (client, options) => client.info({}, options), hasPath ? [] : absentStatuses)
    .catch((error: unknown) => {
      if (!(error instanceof RequestFailed && absentStatuses.includes(error.fault.status ?? 0))) throw error;
      if (error.fault.code === 'unsupported_media_type') throw error;
      throw unexpectedResponse(`${error.message}. ${wrongPathAdvice}`);
    });
  if (root === undefined) return undefined;
  const version = info.safeParse(root).data?.version.number;
  if (version === undefined) throw unexpectedResponse(`${server.where}: no Elasticsearch version in the response`);
  return version;
}

/**
 * Rejects unless the server has `_bulk`: it answers a request without events, or refuses it with an error of Elasticsearch's
 * form. The other requests of this check prove nothing if each is answered like an endpoint that is absent.
 */
async function checkBulk(server: Server, signal: AbortSignal): Promise<void> {
  try {
    const body = await sendBulkBody(server, '\n', {}, signal);
    if (!bulkResponse.safeParse(body).success) throw unexpectedResponse(`${server.where}: no response to \`_bulk\``);
  } catch (error) {
    const isRefusal = error instanceof RequestFailed && error.fault.status === 400 && error.fault.type !== undefined;
    if (!isRefusal) throw error;
  }
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 8 && minor >= 17) || major === 9;
}

async function missingPrivileges(server: Server, forTemplate: boolean, signal: AbortSignal): Promise<string[]> {
  const needed = ['auto_configure', 'create_index', 'create_doc', ...(forTemplate ? ['view_index_metadata'] : [])];
  const index = [{ names: [streamPattern], privileges: needed }];
  const body = await server.request(
    signal,
    (client, options) => client.security.hasPrivileges({ cluster: forTemplate ? ['monitor'] : [], index }, options),
    absentStatuses,
  );
  const granted = privileges.safeParse(body).data ?? { cluster: {}, index: {} };
  const lacking = (kind: string, rights: Readonly<Record<string, boolean>>) =>
    Object.entries(rights).flatMap(([name, has]) => (has ? [] : [`the ${kind} privilege ${name}`]));
  return [
    ...lacking('cluster', granted.cluster),
    ...Object.entries(granted.index).flatMap(([names, { auto_configure = true, create_index = false, ...rights }]) =>
      // Each of the two allows Elasticsearch to create the data stream.
      lacking(`index privilege on ${names}:`, { auto_configure: auto_configure || create_index, ...rights }),
    ),
  ];
}
