// The plugins that are built in: a configuration names them by `type`.
import { xiqSource } from '@xiq-siem/xiq';
import type { Registry } from './config/load.ts';
import { selfSource } from './signals/self-source.ts';

export const registry: Registry = {
  self: selfSource,
  sources: [xiqSource],
  destinations: {
    file: async () => (await import('@xiq-siem/file')).fileDestination,
    elasticsearch: async () => (await import('@xiq-siem/elasticsearch')).elasticsearchDestination,
    'splunk-hec': async () => (await import('@xiq-siem/splunk-hec')).splunkHecDestination,
    'otel-logs': async () => (await import('@xiq-siem/otel-logs')).otelLogsDestination,
  },
};
