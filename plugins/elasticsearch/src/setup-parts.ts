// The things that `setup` sees to, in the order in which they depend on each other.
import type { FieldDefinition } from '@xiq-siem/core';
import { z } from 'zod';
import type { ElasticsearchConfig } from './config.ts';
import type { Server } from './server.ts';
import { unexpectedResponse } from './server-fault.ts';
import { templateMetaOf } from './template-version.ts';
import {
  indexTemplate,
  ingestedPipeline,
  mappingsTemplate,
  names,
  settingsTemplate,
  streamPattern,
} from './templates.ts';
import { isMadeByOurTemplate, type WriteIndex, writeIndexes } from './write-index.ts';

export interface SetupPart {
  readonly name: string;
  readonly desired: unknown;
  /** Undefined where it is not there. */
  read(): Promise<unknown>;
  write(): Promise<void>;
}

/** Where each kind of thing stands in the answer to a question for one by its name. */
const component = z
  .object({ component_templates: z.tuple([z.object({ component_template: z.unknown() })]) })
  .transform(({ component_templates: [{ component_template }] }) => component_template);
const index = z
  .object({ index_templates: z.tuple([z.object({ index_template: z.unknown() })]) })
  .transform(({ index_templates: [{ index_template }] }) => index_template);
const pipeline = z.record(z.string(), z.unknown()).transform((pipelines) => pipelines[names.pipeline]);

/** Rejects with RequestFailed where the server does not let itself be asked. */
export async function setupParts(
  server: Server,
  config: ElasticsearchConfig,
  fields: readonly FieldDefinition[],
  signal: AbortSignal,
): Promise<readonly SetupPart[]> {
  const ours = templateMetaOf(fields);
  const request = (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, absent?: readonly number[]) =>
    server.ask(
      signal,
      (client, options) =>
        client.transport.request({ method, path, ...(body !== undefined && { body: JSON.stringify(body) }) }, options),
      absent,
    );

  const part = (kind: string, path: string, desired: unknown, found: z.ZodType): SetupPart => ({
    name: `${kind} ${path.slice(path.lastIndexOf('/') + 1)}`,
    desired,
    async read() {
      const parsed = found.optional().safeParse(await request('GET', path, undefined, [404]));
      if (parsed.success) return parsed.data;
      throw unexpectedResponse(`${server.where}: the answer about ${path} is none that we understand`);
    },
    async write() {
      await request('PUT', path, desired);
    },
  });

  /** An index keeps the mappings that it was made with: only the next one gets ours. */
  const rollover = ({ stream, index }: WriteIndex): SetupPart => ({
    name: `data stream ${stream}`,
    desired: { 'write index': 'made by our template' },
    async read() {
      const isOurs = await isMadeByOurTemplate(server, index, ours, signal);
      return { 'write index': isOurs ? 'made by our template' : `${index} made by another: roll over` };
    },
    async write() {
      await request('POST', `/${encodeURIComponent(stream)}/_rollover`);
    },
  });

  // Asked of the server itself: whether it takes such a template, without writing one.
  const probe = {
    index_patterns: ['xiq-siem-probe-*'],
    data_stream: {},
    template: { data_stream_options: { failure_store: { enabled: true } } },
  };
  const hasFailureStore = (await request('POST', '/_index_template/_simulate', probe, [400])) !== undefined;
  const settings = settingsTemplate(config, hasFailureStore);
  return [
    ...(config.ingestPipeline
      ? [part('ingest pipeline', `/_ingest/pipeline/${names.pipeline}`, ingestedPipeline, pipeline)]
      : []),
    part('component template', `/_component_template/${names.mappings}`, mappingsTemplate(fields), component),
    part('component template', `/_component_template/${names.settings}`, settings, component),
    part('index template', `/_index_template/${names.index}`, indexTemplate, index),
    ...(await writeIndexes(server, streamPattern, signal)).map(rollover),
  ];
}
