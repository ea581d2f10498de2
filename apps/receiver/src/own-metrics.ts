// All metrics of the connector. Plugins declare theirs in their definitions.
import type { MetricTable } from '@xiq-siem/core';
import { deliveryMetrics } from '@xiq-siem/delivery';
import { healthEventMetrics } from '@xiq-siem/health-events';
import { journalMetrics } from '@xiq-siem/journal';
import { pluginMeterMetrics } from '@xiq-siem/pipeline';
import { apiMetrics, completenessGauges, subscriptionMetrics } from '@xiq-siem/xiq-account';
import { receiverMetrics } from './http/webhooks.ts';
import { telemetryMetrics } from './telemetry/counters.ts';
import { processGauges } from './telemetry/process-readings.ts';
import { statusGauges } from './telemetry/status-readings.ts';

export const ownCounters: MetricTable = {
  ...receiverMetrics,
  ...journalMetrics,
  ...deliveryMetrics,
  ...apiMetrics,
  ...subscriptionMetrics,
  ...healthEventMetrics,
  ...telemetryMetrics,
  ...pluginMeterMetrics,
};

export const ownGauges: MetricTable = { ...statusGauges, ...completenessGauges, ...processGauges };
