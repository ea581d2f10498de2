// One `_bulk` request: each event is created under its id, which makes sending it twice harmless.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BatchItem } from '@xiq-siem/core';
import { compatible, type Server } from './server.ts';

/** An event and the data stream that it goes to. */
export interface Routed {
  readonly item: BatchItem;
  readonly stream: string;
}

const compress = promisify(gzip);

/** The parts of an answer that verdicts are made of: without it an answer is about as long as the request. */
const filterPath = [
  'items.*.status',
  'items.*._id',
  'items.*.failure_store',
  'items.*.error.type',
  'items.*.error.reason',
  'items.*.error.caused_by.reason',
];

/** The answer's body. */
export async function sendBulk(
  server: Server,
  routed: readonly Routed[],
  useGzip: boolean,
  signal: AbortSignal,
): Promise<unknown> {
  // Two lines an event; the documents are sent as they were serialised, once for all destinations.
  const lines = routed.map(({ item, stream }) => {
    const action = JSON.stringify({ create: { _index: stream, _id: item.id } });
    return `${action}\n${item.json}\n`;
  });
  const text = lines.join('');
  const body = useGzip ? await compress(text, { level: 1 }) : text;
  const encoding = useGzip ? { 'content-encoding': 'gzip' } : {};
  return server.ask(signal, (client, options) =>
    client.bulk(
      { body, require_data_stream: true, filter_path: filterPath },
      { ...options, headers: { ...options.headers, 'content-type': compatible.ndjson, ...encoding } },
    ),
  );
}
