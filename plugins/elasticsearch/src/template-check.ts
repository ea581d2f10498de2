// Checks whether the connector's template is active for a data stream: for its future indices and its write index.
import type { DestinationContext } from '@xiq-siem/core';
import { z } from 'zod';
import type { FaultCode } from './fault-codes.ts';
import type { Server } from './server.ts';
import { RequestFailed, unexpectedResponse } from './server-fault.ts';
import { componentTemplateList, indexTemplateList, type TemplateLists, templateFault } from './template-rules.ts';
import { type TemplateMeta, templateMetaOf } from './template-version.ts';
import { isCreatedByTemplate, writeIndexes } from './write-index.ts';

export interface StreamFault {
  readonly code: FaultCode;
  readonly message: string;
}

export interface StreamFaults {
  readonly byStream: ReadonlyMap<string, StreamFault>;
  /** A fault that all data streams share. */
  readonly common?: StreamFault | undefined;
}

const cacheMs = 3_600_000;
/** Limit of the cache. About ten data streams are normal. */
const maxStreams = 1000;

export function createTemplateCheck(server: Server, context: Pick<DestinationContext, 'fields' | 'now'>) {
  const expected = templateMetaOf(context.fields);
  const checkedAtMs = new Map<string, number>();

  /** Checks each data stream again one hour after its last check without a fault. */
  async function faults(streams: ReadonlySet<string>, signal: AbortSignal): Promise<StreamFaults> {
    const nowMs = context.now();
    const due = [...streams].filter((stream) => Math.abs(nowMs - (checkedAtMs.get(stream) ?? -cacheMs)) >= cacheMs);
    const byStream = new Map<string, StreamFault>();
    if (due.length === 0) return { byStream };
    const lists = await templateLists(server, signal);
    let common: StreamFault | undefined;
    for (const stream of due) {
      const found = templateFault(stream, lists, expected);
      const fault: StreamFault | undefined = found
        ? { code: 'template_inactive', message: found.message }
        : await writeIndexFault(server, stream, expected, signal);
      if (found?.common) common = fault;
      if (fault !== undefined) byStream.set(stream, fault);
    }
    if (checkedAtMs.size > maxStreams) checkedAtMs.clear();
    for (const stream of due) {
      if (byStream.has(stream)) checkedAtMs.delete(stream);
      else checkedAtMs.set(stream, nowMs);
    }
    return { byStream, common };
  }

  /** `forget` clears the cache. */
  return { faults, forget: () => checkedAtMs.clear() };
}

async function writeIndexFault(
  server: Server,
  stream: string,
  expected: TemplateMeta,
  signal: AbortSignal,
): Promise<StreamFault | undefined> {
  try {
    const index = (await writeIndexes(server, stream, signal))[0]?.index;
    if (index === undefined || (await isCreatedByTemplate(server, index, expected, signal)) !== false) return undefined;
    return {
      code: 'rollover_needed',
      message: `data stream ${stream} writes to ${index}, which was created before the template was active: run \`xiq-siem setup\`, or roll it over`,
    };
  } catch (error) {
    // Privileges may differ between data streams: only this one is blocked.
    if (error instanceof RequestFailed && error.fault.code === 'forbidden') {
      return { code: 'forbidden', message: error.message };
    }
    throw error;
  }
}

/**
 * `_simulate_index` would resolve the templates, but requires the privilege to write every template of the cluster. The
 * lists require only `monitor`.
 */
async function templateLists(server: Server, signal: AbortSignal): Promise<TemplateLists> {
  const template = 'index_templates.index_template';
  const indexPaths = ['index_patterns', 'priority', 'composed_of', 'template.mappings.dynamic'];
  const mappings = 'component_templates.component_template.template.mappings';
  const componentPaths = ['component_templates.name', `${mappings}.dynamic`, `${mappings}._meta.xiq_siem`];
  const responses = [
    await server.request(signal, (client, options) =>
      client.indices.getIndexTemplate(
        { filter_path: ['index_templates.name', ...indexPaths.map((path) => `${template}.${path}`)] },
        options,
      ),
    ),
    await server.request(signal, (client, options) =>
      client.cluster.getComponentTemplate({ filter_path: componentPaths }, options),
    ),
  ];
  const lists = z.tuple([indexTemplateList, componentTemplateList]).safeParse(responses);
  if (!lists.success) throw unexpectedResponse(`${server.where}: unreadable list of templates`);
  const [{ index_templates }, { component_templates }] = lists.data;
  return { index: index_templates, components: component_templates };
}
