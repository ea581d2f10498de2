// Looks for one event among the documents of its data set.
import { ConnectorError, type EventToFind, type FindResult } from '@xiq-siem/core';
import { z } from 'zod';
import { adviceOn } from './advice.ts';
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
 * Asks once. A search shows a document after the next refresh only, a second or so after it was taken. Rejects with a
 * ConnectorError where nothing can be said.
 */
export async function findEvent(
  server: Server,
  config: Pick<ElasticsearchConfig, 'apiKey' | 'basic'>,
  { id, dataset }: Pick<EventToFind, 'id' | 'dataset'>,
  signal: AbortSignal,
): Promise<FindResult> {
  const { where } = server;
  const streams = streamsOf(dataset);
  if (streams === undefined) throw failed(`${where}: "${dataset}" cannot name a data stream: nothing is there`);
  // A data stream has no "get by id", but its documents keep the id under which they were created.
  const question = {
    index: streams,
    query: { ids: { values: [id] } },
    size: 1,
    _source: false,
    track_total_hits: false,
    filter_path: ['timed_out', '_shards.total', '_shards.failed', 'hits.hits._index', 'hits.hits._id'],
  };
  const body = await server
    .ask(signal, (client, options) => client.search(question, options))
    .catch((error: unknown) => {
      if (!(error instanceof RequestFailed)) throw error;
      if (error.fault.code !== 'forbidden') throw failed(adviceOn(error.fault, config));
      throw failed(`${error.message}. To search, the credentials need ${readPrivilege}`);
    });
  const found = responseBody.safeParse(body).data;
  if (found === undefined) throw failed(`${where}: the answer to a search is none that we understand`);
  const { timed_out, _shards, hits } = found;
  const hit = hits.hits.find(({ _id }) => _id === id);
  if (hit !== undefined) return { found: true, message: `${hit._index} at ${where} holds it` };
  if (_shards.total === 0) {
    const causes = `nothing was delivered there yet, or the credentials lack ${readPrivilege}`;
    throw failed(`${where}: no data stream ${streams} to search: ${causes}`);
  }
  if (timed_out || _shards.failed > 0) {
    const shards = `${_shards.failed} of ${_shards.total} shards of ${streams}`;
    throw failed(`${where}: ${shards} gave no answer: see the cluster's health`);
  }
  return {
    found: false,
    message: `a search of ${streams} at ${where} does not show it: not there, or not refreshed yet`,
  };
}

function failed(message: string): ConnectorError {
  return new ConnectorError('destination_failed', message);
}
