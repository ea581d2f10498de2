// What `setup` writes: component templates, an index template, and a pipeline where it is asked for.
import type { FieldDefinition } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import { type Json, mappingsOf } from './mappings.ts';

export const names = {
  mappings: 'extreme_xiq@mappings',
  settings: 'extreme_xiq@settings',
  /** The operator's own, where it is there: it comes after ours, and nothing of ours ever writes it. */
  custom: 'logs-extreme_xiq@custom',
  index: 'logs-extreme_xiq',
  pipeline: 'extreme_xiq@ingested',
} as const;

export const streamPattern = 'logs-extreme_xiq.*-*';

/** Above the built-in `logs-*-*`, which has 100. */
const priority = 200;

const _meta = { managed_by: 'xiq-siem', description: 'Events of ExtremeCloud IQ. Written by `xiq-siem setup`.' };

type JsonObject = { readonly [key: string]: Json };

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

export function indexTemplate(): JsonObject {
  return {
    index_patterns: [streamPattern],
    priority,
    data_stream: { hidden: false, allow_custom_routing: false },
    composed_of: [names.mappings, names.settings, names.custom],
    ignore_missing_component_templates: [names.custom],
    allow_auto_create: true,
    _meta,
  };
}

export function ingestedPipeline(): JsonObject {
  return { processors: [{ set: { field: 'event.ingested', copy_from: '_ingest.timestamp' } }], _meta };
}
