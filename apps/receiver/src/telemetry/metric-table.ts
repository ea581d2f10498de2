// What every metric of ours means: for /metrics, for OTLP, and for the reference.
import type { GaugeName, MetricName } from '@xiq-siem/core';

export interface MetricDescription {
  readonly help: string;
  /** As in UCUM; in braces what is counted; empty where it is no amount. */
  readonly unit: string;
  /** Attributes, which are labels in Prometheus. */
  readonly by: readonly string[];
}

const destination = ['destination'];

export const counterTable: Readonly<Record<MetricName, MetricDescription>> = {
  'xiq_siem.receiver.requests': {
    help: 'Requests to a webhook, by HTTP status; 202 is a body that was kept on disk.',
    unit: '{request}',
    by: ['source', 'status'],
  },
  'xiq_siem.receiver.bytes': { help: 'Bytes of bodies that were kept, unpacked.', unit: 'By', by: ['source'] },
  'xiq_siem.receiver.refused_credentials': {
    help: 'Requests whose secret was wrong or missing.',
    unit: '{request}',
    by: ['source'],
  },
  'xiq_siem.receiver.authenticated': {
    help: 'Requests whose secret was right, by the form in which it was carried.',
    unit: '{request}',
    by: ['source', 'form'],
  },
  'xiq_siem.receiver.aborted': {
    help: 'Requests whose sender left before the body was whole.',
    unit: '{request}',
    by: ['source'],
  },
  'xiq_siem.journal.syncs': {
    help: 'Writes that were synced to disk, each for one or many bodies.',
    unit: '{sync}',
    by: [],
  },
  'xiq_siem.journal.damaged_records': {
    help: 'Records that were kept and cannot be read: payload or header damaged, a gap, or a tail that was never synced.',
    unit: '{record}',
    by: ['kind'],
  },
  'xiq_siem.journal.quarantined_bytes': {
    help: 'Bytes that were moved to quarantine/ because no record could be read there.',
    unit: 'By',
    by: [],
  },
  'xiq_siem.journal.let_go_bodies': {
    help: 'Bodies given up before the destination had them, because the journal was full. Above 0 is a loss.',
    unit: '{body}',
    by: destination,
  },
  'xiq_siem.source.events': { help: 'Events that were normalized.', unit: '{event}', by: ['source', 'dataset'] },
  'xiq_siem.source.empty_bodies': { help: 'Bodies that held no event: [].', unit: '{body}', by: ['source'] },
  'xiq_siem.source.pipeline_errors': {
    help: 'Events that could not be read as what they should be; they are delivered whole as pipeline_error.',
    unit: '{event}',
    by: ['source', 'code'],
  },
  'xiq_siem.destination.events': {
    help: 'Events settled since the start of the process; run="true": by a retry or a replay. Over restarts: xiq_siem.destination.position_events.',
    unit: '{event}',
    by: ['destination', 'outcome', 'run'],
  },
  'xiq_siem.destination.attempts': {
    help: 'Batches sent, by how it ended; run="true": by a retry or a replay.',
    unit: '{batch}',
    by: ['destination', 'result', 'run'],
  },
  'xiq_siem.destination.lines_cut': {
    help: 'File: torn last lines that were removed at a start.',
    unit: '{line}',
    by: destination,
  },
  'xiq_siem.destination.files_deleted': {
    help: 'File: old files that were deleted, as configured.',
    unit: '{file}',
    by: ['destination', 'reason'],
  },
  'xiq_siem.destination.long_events': {
    help: "Splunk: events that were taken but are longer than a limit of Splunk's searches.",
    unit: '{event}',
    by: ['destination', 'limit'],
  },
  'xiq_siem.api.requests': {
    help: 'Requests to the API of ExtremeCloud IQ, by what came of it.',
    unit: '{request}',
    by: ['endpoint', 'status'],
  },
  'xiq_siem.subscriptions.looks': {
    help: 'Times that the subscriptions at ExtremeCloud IQ were looked at, by what was found: well, mended, troubled, not_mended (it was to be, and could not), failed.',
    unit: '{look}',
    by: ['source', 'result'],
  },
  'xiq_siem.signals.made': {
    help: 'Events about the connector itself that were kept, to be delivered like any other.',
    unit: '{event}',
    by: ['action'],
  },
  'xiq_siem.signals.left_out': {
    help: 'Events about the connector itself that were not made: too many in an hour, or the journal took none.',
    unit: '{event}',
    by: ['action', 'reason'],
  },
  'xiq_siem.telemetry.exports': {
    help: 'Times that these metrics were sent by OTLP, by result: ok, or why not.',
    unit: '{export}',
    by: ['result'],
  },
};

