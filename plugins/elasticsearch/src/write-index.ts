// The index that a data stream writes to now, and whether our template made it.
import { z } from 'zod';
import type { Server } from './server.ts';
import { standingOf, type TemplateMeta } from './template-version.ts';

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

/** Data streams that match a name or pattern, with the index that each writes to; none where there are none. */
export async function writeIndexes(
  server: Server,
  pattern: string,
  signal: AbortSignal,
): Promise<readonly WriteIndex[]> {
  const filter_path = ['data_streams.name', 'data_streams.backing_indices'];
  const body = await server.ask(
    signal,
    (client, options) => client.indices.resolveIndex({ name: pattern, filter_path }, options),
    [404],
  );
  const streams = resolved.safeParse(body).data?.data_streams ?? [];
  // The last one is written to.
  return streams.map(({ name, backing_indices }) => ({ stream: name, index: backing_indices.at(-1) ?? name }));
}

/** Undefined where there is no such index. */
export async function isMadeByOurTemplate(
  server: Server,
  index: string,
  ours: TemplateMeta,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const filter_path = ['*.mappings._meta.xiq_siem', '*.mappings.dynamic'];
  const body = await server.ask(
    signal,
    (client, options) => client.indices.getMapping({ index, filter_path }, options),
    [404],
  );
  if (body === undefined) return undefined;
  // An index whose mappings hold neither is filtered out of the answer.
  const mappings = Object.values(mappingsByIndex.safeParse(body).data ?? {})[0]?.mappings;
  // Versions differ in whether `dynamic` is a word.
  return standingOf(mappings?._meta, ours) === 'inForce' && String(mappings?.dynamic) === 'false';
}
