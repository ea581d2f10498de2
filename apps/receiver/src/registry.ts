// The plugins that are built in: a configuration names them by `type`.
import { elasticsearchDestination } from '@xiq-siem/elasticsearch';
import { fileDestination } from '@xiq-siem/file';
import { otelLogsDestination } from '@xiq-siem/otel-logs';
import { splunkHecDestination } from '@xiq-siem/splunk-hec';
import { xiqSource } from '@xiq-siem/xiq';
import type { Registry } from './config/load.ts';

export const registry: Registry = {
  sources: [xiqSource],
  destinations: [fileDestination, elasticsearchDestination, splunkHecDestination, otelLogsDestination],
};
