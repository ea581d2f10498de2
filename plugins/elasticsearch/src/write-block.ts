// Whether the cluster, or the write index of a data stream, refuses writes: read-only, or a full disk.
import { z } from 'zod';
import type { Server } from './server.ts';
import { RequestFailed } from './server-fault.ts';
import { streamPattern } from './templates.ts';
import { writeIndexes } from './write-index.ts';

const list = z.record(z.string(), z.object({ description: z.string(), levels: z.array(z.string()) })).default({});
const clusterState = z.object({
  blocks: z.object({ global: list, indices: z.record(z.string(), list).default({}) }).optional(),
});

/** Statuses of servers without this endpoint, and for credentials that may not see it. */
const unseenStatuses = [400, 403, 404, 405, 410];

/** Undefined if nothing refuses writes, or if the credentials cannot see it. */
export async function writeBlock(server: Server, signal: AbortSignal): Promise<string | undefined> {
  const body = await server.request(
    signal,
    (client, options) => client.cluster.state({ metric: 'blocks', filter_path: ['blocks'] }, options),
    unseenStatuses,
  );
  const { global = {}, indices = {} } = clusterState.safeParse(body).data?.blocks ?? {};
  const ofCluster = refusal(global);
  if (ofCluster !== undefined) return `the cluster refuses writes: ${ofCluster}`;
  if (Object.keys(indices).length === 0) return undefined;
  try {
    for (const { stream, index } of await writeIndexes(server, streamPattern, signal)) {
      const ofIndex = refusal(indices[index] ?? {});
      if (ofIndex !== undefined)
        return `data stream ${stream} refuses writes: ${ofIndex}. Free disk space, or remove the block`;
    }
  } catch (error) {
    if (!(error instanceof RequestFailed) || error.fault.code !== 'forbidden') throw error;
  }
  return undefined;
}

function refusal(blocks: z.output<typeof list>): string | undefined {
  return Object.values(blocks).find(({ levels }) => levels.includes('write'))?.description;
}
