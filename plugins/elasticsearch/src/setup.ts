// Makes Elasticsearch ready for our events: says what it would write, and writes it.
import { ConnectorError, type DestinationContext, type DestinationSetup, type SetupChange } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import { difference } from './difference.ts';
import { type Answer, openServer, type Server } from './server.ts';
import { type SetupPart, setupParts } from './setup-parts.ts';

const timeLimitMs = 60_000;

/** Asks for the privileges `manage_index_templates`, with `ingestPipeline` also `manage_pipeline`, and `manage` on the streams. */
export async function elasticsearchSetup(
  config: ElasticsearchConfig,
  context: DestinationContext,
): Promise<DestinationSetup> {
  /** Connections live no longer than what they are for, so that a command can end. */
  const withServer = async <Result>(work: (server: Server, signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const server = await openServer(config, context);
    try {
      return await work(server, AbortSignal.timeout(timeLimitMs));
    } finally {
      server.close();
    }
  };
  return {
    plan: () =>
      withServer(async (server, signal) => {
        const changes: SetupChange[] = [];
        for (const part of await setupParts(server, config, context.fields, signal)) {
          changes.push(await changeOf(part, signal));
        }
        return changes;
      }),
    apply: () =>
      withServer(async (server, signal) => {
        // Each is looked at when it is its turn: whether a stream has to roll over shows once the templates are written.
        for (const part of await setupParts(server, config, context.fields, signal)) {
          const { kind } = await changeOf(part, signal);
          if (kind !== 'unchanged') await part.write(signal);
        }
      }),
  };
}
