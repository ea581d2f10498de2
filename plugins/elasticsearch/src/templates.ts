// The content that `setup` writes: component templates, an index template, and an optional pipeline.
import { type FieldDefinition, type JsonObject, nestFields } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import { templateMetaOf } from './template-version.ts';

export const names = {
  mappings: 'extreme_xiq@mappings',
  settings: 'extreme_xiq@settings',
  /** An optional template of the operator. It overrides the connector's, which never writes it. */
  custom: 'logs-extreme_xiq@custom',
  index: 'logs-extreme_xiq',
  pipeline: 'extreme_xiq@ingested',
} as const;

export const streamPattern = 'logs-extreme_xiq.*-*';

const defaultIgnoreAbove = 1024;
/** Elasticsearch limits a term to 32,766 bytes. The term of a flattened field also contains its key. */
const flattenedIgnoreAbove = 8191;
const noLimit = 2 ** 31 - 1;

const _meta = { managed_by: 'xiq-siem', description: 'Events of ExtremeCloud IQ. Written by `xiq-siem setup`.' };

export function mappingsTemplate(fields: readonly FieldDefinition[]): JsonObject {
  return { template: { mappings: mappingsOf(fields) }, _meta };
}

/** `failureStore`: whether the server supports it. */
export function settingsTemplate(
  { retentionDays, indexMode, ingestPipeline }: ElasticsearchConfig,
  failureStore: boolean,
): JsonObject {
  return {
    template: {
      settings: {
        index: {
          // Elasticsearch then stores an event with a malformed address, but does not index the address.
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
  // Higher than the built-in `logs-*-*`, which has 100.
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

/** Elasticsearch stores any other field without indexing it, and guesses no field types. */
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
      // Without index and doc values a value of any length is only stored. A limit would mark it as ignored.
      return indexed === false
        ? { type, index: false, doc_values: false, ignore_above: noLimit }
        : { type, ignore_above: ignoreAbove ?? defaultIgnoreAbove };
    case 'flattened':
      return { type, ignore_above: ignoreAbove ?? flattenedIgnoreAbove };
    default:
      return indexed === false ? { type, index: false } : { type };
  }
}
