// The version of the connector's template: `_meta.xiq_siem` of the mappings. Every index of the template has it too.
import { createHash } from 'node:crypto';
import type { FieldDefinition } from '@xiq-siem/core';
import { z } from 'zod';

/** Increase this when the template changes, except for its list of fields. */
const version = 1;

export const templateMeta = z.object({ xiq_siem: z.object({ version: z.int(), fields: z.string() }) });
export type TemplateMeta = z.output<typeof templateMeta>;

export function templateMetaOf(fields: readonly FieldDefinition[]): TemplateMeta {
  const sorted = fields.map((field) => JSON.stringify(field, Object.keys(field).sort())).sort();
  return { xiq_siem: { version, fields: createHash('sha256').update(sorted.join('\n')).digest('hex').slice(0, 16) } };
}

/** `current`: this version with these fields, or a newer version. `foreign`: not the connector's mappings. */
export function templateStateOf(meta: unknown, expected: TemplateMeta): 'current' | 'outdated' | 'foreign' {
  const found = templateMeta.safeParse(meta).data?.xiq_siem;
  if (found === undefined) return 'foreign';
  const { version, fields } = expected.xiq_siem;
  if (found.version > version || (found.version === version && found.fields === fields)) return 'current';
  return 'outdated';
}
