// Mappings of our own fields. What is no field of ours is kept and not searched, so that nothing is mapped by guess.
import type { FieldDefinition } from '@xiq-siem/core';
import { templateMetaOf } from './template-version.ts';

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

const defaultIgnoreAbove = 1024;
/** Elasticsearch's own bound of a term is 32,766 bytes; a flattened field's key stands in it too. */
const flattenedIgnoreAbove = 8191;
const noBound = 2 ** 31 - 1;

export function mappingsOf(fields: readonly FieldDefinition[]) {
  const objects = fields.filter(({ type }) => type === 'object_of_keyword');
  return {
    _meta: templateMetaOf(fields),
    dynamic: false,
    date_detection: false,
    numeric_detection: false,
    dynamic_templates: objects.map(({ name, ignoreAbove = defaultIgnoreAbove }) => ({
      [name.replaceAll('.', '_')]: {
        path_match: `${name}.*`,
        match_mapping_type: '*',
        mapping: { type: 'keyword', ignore_above: ignoreAbove },
      },
    })),
    properties: propertiesOf(fields.map((field) => ({ path: field.name.split('.'), mapping: mappingOf(field) }))),
  };
}

function mappingOf({ type, indexed, ignoreAbove }: FieldDefinition): Json {
  switch (type) {
    case 'object_of_keyword':
      return { type: 'object', dynamic: true };
    case 'keyword':
      // Without index and doc values a value of any length is merely kept; a bound would mark it as ignored.
      return indexed === false
        ? { type, index: false, doc_values: false, ignore_above: noBound }
        : { type, ignore_above: ignoreAbove ?? defaultIgnoreAbove };
    case 'flattened':
      return { type, ignore_above: ignoreAbove ?? flattenedIgnoreAbove };
    default:
      return indexed === false ? { type, index: false } : { type };
  }
}

interface Placed {
  readonly path: readonly string[];
  readonly mapping: Json;
}

function propertiesOf(placed: readonly Placed[]): { readonly [key: string]: Json } {
  const byName = Map.groupBy(placed, ({ path }) => path[0] ?? '');
  const properties = [...byName].map(([name, group]) => {
    const leaf = group.find(({ path }) => path.length === 1);
    const inner = group.map(({ path, mapping }) => ({ path: path.slice(1), mapping }));
    return [name, leaf?.mapping ?? { properties: propertiesOf(inner) }] as const;
  });
  return Object.fromEntries(properties);
}
