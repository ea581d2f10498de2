// One `_bulk` request. It creates each event under its id, so that a second delivery creates no duplicate.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BatchItem } from '@xiq-siem/core';
import { compatible, type Server } from './server.ts';

/** An event and its data stream. */
export interface RoutedEvent {
  readonly item: BatchItem;
  readonly stream: string;
}

const compress = promisify(gzip);

/** The parts of a response that verdicts need. A full response is about as long as the request. */
const filterPath = [
  'items.*.status',
  'items.*._id',
  'items.*.failure_store',
  'items.*.error.type',
  'items.*.error.reason',
  'items.*.error.caused_by.reason',
];

/** Resolves to the response body. */
export async function sendBulk(
  server: Server,
  routed: readonly RoutedEvent[],
  useGzip: boolean,
  signal: AbortSignal,
): Promise<unknown> {
  // Two lines per event. The JSON of a document is created once for all destinations.
  const lines = routed.map(({ item, stream }) => {
    const action = JSON.stringify({ create: { _index: stream, _id: item.id } });
    return `${action}\n${item.json}\n`;
  });
  const text = lines.join('');
  const body = useGzip ? await compress(text, { level: 1 }) : text;
  const encoding = useGzip ? { 'content-encoding': 'gzip' } : {};
  return sendBulkBody(server, body, encoding, signal);
}

/** Sends lines as they are. */
export function sendBulkBody(
  server: Server,
  body: string | Buffer,
  encoding: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  // Without a shorter `timeout`: it would move events of a shard that recovers to the failure store.
  return server.request(signal, (client, options) =>
    client.bulk(
      { body, require_data_stream: true, filter_path: filterPath },
      { ...options, headers: { ...options.headers, 'content-type': compatible.ndjson, ...encoding } },
    ),
  );
}
