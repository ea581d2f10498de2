// For tests: the plugins that are built in, as the application registers them.
import { xiqSource } from '@xiq-siem/xiq';
import type { Registry } from './load.ts';

export const testRegistry: Registry = {
  self: xiqSource,
  sources: [xiqSource],
  destinations: {
    file: async () => (await import('@xiq-siem/file')).fileDestination,
    elasticsearch: async () => (await import('@xiq-siem/elasticsearch')).elasticsearchDestination,
    'splunk-hec': async () => (await import('@xiq-siem/splunk-hec')).splunkHecDestination,
    'otel-logs': async () => (await import('@xiq-siem/otel-logs')).otelLogsDestination,
  },
};
