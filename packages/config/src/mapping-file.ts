// Reads and checks the operator's own additions to the mapping.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { OperatorMapping, SourceDefinition } from '@xiq-siem/core';
import { type ConfigFault, findings } from './faults.ts';
import { readYamlFile } from './yaml-file.ts';

export interface LoadedMapping {
  /** Twelve hex digits that change with the content. */
  readonly version: string;
  /** The rules as a type of source reads them; undefined for a type that takes none. */
  rulesOf(type: string): OperatorMapping | undefined;
}

/** As documents name it (`extreme.xiq.mapping_version`); one for each type of source that does. */
export function mappingVersionOf(
  sources: readonly { readonly definition: SourceDefinition }[],
  loaded: LoadedMapping | undefined,
): string {
  const versions = new Set(
    sources.map(({ definition }) => definition.mappingVersion?.(loaded?.rulesOf(definition.type)?.version)),
  );
  return [...versions].filter((version) => version !== undefined).join(', ');
}

/** `file` is relative to `baseDirectory`; each configured type that takes a mapping checks the whole of it. */
export async function loadMapping(
  file: string | undefined,
  baseDirectory: string,
  sources: readonly { readonly definition: SourceDefinition }[],
): Promise<{ readonly loaded: LoadedMapping | undefined; readonly faults: readonly ConfigFault[] }> {
  if (file === undefined) return { loaded: undefined, faults: [] };
  const yaml = await readYamlFile(resolve(baseDirectory, file));
  if (yaml.faults.length > 0) return { loaded: undefined, faults: yaml.faults };
  const version = createHash('sha256').update(JSON.stringify(yaml.value)).digest('hex').slice(0, 12);
  const rules = new Map<string, OperatorMapping>();
  const faults: ConfigFault[] = [];
  for (const { type, mappingSchema } of new Set(sources.map(({ definition }) => definition))) {
    const checked = mappingSchema?.safeParse(yaml.value);
    if (checked?.success === true) rules.set(type, { version, rules: checked.data });
    if (checked?.success === false) faults.push(...findings(checked.error.issues).map(yaml.locate));
  }
  return { loaded: { version, rulesOf: (type) => rules.get(type) }, faults };
}
