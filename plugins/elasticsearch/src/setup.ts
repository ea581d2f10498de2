// Makes Elasticsearch ready for our events: says what it would write, and writes it.
import type { DestinationContext, DestinationSetup, SetupChange } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import { difference } from './difference.ts';
import { openServer } from './server.ts';
import { type SetupPart, setupParts } from './setup-parts.ts';

const timeLimitMs = 60_000;

/**
 * Asks for the privilege `manage_index_templates`, with `ingestPipeline` for `manage_pipeline`, and for `manage` on
 * data streams that have to roll over.
 */
export async function elasticsearchSetup(
  config: ElasticsearchConfig,
  context: DestinationContext,
): Promise<DestinationSetup> {
  /** Connections live no longer than the work, so that a command can end. */
  async function withParts<Result>(work: (parts: readonly SetupPart[]) => Promise<Result>): Promise<Result> {
    const server = await openServer(config, context);
    try {
      return await work(await setupParts(server, config, context.fields, AbortSignal.timeout(timeLimitMs)));
    } finally {
      server.close();
    }
  }

  return {
    plan: () =>
      withParts(async (parts) => {
        const changes: SetupChange[] = [];
        for (const part of parts) changes.push(await changeOf(part));
        return changes;
      }),
    apply: () =>
      withParts(async (parts) => {
        for (const part of parts) {
          const { kind } = await changeOf(part);
          if (kind !== 'unchanged') await part.write();
        }
      }),
  };
}

async function changeOf({ name, desired, read }: SetupPart): Promise<SetupChange> {
  const current = await read();
  const diff = difference(current, desired);
  const kind = current === undefined ? 'create' : diff.length === 0 ? 'unchanged' : 'update';
  return { kind, name, diff };
}
