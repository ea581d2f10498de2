// The things that `setup` sees to, in the order in which they depend on each other.
import { ConnectorError, type FieldDefinition } from '@xiq-siem/core';
import { z } from 'zod';
import type { ElasticsearchConfig } from './config.ts';
import type { Answer, Server } from './server.ts';
import { standingOf, templateMetaOf } from './template-version.ts';
import {
  indexTemplate,
  ingestedPipeline,
  mappingsTemplate,
  names,
  settingsTemplate,
  streamPattern,
} from './templates.ts';
import { mappingsOfIndex, writeIndexNames } from './write-index.ts';

export interface SetupPart {
  readonly name: string;
  readonly desired: unknown;
  /** Undefined where it is not there. */
  read(): Promise<unknown>;
  write(): Promise<void>;
}

/** Rejects with a ConnectorError where the server does not let itself be asked. */
export async function setupParts(
  server: Server,
  config: ElasticsearchConfig,
  fields: readonly FieldDefinition[],
  signal: AbortSignal,
): Promise<readonly SetupPart[]> {
  const request = (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) =>
    server.ask(signal, (client, options) =>
      client.transport.request(
        { method, path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
        options,
      ),
    );

  const part = (kind: string, path: string, desired: unknown, found: z.ZodType): SetupPart => ({
    name: `${kind} ${path.slice(path.lastIndexOf('/') + 1)}`,
    desired,
    async read() {
      const answer = await request('GET', path);
      if (!answer.ok && answer.fault.status === 404) return undefined;
      const parsed = found.safeParse(bodyOf(answer));
      if (!parsed.success) throw failed(`${server.where}: the answer about ${path} is none that we understand`);
      return parsed.data;
    },
    async write() {
      bodyOf(await request('PUT', path, desired));
    },
  });

  /** Asked of the server itself: whether it takes such a template, without writing one. */
  const hasFailureStore = async () => {
    const answer = await request('POST', '/_index_template/_simulate', {
      index_patterns: ['xiq-siem-probe-*'],
      data_stream: {},
      template: { data_stream_options: { failure_store: { enabled: true } } },
    });
    if (!answer.ok && answer.fault.status === 400) return false;
    bodyOf(answer);
    return true;
  };

  const streams = async () => {
    const found = await writeIndexNames(server, streamPattern, signal);
    if (!found.ok) throw failed(found.fault.message);
    return found.streams;
  };

  /** An index keeps the mappings that it was made with: only the next one gets ours. */
  const rollover = ({ stream, index }: { readonly stream: string; readonly index: string }): SetupPart => ({
    name: `data stream ${stream}`,
    desired: { 'write index': 'made by our template' },
    async read() {
      const found = await mappingsOfIndex(server, index, signal);
      if (!found.ok) throw failed(found.fault.message);
      const { meta, dynamic } = found.index ?? {};
      const isOurs = standingOf(meta, templateMetaOf(fields)) === 'inForce' && dynamic === 'false';
      return { 'write index': isOurs ? 'made by our template' : `${index} made by another: roll over` };
    },
    async write() {
      bodyOf(await request('POST', `/${encodeURIComponent(stream)}/_rollover`));
    },
  });

  const component = z.object({ component_templates: z.tuple([z.object({ component_template: z.unknown() })]) });
  const foundComponent = component.transform(({ component_templates: [{ component_template }] }) => component_template);
  const index = z.object({ index_templates: z.tuple([z.object({ index_template: z.unknown() })]) });
  const foundIndex = index.transform(({ index_templates: [{ index_template }] }) => index_template);
  const foundPipeline = z.record(z.string(), z.unknown()).transform((pipelines) => pipelines[names.pipeline]);

  return [
    ...(config.ingestPipeline
      ? [part('ingest pipeline', `/_ingest/pipeline/${names.pipeline}`, ingestedPipeline(), foundPipeline)]
      : []),
    part('component template', `/_component_template/${names.mappings}`, mappingsTemplate(fields), foundComponent),
    part(
      'component template',
      `/_component_template/${names.settings}`,
      settingsTemplate(config, await hasFailureStore()),
      foundComponent,
    ),
    part('index template', `/_index_template/${names.index}`, indexTemplate(), foundIndex),
    ...(await streams()).map(rollover),
  ];
}

function bodyOf(answer: Answer): unknown {
  if (answer.ok) return answer.body;
  throw failed(answer.fault.message);
}

function failed(message: string): ConnectorError {
  return new ConnectorError('destination_failed', message);
}
