// The built-in plugins. A configuration names them by `type`.

import type { Registry } from '@xiq-siem/config';
import { selfSource } from '@xiq-siem/health-events';
import { xiqSource } from '@xiq-siem/xiq';

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
