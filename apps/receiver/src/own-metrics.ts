// What every metric of our own means. Those of plugins are declared in their definitions.
import type { MetricTable } from '@xiq-siem/core';
import { deliveryMetrics } from '@xiq-siem/delivery';
import { journalMetrics } from '@xiq-siem/journal';
import { pluginMeterMetrics } from '@xiq-siem/pipeline';
import { receiverMetrics } from './http/webhooks.ts';
import { telemetryMetrics } from './telemetry/counters.ts';
import { processGauges } from './telemetry/process-readings.ts';
import { statusGauges } from './telemetry/status-readings.ts';

const apiMetrics = {
  'xiq_siem.api.requests': {
    help: 'Requests to the API of ExtremeCloud IQ, by what came of it.',
    unit: '{request}',
    attributes: ['endpoint', 'status'],
  },
} as const satisfies MetricTable;

const subscriptionMetrics = {
  'xiq_siem.subscriptions.looks': {
    help: 'Times that the subscriptions at ExtremeCloud IQ were looked at, by what was found: well, mended, troubled, not_mended (it was to be, and could not), failed.',
    unit: '{look}',
    attributes: ['source', 'result'],
  },
} as const satisfies MetricTable;

const signalMetrics = {
  'xiq_siem.signals.made': {
    help: 'Events about the connector itself that were kept, to be delivered like any other.',
    unit: '{event}',
    attributes: ['action'],
  },
  'xiq_siem.signals.left_out': {
    help: 'Events about the connector itself that were not made: too many in an hour, or the journal took none.',
    unit: '{event}',
    attributes: ['action', 'reason'],
  },
} as const satisfies MetricTable;

const completenessGauges = {
  'xiq_siem.completeness.xiq': {
    help: 'Events of the last whole hour that has settled, in the log of ExtremeCloud IQ.',
    unit: '{event}',
    attributes: ['source', 'message_type'],
  },
  'xiq_siem.completeness.kept': {
    help: 'Events of that hour that we kept.',
    unit: '{event}',
    attributes: ['source', 'message_type'],
  },
  'xiq_siem.completeness.missing': {
    help: 'Events of that hour that ExtremeCloud IQ has and we, or a destination, have not. Above 0: see xiq-siem completeness.',
    unit: '{event}',
    attributes: ['source', 'message_type'],
  },
  'xiq_siem.completeness.surplus': {
    help: 'Events of that hour that we kept and the log of ExtremeCloud IQ has not: probably worded differently there.',
    unit: '{event}',
    attributes: ['source', 'message_type'],
  },
} as const satisfies MetricTable;

export const ownCounters: MetricTable = {
  ...receiverMetrics,
  ...journalMetrics,
  ...deliveryMetrics,
  ...apiMetrics,
  ...subscriptionMetrics,
  ...signalMetrics,
  ...telemetryMetrics,
  ...pluginMeterMetrics,
};

export const ownGauges: MetricTable = { ...statusGauges, ...completenessGauges, ...processGauges };
