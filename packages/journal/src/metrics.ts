// The metrics of the journal.
import type { Meter, MetricTable } from '@xiq-siem/core';

export const journalMetrics = {
  'xiq_siem.journal.syncs': { help: 'Writes that were synced to disk, each for one or many bodies.', unit: '{sync}' },
  'xiq_siem.journal.damaged_records': {
    help: 'Stored records that cannot be read: payload or header damaged, a gap, or a tail that was never synced.',
    unit: '{record}',
    attributes: ['kind'],
  },
  'xiq_siem.journal.quarantined_bytes': {
    help: 'Bytes moved to quarantine/ because no record could be read in them.',
    unit: 'By',
  },
  'xiq_siem.journal.evicted_bodies': {
    help: 'Request bodies evicted from a full journal before the destination had them. Above 0 means data loss.',
    unit: '{body}',
    attributes: ['destination'],
  },
} as const satisfies MetricTable;

export type JournalMeter = Meter<keyof typeof journalMetrics>;
