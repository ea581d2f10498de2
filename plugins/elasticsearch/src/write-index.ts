// The write index of a data stream, and whether the connector's template created it.
import { z } from 'zod';
import type { Server } from './server.ts';
import { type TemplateMeta, templateStateOf } from './template-version.ts';

export interface WriteIndex {
  readonly stream: string;
  readonly index: string;
}

const resolved = z.object({
  data_streams: z.array(z.object({ name: z.string(), backing_indices: z.array(z.string()).min(1) })).default([]),
});
const mappingsByIndex = z.record(
  z.string(),
  z.object({ mappings: z.object({ _meta: z.unknown().optional(), dynamic: z.unknown().optional() }) }),
);

/** The data streams that match a name or pattern, each with its write index. */
export async function writeIndexes(
  server: Server,
  pattern: string,
  signal: AbortSignal,
): Promise<readonly WriteIndex[]> {
  const filter_path = ['data_streams.name', 'data_streams.backing_indices'];
  const body = await server.request(
    signal,
    (client, options) => client.indices.resolveIndex({ name: pattern, filter_path }, options),
    [404],
  );
  const streams = resolved.safeParse(body).data?.data_streams ?? [];
  // The last backing index is the write index.
  return streams.map(({ name, backing_indices }) => ({ stream: name, index: backing_indices.at(-1) ?? name }));
}

/** Undefined if the index does not exist. */
export async function isCreatedByTemplate(
  server: Server,
  index: string,
  expected: TemplateMeta,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const filter_path = ['*.mappings._meta.xiq_siem', '*.mappings.dynamic'];
  const body = await server.request(
    signal,
    (client, options) => client.indices.getMapping({ index, filter_path }, options),
    [404],
  );
  if (body === undefined) return undefined;
  // `filter_path` removes an index with neither field from the response.
  const mappings = Object.values(mappingsByIndex.safeParse(body).data ?? {})[0]?.mappings;
  // Depending on the version, `dynamic` is a boolean or a string.
  return templateStateOf(mappings?._meta, expected) === 'current' && String(mappings?.dynamic) === 'false';
}
