// The metrics of delivery, by destination.
import type { Meter, MetricTable } from '@xiq-siem/core';

export const deliveryMetrics = {
  'xiq_siem.destination.events': {
    help: 'Events settled since the start of the process; outcome="parked": stored as a parked event; job="true": by a retry or replay job, or by the retry of parked events. outcome="possible_duplicate": attempts with an unknown result before the event was settled; each may have left a copy. For totals across restarts use xiq_siem.destination.position_events.',
    unit: '{event}',
    attributes: ['destination', 'outcome', 'job'],
  },
  'xiq_siem.destination.attempts': {
    help: 'Attempts to send a batch, by result; job="true": by a retry or replay job, or by the retry of parked events.',
    unit: '{batch}',
    attributes: ['destination', 'result', 'job'],
  },
} as const satisfies MetricTable;

export type DeliveryMeter = Meter<keyof typeof deliveryMetrics>;
