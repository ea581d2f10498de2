// Asks Elasticsearch whether it would take events, without sending one, and says in words what is wrong.
import type { CheckResult, DestinationContext } from '@xiq-siem/core';
import { z } from 'zod';
import { adviceOn } from './advice.ts';
import { type ElasticsearchConfig, nodesOf } from './config.ts';
import type { Server } from './server.ts';
import type { ServerFault } from './server-fault.ts';
import { sampleStream } from './stream-name.ts';
import { createTemplateGate } from './template-gate.ts';
import { streamPattern } from './templates.ts';

const info = z.object({ version: z.object({ number: z.string().regex(/^\d+\.\d+/) }) });
const privileges = z.object({
  cluster: z.record(z.string(), z.boolean()).default({}),
  index: z.record(z.string(), z.record(z.string(), z.boolean())).default({}),
});

/** Servers that are built without a part of the interface, and those without security. */
const notThere: ReadonlySet<number | undefined> = new Set([400, 404, 405]);

export async function checkServer(
  server: Server,
  context: Pick<DestinationContext, 'fields' | 'now'>,
  config: ElasticsearchConfig,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { requireTemplate } = config;
  const no = (message: string): CheckResult => ({ ok: false, message });

  const root = await server.ask(signal, (client, options) => client.info({}, options));
  if (!root.ok && !notThere.has(root.fault.status)) return no(adviceOn(root.fault, config));
  if (!root.ok && nodesOf(config).some(({ pathname }) => pathname !== '/')) {
    return no(`${root.fault.message}. Nothing of Elasticsearch's is at that path: correct it in \`nodes\``);
  }
  const version = root.ok ? info.safeParse(root.body).data?.version.number : undefined;
  if (root.ok && version === undefined) return no(`${server.where}: the answer names no version of Elasticsearch`);
  if (version !== undefined && !isServed(version)) {
    return no(`${server.where} is Elasticsearch ${version}; expected 8.17 or later, or 9.x`);
  }

  const lacks = await missingPrivileges(server, requireTemplate, signal);
  if (!lacks.ok) return no(adviceOn(lacks.fault, config));
  if (lacks.names.length > 0)
    return no(`${server.where}: the credentials lack ${lacks.names.join(', ')}. Add that to their role`);

  if (requireTemplate) {
    const answer = await createTemplateGate(server, context).faults(new Set([sampleStream]), signal);
    if (!answer.ok) return no(adviceOn(answer.fault, config));
    const fault = answer.faults.get(sampleStream);
    if (fault !== undefined) return no(`${server.where}: ${fault.message}`);
  }
  const template = requireTemplate ? ', and our template is in force' : '; whether our template is, was not asked';
  return {
    ok: true,
    message: `Elasticsearch${version === undefined ? '' : ` ${version}`} at ${server.where} takes events${template}`,
  };
}

function isServed(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 8 && minor >= 17) || major === 9;
}

async function missingPrivileges(
  server: Server,
  requireTemplate: boolean,
  signal: AbortSignal,
): Promise<
  { readonly ok: true; readonly names: readonly string[] } | { readonly ok: false; readonly fault: ServerFault }
> {
  const answer = await server.ask(signal, (client, options) =>
    client.security.hasPrivileges(
      {
        cluster: requireTemplate ? ['monitor'] : [],
        index: [
          {
            names: [streamPattern],
            privileges: ['auto_configure', 'create_doc', ...(requireTemplate ? ['view_index_metadata'] : [])],
          },
        ],
      },
      options,
    ),
  );
  if (!answer.ok) return notThere.has(answer.fault.status) ? { ok: true, names: [] } : answer;
  const { cluster, index } = privileges.safeParse(answer.body).data ?? { cluster: {}, index: {} };
  const lacking = (kind: string, granted: Readonly<Record<string, boolean>>) =>
    Object.entries(granted).flatMap(([name, has]) => (has ? [] : [`the ${kind} privilege ${name}`]));
  return {
    ok: true,
    names: [
      ...lacking('cluster', cluster),
      ...Object.entries(index).flatMap(([names, granted]) => lacking(`index privilege on ${names}:`, granted)),
    ],
  };
}
