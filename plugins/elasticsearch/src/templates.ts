// What `setup` writes: component templates, an index template, and a pipeline where it is asked for.
import { type FieldDefinition, type JsonObject, nestFields } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import { templateMetaOf } from './template-version.ts';

export const names = {
  mappings: 'extreme_xiq@mappings',
  settings: 'extreme_xiq@settings',
  /** The operator's own, where it is there: it comes after ours, and nothing of ours ever writes it. */
  custom: 'logs-extreme_xiq@custom',
  index: 'logs-extreme_xiq',
  pipeline: 'extreme_xiq@ingested',
} as const;

export const streamPattern = 'logs-extreme_xiq.*-*';

const defaultIgnoreAbove = 1024;
/** Elasticsearch's own bound of a term is 32,766 bytes; a flattened field's key stands in it too. */
const flattenedIgnoreAbove = 8191;
const noBound = 2 ** 31 - 1;

const _meta = { managed_by: 'xiq-siem', description: 'Events of ExtremeCloud IQ. Written by `xiq-siem setup`.' };

export function mappingsTemplate(fields: readonly FieldDefinition[]): JsonObject {
  return { template: { mappings: mappingsOf(fields) }, _meta };
}

/** `failureStore`: whether this server knows it. */
export function settingsTemplate(
  { retentionDays, indexMode, ingestPipeline }: ElasticsearchConfig,
  failureStore: boolean,
): JsonObject {
  return {
    template: {
      settings: {
        index: {
          // A malformed address is marked and not searched: better than an event that is not there.
          mapping: { ignore_malformed: true },
          ...(indexMode && { mode: indexMode }),
          ...(ingestPipeline && { final_pipeline: names.pipeline }),
        },
      },
      lifecycle: { enabled: true, data_retention: `${retentionDays}d` },
      ...(failureStore && { data_stream_options: { failure_store: { enabled: true } } }),
    },
    _meta,
  };
}

export const indexTemplate: JsonObject = {
  index_patterns: [streamPattern],
  // Above the built-in `logs-*-*`, which has 100.
  priority: 200,
  data_stream: { hidden: false, allow_custom_routing: false },
  composed_of: [names.mappings, names.settings, names.custom],
  ignore_missing_component_templates: [names.custom],
  allow_auto_create: true,
  _meta,
};

export const ingestedPipeline: JsonObject = {
  processors: [{ set: { field: 'event.ingested', copy_from: '_ingest.timestamp' } }],
  _meta,
};

/** Any other field is kept and not searched, so that nothing is mapped by guess. */
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
    properties: nestFields(
      Object.fromEntries(fields.map((field) => [field.name.replaceAll('.', '.properties.'), mappingOf(field)])),
    ),
  };
}

function mappingOf({ type, indexed, ignoreAbove }: FieldDefinition): JsonObject {
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
