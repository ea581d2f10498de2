// The parts that `setup` writes, in order of dependency.
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
import { isCreatedByTemplate, type WriteIndex, writeIndexes } from './write-index.ts';

const createdByTemplate = 'created by the template of the connector';

export interface SetupPart {
  readonly name: string;
  readonly desired: unknown;
  /** Undefined if it does not exist. */
  read(): Promise<unknown>;
  write(): Promise<unknown>;
}

/** Each schema extracts one kind of part from its GET response. */
const component = z
  .object({ component_templates: z.tuple([z.object({ component_template: z.unknown() })]) })
  .transform(({ component_templates: [{ component_template }] }) => component_template);
const index = z
  .object({ index_templates: z.tuple([z.object({ index_template: z.unknown() })]) })
  .transform(({ index_templates: [{ index_template }] }) => index_template);
const pipeline = z.record(z.string(), z.unknown()).transform((pipelines) => pipelines[names.pipeline]);

/** Rejects with RequestFailed if a request fails. */
export async function setupParts(
  server: Server,
  config: ElasticsearchConfig,
  fields: readonly FieldDefinition[],
  signal: AbortSignal,
): Promise<readonly SetupPart[]> {
  const expected = templateMetaOf(fields);
  const callApi = (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, absent?: readonly number[]) =>
    server.request(
      signal,
      (client, options) =>
        client.transport.request({ method, path, ...(body !== undefined && { body: JSON.stringify(body) }) }, options),
      absent,
    );

  async function readPart(path: string, found: z.ZodType): Promise<unknown> {
    const parsed = found.optional().safeParse(await callApi('GET', path, undefined, [404]));
    if (parsed.success) return parsed.data;
    throw unexpectedResponse(`${server.where}: unreadable response for ${path}`);
  }

  const part = (kind: string, path: string, desired: unknown, found: z.ZodType): SetupPart => ({
    name: `${kind} ${path.slice(path.lastIndexOf('/') + 1)}`,
    desired,
    read: () => readPart(path, found),
    write: () => callApi('PUT', path, desired),
  });

  async function readWriteIndex(index: string): Promise<object> {
    const isCreated = await isCreatedByTemplate(server, index, expected, signal);
    return { 'write index': isCreated ? createdByTemplate : `${index} created by another template: roll over` };
  }

  /** An index keeps the mappings that it was created with: only the next index gets those of the template. */
  const rollover = ({ stream, index }: WriteIndex): SetupPart => ({
    name: `data stream ${stream}`,
    desired: { 'write index': createdByTemplate },
    read: () => readWriteIndex(index),
    write: () => callApi('POST', `/${encodeURIComponent(stream)}/_rollover`),
  });

  // Checks whether the server supports the failure store, without writing a template.
  const probe = {
    index_patterns: ['xiq-siem-probe-*'],
    data_stream: {},
    template: { data_stream_options: { failure_store: { enabled: true } } },
  };
  const hasFailureStore = (await callApi('POST', '/_index_template/_simulate', probe, [400])) !== undefined;
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
