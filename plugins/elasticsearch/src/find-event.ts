// Searches the data streams of a data set for one event.
import { ConnectorError, type EventToFind, type FindResult } from '@xiq-siem/core';
import { z } from 'zod';
import { messageWithAdvice } from './advice.ts';
import type { ElasticsearchConfig } from './config.ts';
import type { Server } from './server.ts';
import { RequestFailed } from './server-fault.ts';
import { streamsOf } from './stream-name.ts';
import { streamPattern } from './templates.ts';

const responseBody = z.object({
  timed_out: z.boolean().default(false),
  _shards: z.object({ total: z.int(), failed: z.int() }),
  hits: z
    .object({ hits: z.array(z.object({ _index: z.string(), _id: z.string() })).default([]) })
    .default({ hits: [] }),
});

const readPrivilege = `the index privilege read on ${streamPattern}`;

/**
 * Searches once. A search finds a document only after the next refresh, about a second after its delivery. Rejects with
 * a ConnectorError if the result is not certain.
 */
export async function findEvent(
  server: Server,
  config: Pick<ElasticsearchConfig, 'apiKey' | 'basic'>,
  { id, dataset }: Pick<EventToFind, 'id' | 'dataset'>,
  signal: AbortSignal,
): Promise<FindResult> {
  const { where } = server;
  const streams = streamsOf(dataset);
  if (streams === undefined) throw failed(`${where}: "${dataset}" is not valid in the name of a data stream`);
  // A data stream has no "get by id", but its documents keep the id that they were created with.
  const query = {
    index: streams,
    query: { ids: { values: [id] } },
    size: 1,
    _source: false,
    track_total_hits: false,
    filter_path: ['timed_out', '_shards.total', '_shards.failed', 'hits.hits._index', 'hits.hits._id'],
  };
  const body = await server
    .request(signal, (client, options) => client.search(query, options))
    .catch((error: unknown) => {
      if (!(error instanceof RequestFailed)) throw error;
      if (error.fault.code !== 'forbidden') throw failed(messageWithAdvice(error.fault, config));
      throw failed(`${error.message}. A search requires ${readPrivilege}`);
    });
  const found = responseBody.safeParse(body).data;
  if (found === undefined) throw failed(`${where}: unreadable search response`);
  const { timed_out, _shards, hits } = found;
  const hit = hits.hits.find(({ _id }) => _id === id);
  if (hit !== undefined) return { found: true, message: `found in ${hit._index} at ${where}` };
  if (_shards.total === 0) {
    const causes = `no event was delivered yet, or the credentials lack ${readPrivilege}`;
    throw failed(`${where}: no data stream matches ${streams}: ${causes}`);
  }
  if (timed_out || _shards.failed > 0) {
    const shards = `${_shards.failed} of ${_shards.total} shards of ${streams}`;
    throw failed(`${where}: ${shards} did not respond: check the health of the cluster`);
  }
  return {
    found: false,
    message: `not found in ${streams} at ${where}: not stored, or not refreshed yet`,
  };
}

function failed(message: string): ConnectorError {
  return new ConnectorError('destination_failed', message);
}
