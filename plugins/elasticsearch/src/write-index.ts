// The index that a data stream writes to now, and what its mappings say of themselves.
import { z } from 'zod';
import type { Server } from './server.ts';
import type { ServerFault } from './server-fault.ts';

export interface WriteIndex {
  readonly name: string;
  readonly meta: unknown;
  /** As a word, since versions differ in whether it is one. */
  readonly dynamic: string;
}

const resolved = z.object({
  data_streams: z.array(z.object({ name: z.string(), backing_indices: z.array(z.string()).min(1) })).default([]),
});
const mappingsByIndex = z.record(
  z.string(),
  z.object({ mappings: z.object({ _meta: z.unknown().optional(), dynamic: z.unknown().optional() }) }),
);

type Found<Result> = ({ readonly ok: true } & Result) | { readonly ok: false; readonly fault: ServerFault };

/** Data streams that match a name or pattern, with the index that each writes to. None is not a fault. */
export async function writeIndexNames(
  server: Server,
  pattern: string,
  signal: AbortSignal,
): Promise<Found<{ readonly streams: readonly { readonly stream: string; readonly index: string }[] }>> {
  const answer = await server.ask(signal, (client, options) =>
    client.indices.resolveIndex(
      { name: pattern, filter_path: ['data_streams.name', 'data_streams.backing_indices'] },
      options,
    ),
  );
  if (!answer.ok) return answer.fault.status === 404 ? { ok: true, streams: [] } : answer;
  const { data_streams } = resolved.safeParse(answer.body).data ?? { data_streams: [] };
  return {
    ok: true,
    // The last one is written to.
    streams: data_streams.map(({ name, backing_indices }) => ({ stream: name, index: backing_indices.at(-1) ?? name })),
  };
}

/** `index` is undefined where there is no such data stream yet. */
export async function writeIndexOf(
  server: Server,
  stream: string,
  signal: AbortSignal,
): Promise<Found<{ readonly index: WriteIndex | undefined }>> {
  const names = await writeIndexNames(server, stream, signal);
  if (!names.ok) return names;
  const name = names.streams[0]?.index;
  return name === undefined ? { ok: true, index: undefined } : mappingsOfIndex(server, name, signal);
}

/** `index` is undefined where there is no such index. */
export async function mappingsOfIndex(
  server: Server,
  name: string,
  signal: AbortSignal,
): Promise<Found<{ readonly index: WriteIndex | undefined }>> {
  const answer = await server.ask(signal, (client, options) =>
    client.indices.getMapping(
      { index: name, filter_path: ['*.mappings._meta.xiq_siem', '*.mappings.dynamic'] },
      options,
    ),
  );
  if (!answer.ok) return answer.fault.status === 404 ? { ok: true, index: undefined } : answer;
  // An index whose mappings hold neither is filtered out of the answer.
  const mappings = Object.values(mappingsByIndex.safeParse(answer.body).data ?? {})[0]?.mappings;
  return { ok: true, index: { name, meta: mappings?._meta, dynamic: String(mappings?.dynamic) } };
}
