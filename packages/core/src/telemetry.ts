// What rooms and plugins log and count with; the app decides where it goes.

/** Values that may stand beside a log line or a metric: short, bounded, never a secret, never a sender's text. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** `event` is a fixed dotted name (`destination.paused`); what varies goes into `facts`. */
export interface Logger {
  debug(event: string, facts?: Facts): void;
  info(event: string, facts?: Facts): void;
  warn(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
}

/** Every counter there is: dotted OpenTelemetry names, one unit each. */
export const metricNames = [
  'xiq_siem.receiver.requests', // by source, status: 202 is a body that was kept
  'xiq_siem.receiver.bytes', // kept, decoded, by source
  'xiq_siem.receiver.refused_credentials', // by source
  'xiq_siem.receiver.authenticated', // by source, form: how the sender carried its secret
  'xiq_siem.receiver.aborted', // a client left in mid-body
  'xiq_siem.journal.syncs',
  'xiq_siem.journal.damaged_records', // by kind: payload, header, gap, tail
  'xiq_siem.journal.quarantined_bytes',
  'xiq_siem.journal.let_go_bodies', // by destination: gaps
  'xiq_siem.source.events', // normalized, by dataset
  'xiq_siem.source.empty_bodies', // `[]`
  'xiq_siem.source.pipeline_errors', // by code
  'xiq_siem.destination.events', // by destination, outcome; run: true of a job's
  'xiq_siem.destination.attempts', // by destination, result; run: true of a job's
  'xiq_siem.destination.lines_cut', // file: a torn last line removed
  'xiq_siem.destination.files_deleted', // file: by age or bytes, as configured
  'xiq_siem.destination.long_events', // splunk-hec: taken, but beyond a limit of Splunk's searches, by limit
  'xiq_siem.signals.made', // kept, by action: events about ourselves
  'xiq_siem.signals.left_out', // by action, reason: too_many, not_kept
  'xiq_siem.telemetry.exports', // metrics sent by OTLP, by result
  'xiq_siem.subscriptions.looks', // by source, result: well, mended, troubled, not_mended, failed
  'xiq_siem.api.requests', // asked of ExtremeCloud IQ, by endpoint, status: 2xx to 5xx, 429, failed
] as const;

export type MetricName = (typeof metricNames)[number];

/** Every gauge there is: what is so at the moment of asking. */
export const gaugeNames = [
  'xiq_siem.destination.lag_bodies', // by destination, as all of `destination`
  'xiq_siem.destination.lag_bytes',
  'xiq_siem.destination.lag_seconds', // age of the oldest body that is not wholly settled
  'xiq_siem.destination.open_events', // taken, and not yet settled
  'xiq_siem.destination.held_events', // of which a person has to mend something first
  'xiq_siem.destination.state', // by state: 1 for the one it is in, 0 for the others
  'xiq_siem.destination.position_events', // by outcome: the durable counters of its position
  'xiq_siem.destination.sum_difference', // normalized - (delivered + dead_lettered + filtered + damaged) - open
  'xiq_siem.dead_letters.open', // by destination
  'xiq_siem.dead_letters.bytes',
  'xiq_siem.dead_letters.max_bytes',
  'xiq_siem.journal.bytes',
  'xiq_siem.journal.max_bytes',
  'xiq_siem.journal.free_bytes', // of its disk
  'xiq_siem.journal.hours_until_full', // at today's pace; absent while it does not grow
  'xiq_siem.journal.first_sequence',
  'xiq_siem.journal.next_sequence',
  'xiq_siem.journal.gaps', // not acknowledged, by destination
  'xiq_siem.subscriptions.state', // by source, message_type, state: 1 for the one it is in, 0 for the others
  'xiq_siem.api.requests_remaining', // by source: of the account's hour
  'xiq_siem.completeness.xiq', // by source, message_type: of the last whole hour that has settled
  'xiq_siem.completeness.kept',
  'xiq_siem.completeness.missing',
  'xiq_siem.completeness.surplus',
  'xiq_siem.process.rss_bytes',
  'xiq_siem.process.event_loop_delay_p99_ms',
  'xiq_siem.process.uptime_seconds',
  'xiq_siem.build_info', // always 1, by version, node
] as const;

export type GaugeName = (typeof gaugeNames)[number];

/** One gauge as it is now. */
export interface GaugeReading {
  readonly name: GaugeName;
  readonly value: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Attribute values come from configuration or from code, never from a payload. */
export interface Meter {
  add(name: MetricName, value: number, attributes?: Readonly<Record<string, string>>): void;
}
