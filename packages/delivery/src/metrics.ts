// What delivery counts, for every destination.
import type { Meter, MetricTable } from '@xiq-siem/core';

export const deliveryMetrics = {
  'xiq_siem.destination.events': {
    help: 'Events settled since the start of the process; job="true": by a retry or a replay. Over restarts: xiq_siem.destination.position_events.',
    unit: '{event}',
    attributes: ['destination', 'outcome', 'job'],
  },
  'xiq_siem.destination.attempts': {
    help: 'Batches sent, by how it ended; job="true": by a retry or a replay.',
    unit: '{batch}',
    attributes: ['destination', 'result', 'job'],
  },
} as const satisfies MetricTable;

export type DeliveryMeter = Meter<keyof typeof deliveryMetrics>;
