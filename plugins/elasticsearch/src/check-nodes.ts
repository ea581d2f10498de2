// Checks each node. One that delivery leaves out does not stop events; one that refuses requests does.
import type { CheckResult, DestinationContext } from '@xiq-siem/core';
import { checkServer } from './check.ts';
import { type ElasticsearchConfig, perNode } from './config.ts';
import { isLeftOut } from './fault-codes.ts';
import { openServer } from './server.ts';

/** Limit of one request with several nodes, so that one that hangs does not use the time of the whole check. */
const nodeTimeoutMs = 3_000;

export async function checkNodes(
  config: ElasticsearchConfig,
  context: DestinationContext,
  signal: AbortSignal,
): Promise<CheckResult> {
  const nodes = perNode(config);
  const timeoutMs = nodes.length > 1 ? nodeTimeoutMs : context.timeoutMs;
  const results = await Promise.all(
    nodes.map(async (one) => {
      const server = await openServer(one, { ...context, timeoutMs });
      try {
        return await checkServer(server, context, one, signal);
      } finally {
        server.close();
      }
    }),
  );
  const [first] = results;
  const failed = results.filter(({ ok }) => !ok);
  const refusing = failed.find(({ code }) => !isLeftOut(code));
  const working = results.find(({ ok }) => ok);
  const [{ ok, message, warning }] = [refusing ?? working ?? first ?? noNode];
  if (!ok) return { ok, message };
  if (nodes.length === 1) return { ok, message, ...(warning && { warning }) };
  const all = `${message}; ${nodes.length - failed.length} of ${nodes.length} nodes respond`;
  if (failed.length === 0) return { ok, message: all, ...(warning && { warning }) };
  return { ok, warning: true, message: `${all}. Left out: ${failed.map((one) => one.message).join('; ')}` };
}

const noNode = { ok: false, message: 'no nodes', warning: undefined } as const;
