// What the journal counts.
import type { Meter, MetricTable } from '@xiq-siem/core';

export const journalMetrics = {
  'xiq_siem.journal.syncs': { help: 'Writes that were synced to disk, each for one or many bodies.', unit: '{sync}' },
  'xiq_siem.journal.damaged_records': {
    help: 'Records that were kept and cannot be read: payload or header damaged, a gap, or a tail that was never synced.',
    unit: '{record}',
    attributes: ['kind'],
  },
  'xiq_siem.journal.quarantined_bytes': {
    help: 'Bytes that were moved to quarantine/ because no record could be read there.',
    unit: 'By',
  },
  'xiq_siem.journal.evicted_bodies': {
    help: 'Bodies given up before the destination had them, because the journal was full. Above 0 is a loss.',
    unit: '{body}',
    attributes: ['destination'],
  },
} as const satisfies MetricTable;

export type JournalMeter = Meter<keyof typeof journalMetrics>;
