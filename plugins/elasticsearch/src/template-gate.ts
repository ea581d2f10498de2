// Whether our template is in force for a data stream: for the indices that it will have, and for the one written to now.
import type { DestinationContext } from '@xiq-siem/core';
import { z } from 'zod';
import type { FaultCode } from './fault-codes.ts';
import type { Server } from './server.ts';
import { RequestFailed, unexpectedResponse } from './server-fault.ts';
import { componentTemplateList, indexTemplateList, type TemplateLists, templateFault } from './template-rules.ts';
import { type TemplateMeta, templateMetaOf } from './template-version.ts';
import { isMadeByOurTemplate, writeIndexes } from './write-index.ts';

export interface GateFault {
  readonly code: FaultCode;
  readonly message: string;
}

export interface GateFaults {
  readonly byStream: ReadonlyMap<string, GateFault>;
  /** The one that all data streams have in common. */
  readonly everywhere?: GateFault | undefined;
}

const validMs = 3_600_000;
/** Streams that answers are kept of: there are about ten, unless something is very wrong. */
const maxStreams = 1000;

export function createTemplateGate(server: Server, context: Pick<DestinationContext, 'fields' | 'now'>) {
  const ours = templateMetaOf(context.fields);
  const askedAtMs = new Map<string, number>();

  /** Asks the server where the last good answer for a stream is an hour old, or where there is none. */
  async function faults(streams: ReadonlySet<string>, signal: AbortSignal): Promise<GateFaults> {
    const nowMs = context.now();
    const due = [...streams].filter((stream) => Math.abs(nowMs - (askedAtMs.get(stream) ?? -validMs)) >= validMs);
    const byStream = new Map<string, GateFault>();
    if (due.length === 0) return { byStream };
    const lists = await templateLists(server, signal);
    let everywhere: GateFault | undefined;
    for (const stream of due) {
      const found = templateFault(stream, lists, ours);
      const fault: GateFault | undefined = found
        ? { code: 'template_missing', message: found.message }
        : await writeIndexFault(server, stream, ours, signal);
      if (found?.everywhere) everywhere = fault;
      if (fault !== undefined) byStream.set(stream, fault);
    }
    if (askedAtMs.size > maxStreams) askedAtMs.clear();
    for (const stream of due) {
      if (byStream.has(stream)) askedAtMs.delete(stream);
      else askedAtMs.set(stream, nowMs);
    }
    return { byStream, everywhere };
  }

  /** `forget` makes the next question ask the server. */
  return { faults, forget: () => askedAtMs.clear() };
}

async function writeIndexFault(
  server: Server,
  stream: string,
  ours: TemplateMeta,
  signal: AbortSignal,
): Promise<GateFault | undefined> {
  try {
    const index = (await writeIndexes(server, stream, signal))[0]?.index;
    if (index === undefined || (await isMadeByOurTemplate(server, index, ours, signal)) !== false) return undefined;
    return {
      code: 'rollover_needed',
      message: `data stream ${stream} writes to ${index}, which was made before our template was in force: run \`xiq-siem setup\`, or roll it over`,
    };
  } catch (error) {
    // Rights differ from stream to stream: the others go on.
    if (error instanceof RequestFailed && error.fault.code === 'forbidden') {
      return { code: 'forbidden', message: error.message };
    }
    throw error;
  }
}

/**
 * `_simulate_index` would resolve all this for us, but asks for the privilege to write every template of the cluster;
 * the lists ask for `monitor`.
 */
async function templateLists(server: Server, signal: AbortSignal): Promise<TemplateLists> {
  const template = 'index_templates.index_template';
  const indexPaths = ['index_patterns', 'priority', 'composed_of', 'template.mappings.dynamic'];
  const mappings = 'component_templates.component_template.template.mappings';
  const componentPaths = ['component_templates.name', `${mappings}.dynamic`, `${mappings}._meta.xiq_siem`];
  const responses = [
    await server.ask(signal, (client, options) =>
      client.indices.getIndexTemplate(
        { filter_path: ['index_templates.name', ...indexPaths.map((path) => `${template}.${path}`)] },
        options,
      ),
    ),
    await server.ask(signal, (client, options) =>
      client.cluster.getComponentTemplate({ filter_path: componentPaths }, options),
    ),
  ];
  const lists = z.tuple([indexTemplateList, componentTemplateList]).safeParse(responses);
  if (!lists.success) throw unexpectedResponse(`${server.where}: the list of templates is none that we understand`);
  const [{ index_templates }, { component_templates }] = lists.data;
  return { index: index_templates, components: component_templates };
}
