// Loads the operator's mapping file.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { OperatorMapping, SourceDefinition } from '@xiq-siem/core';
import { type ConfigFault, findings } from './faults.ts';
import { readYamlFile } from './yaml-file.ts';

export interface LoadedMapping {
  /** Twelve hex digits of a hash of the content. */
  readonly version: string;
  /** The rules of one type of source. Undefined for a type without a mapping. */
  rulesOf(type: string): OperatorMapping | undefined;
}

/** `extreme.xiq.mapping_version` of documents; one version for each type of source that has one. */
export function mappingVersionOf(
  sources: readonly { readonly definition: SourceDefinition }[],
  loaded: LoadedMapping | undefined,
): string {
  const versions = new Set(
    sources.map(({ definition }) => definition.mappingVersion?.(loaded?.rulesOf(definition.type)?.version)),
  );
  return [...versions].filter((version) => version !== undefined).join(', ');
}

/** `file` is relative to `baseDirectory`. Each configured type of source with a mapping checks the whole file. */
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
