// How our template says which it is: `_meta.xiq_siem` of the mappings, which every index made by it carries on.
import { createHash } from 'node:crypto';
import type { FieldDefinition } from '@xiq-siem/core';
import { z } from 'zod';

/** Raised when the template changes in anything but its list of fields. */
const version = 1;

export const templateMeta = z.object({ xiq_siem: z.object({ version: z.int(), fields: z.string() }) });
export type TemplateMeta = z.output<typeof templateMeta>;

export function templateMetaOf(fields: readonly FieldDefinition[]): TemplateMeta {
  const sorted = fields.map((field) => JSON.stringify(field, Object.keys(field).sort())).sort();
  return { xiq_siem: { version, fields: createHash('sha256').update(sorted.join('\n')).digest('hex').slice(0, 16) } };
}

/** Whether mappings with this `_meta` are ours, of this version with these fields or a newer one. */
export function standingOf(meta: unknown, ours: TemplateMeta): 'inForce' | 'outdated' | 'foreign' {
  const found = templateMeta.safeParse(meta).data?.xiq_siem;
  if (found === undefined) return 'foreign';
  const { version, fields } = ours.xiq_siem;
  if (found.version > version || (found.version === version && found.fields === fields)) return 'inForce';
  return 'outdated';
}