export const gaugeTable: Readonly<Record<GaugeName, MetricDescription>> = {
  'xiq_siem.destination.lag_bodies': {
    help: 'Bodies in the journal that the destination has not wholly settled.',
    unit: '{body}',
    by: destination,
  },
  'xiq_siem.destination.lag_bytes': {
    help: 'Bytes of the journal that the destination has not wholly settled.',
    unit: 'By',
    by: destination,
  },
  'xiq_siem.destination.lag_seconds': {
    help: 'Age of the oldest body that the destination has not wholly settled; 0 when it has all.',
    unit: 's',
    by: destination,
  },
  'xiq_siem.destination.open_events': { help: 'Events taken and not yet settled.', unit: '{event}', by: destination },
  'xiq_siem.destination.held_events': {
    help: 'Open events of which a person has to mend something first, while others pass.',
    unit: '{event}',
    by: destination,
  },
  'xiq_siem.destination.state': {
    help: '1 for the state that the destination is in, 0 for the others: running, backing_off, paused, stopping, stopped.',
    unit: '',
    by: ['destination', 'state'],
  },
  'xiq_siem.destination.position_events': {
    help: 'Events of the bodies that were read, by outcome, kept with the position over restarts. degraded and duplicate are part of delivered.',
    unit: '{event}',
    by: ['destination', 'outcome'],
  },
  'xiq_siem.destination.sum_difference': {
    help: 'normalized - (delivered + dead_lettered + filtered + damaged) - open. Anything but 0 is a fault of ours.',
    unit: '{event}',
    by: destination,
  },
  'xiq_siem.dead_letters.open': {
    help: 'Dead letters that nobody has retried or dropped.',
    unit: '{event}',
    by: destination,
  },
  'xiq_siem.dead_letters.bytes': { help: 'Size of the dead letters of all destinations.', unit: 'By', by: [] },
  'xiq_siem.dead_letters.max_bytes': {
    help: 'Size at which a destination that has a dead letter to write waits.',
    unit: 'By',
    by: [],
  },
  'xiq_siem.journal.bytes': { help: 'Size of the journal.', unit: 'By', by: [] },
  'xiq_siem.journal.max_bytes': { help: 'Size at which the journal is full.', unit: 'By', by: [] },
  'xiq_siem.journal.free_bytes': { help: "Free bytes of the journal's disk.", unit: 'By', by: [] },
  'xiq_siem.journal.hours_until_full': {
    help: "Hours until the journal is full at today's pace, should the destination furthest behind take nothing more. Absent where not known.",
    unit: 'h',
    by: [],
  },
  'xiq_siem.journal.first_sequence': { help: 'Number of the oldest body in the journal.', unit: '', by: [] },
  'xiq_siem.journal.next_sequence': { help: 'Number that the next body will have.', unit: '', by: [] },
  'xiq_siem.journal.gaps': {
    help: 'Spans of bodies that were let go before the destination had them, not yet acknowledged.',
    unit: '{gap}',
    by: destination,
  },
  'xiq_siem.subscriptions.state': {
    help: '1 for the state that the subscription to a message type is in, 0 for the others: well, missing, disabled, changed, foreign, unknown.',
    unit: '',
    by: ['source', 'message_type', 'state'],
  },
  'xiq_siem.api.requests_remaining': {
    help: "Requests to the API of ExtremeCloud IQ that are left of the account's hour.",
    unit: '{request}',
    by: ['source'],
  },
  'xiq_siem.completeness.xiq': {
    help: 'Events of the last whole hour that has settled, in the log of ExtremeCloud IQ.',
    unit: '{event}',
    by: ['source', 'message_type'],
  },
  'xiq_siem.completeness.kept': {
    help: 'Events of that hour that we kept.',
    unit: '{event}',
    by: ['source', 'message_type'],
  },
  'xiq_siem.completeness.missing': {
    help: 'Events of that hour that ExtremeCloud IQ has and we, or a destination, have not. Above 0: see xiq-siem completeness.',
    unit: '{event}',
    by: ['source', 'message_type'],
  },
  'xiq_siem.completeness.surplus': {
    help: 'Events of that hour that we kept and the log of ExtremeCloud IQ has not: probably worded differently there.',
    unit: '{event}',
    by: ['source', 'message_type'],
  },
  'xiq_siem.process.rss_bytes': { help: 'Memory of the process that is resident.', unit: 'By', by: [] },
  'xiq_siem.process.event_loop_delay_p99_ms': {
    help: 'How late the event loop was, 99th percentile: the worse of this minute and the one before.',
    unit: 'ms',
    by: [],
  },
  'xiq_siem.process.uptime_seconds': { help: 'Time since the start of the process.', unit: 's', by: [] },
  'xiq_siem.build_info': { help: 'Always 1: what is running.', unit: '', by: ['version', 'node'] },
};
