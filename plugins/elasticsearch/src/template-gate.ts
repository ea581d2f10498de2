// Whether our template is in force for a data stream: for the indices that it will have, and for the one written to now.
import type { DestinationContext } from '@xiq-siem/core';
import type { FaultCode } from './fault-codes.ts';
import type { Server } from './server.ts';
import type { ServerFault } from './server-fault.ts';
import { componentTemplateList, indexTemplateList, type TemplateLists, templateFault } from './template-rules.ts';
import { standingOf, type TemplateMeta, templateMetaOf } from './template-version.ts';
import { writeIndexOf } from './write-index.ts';

export interface GateFault {
  readonly code: FaultCode;
  readonly message: string;
}

/** What was found out: faults by data stream, and the one that all have in common; or that it could not be found out. */
export type GateAnswer =
  | { readonly ok: true; readonly faults: ReadonlyMap<string, GateFault>; readonly everywhere?: GateFault }
  | { readonly ok: false; readonly fault: ServerFault };

export interface TemplateGate {
  /** Asks the server where the last good answer for a stream is an hour old, or where there is none. */
  faults(streams: ReadonlySet<string>, signal: AbortSignal): Promise<GateAnswer>;
  /** Makes the next question ask the server. */
  forget(): void;
}

const validMs = 3_600_000;
/** Streams that answers are kept of: there are about ten, unless something is very wrong. */
const maxStreams = 1000;

export function createTemplateGate(server: Server, context: Pick<DestinationContext, 'fields' | 'now'>): TemplateGate {
  const ours = templateMetaOf(context.fields);
  const askedAtMs = new Map<string, number>();

  return {
    forget: () => askedAtMs.clear(),
    async faults(streams, signal) {
      const nowMs = context.now();
      const due = [...streams].filter((stream) => Math.abs(nowMs - (askedAtMs.get(stream) ?? -validMs)) >= validMs);
      if (due.length === 0) return { ok: true, faults: new Map() };
      const answer = await templateFaults(server, due, ours, signal);
      if (!answer.ok) return answer;
      if (askedAtMs.size > maxStreams) askedAtMs.clear();
      for (const stream of due) {
        if (answer.faults.has(stream)) askedAtMs.delete(stream);
        else askedAtMs.set(stream, nowMs);
      }
      return answer;
    },
  };
}

async function templateFaults(
  server: Server,
  streams: readonly string[],
  ours: TemplateMeta,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const lists = await templateLists(server, signal);
  if (!('index' in lists)) return lists;
  const faults = new Map<string, GateFault>();
  let everywhere: GateFault | undefined;
  for (const stream of streams) {
    const found = templateFault(stream, lists, ours);
    if (found !== undefined) {
      const fault: GateFault = { code: 'template_missing', message: found.message };
      faults.set(stream, fault);
      if (found.everywhere) everywhere = fault;
      continue;
    }
    const written = await writeIndexOf(server, stream, signal);
    if (!written.ok) {
      // Rights differ from stream to stream: the others go on.
      if (written.fault.code !== 'forbidden') return written;
      faults.set(stream, { code: 'forbidden', message: written.fault.message });
      continue;
    }
    if (written.index === undefined) continue;
    const { name, meta, dynamic } = written.index;
    if (standingOf(meta, ours) === 'inForce' && dynamic === 'false') continue;
    faults.set(stream, {
      code: 'rollover_needed',
      message: `data stream ${stream} writes to ${name}, which was made before our template was in force: run \`xiq-siem setup\`, or roll it over`,
    });
  }
  return { ok: true, faults, ...(everywhere && { everywhere }) };
}

/**
 * `_simulate_index` would resolve all this for us, but asks for the privilege to write every template of the cluster;
 * the lists ask for `monitor`.
 */
async function templateLists(
  server: Server,
  signal: AbortSignal,
): Promise<TemplateLists | { readonly ok: false; readonly fault: ServerFault }> {
  const template = 'index_templates.index_template';
  const index = await server.ask(signal, (client, options) =>
    client.indices.getIndexTemplate(
      {
        filter_path: [
          'index_templates.name',
          `${template}.index_patterns`,
          `${template}.priority`,
          `${template}.composed_of`,
          `${template}.template.mappings.dynamic`,
        ],
      },
      options,
    ),
  );
  if (!index.ok) return index;
  const mappings = 'component_templates.component_template.template.mappings';
  const components = await server.ask(signal, (client, options) =>
    client.cluster.getComponentTemplate(
      { filter_path: ['component_templates.name', `${mappings}.dynamic`, `${mappings}._meta.xiq_siem`] },
      options,
    ),
  );
  if (!components.ok) return components;
  const indexList = indexTemplateList.safeParse(index.body);
  const componentList = componentTemplateList.safeParse(components.body);
  if (!indexList.success || !componentList.success) {
    const message = `${server.where}: the list of templates is none that we understand`;
    return { ok: false, fault: { code: 'odd_answer', message, mayBeTaken: false } };
  }
  return { index: indexList.data.index_templates, components: componentList.data.component_templates };
}
