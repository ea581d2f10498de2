// Asks Elasticsearch whether it would take events, without sending one, and says in words what is wrong.
import type { CheckResult, DestinationContext } from '@xiq-siem/core';
import { z } from 'zod';
import { adviceOn } from './advice.ts';
import { type ElasticsearchConfig, nodesOf } from './config.ts';
import type { Server } from './server.ts';
import { RequestFailed, unexpectedResponse } from './server-fault.ts';
import { sampleStream } from './stream-name.ts';
import { createTemplateGate } from './template-gate.ts';
import { streamPattern } from './templates.ts';

const info = z.object({ version: z.object({ number: z.string().regex(/^\d+\.\d+/) }) });
const privileges = z.object({
  cluster: z.record(z.string(), z.boolean()).default({}),
  index: z.record(z.string(), z.record(z.string(), z.boolean())).default({}),
});

/** Statuses of servers that are built without a part of the interface, and of those without security. */
const notThere = [400, 404, 405];

export async function checkServer(
  server: Server,
  context: Pick<DestinationContext, 'fields' | 'now'>,
  config: ElasticsearchConfig,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { requireTemplate } = config;
  const no = (message: string): CheckResult => ({ ok: false, message });
  try {
    const version = await versionOf(server, config, signal);
    if (version !== undefined && !isServed(version)) {
      return no(`${server.where} is Elasticsearch ${version}; expected 8.17 or later, or 9.x`);
    }
    const lacks = await missingPrivileges(server, requireTemplate, signal);
    if (lacks.length > 0) {
      return no(`${server.where}: the credentials lack ${lacks.join(', ')}. Add that to their role`);
    }
    if (requireTemplate) {
      const { byStream } = await createTemplateGate(server, context).faults(new Set([sampleStream]), signal);
      const fault = byStream.get(sampleStream);
      if (fault !== undefined) return no(`${server.where}: ${fault.message}`);
    }
    const template = requireTemplate ? ', and our template is in force' : '; whether our template is, was not asked';
    return {
      ok: true,
      message: `Elasticsearch${version === undefined ? '' : ` ${version}`} at ${server.where} takes events${template}`,
    };
  } catch (error) {
    if (error instanceof RequestFailed) return no(adviceOn(error.fault, config));
    throw error;
  }
}

/** Undefined where the server does not tell. */
async function versionOf(
  server: Server,
  config: ElasticsearchConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  const hasPath = nodesOf(config).some(({ pathname }) => pathname !== '/');
  const root = await server
    .ask(signal, (client, options) => client.info({}, options), hasPath ? [] : notThere)
    .catch((error: unknown) => {
      if (!(error instanceof RequestFailed && notThere.includes(error.fault.status ?? 0))) throw error;
      throw unexpectedResponse(`${error.message}. Nothing of Elasticsearch's is at that path: correct it in \`nodes\``);
    });
  if (root === undefined) return undefined;
  const version = info.safeParse(root).data?.version.number;
  if (version === undefined) throw unexpectedResponse(`${server.where}: the answer names no version of Elasticsearch`);
  return version;
}

function isServed(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 8 && minor >= 17) || major === 9;
}

async function missingPrivileges(server: Server, forTemplate: boolean, signal: AbortSignal): Promise<string[]> {
  const needed = ['auto_configure', 'create_doc', ...(forTemplate ? ['view_index_metadata'] : [])];
  const index = [{ names: [streamPattern], privileges: needed }];
  const body = await server.ask(
    signal,
    (client, options) => client.security.hasPrivileges({ cluster: forTemplate ? ['monitor'] : [], index }, options),
    notThere,
  );
  const granted = privileges.safeParse(body).data ?? { cluster: {}, index: {} };
  const lacking = (kind: string, rights: Readonly<Record<string, boolean>>) =>
    Object.entries(rights).flatMap(([name, has]) => (has ? [] : [`the ${kind} privilege ${name}`]));
  return [
    ...lacking('cluster', granted.cluster),
    ...Object.entries(granted.index).flatMap(([names, rights]) => lacking(`index privilege on ${names}:`, rights)),
  ];
}
