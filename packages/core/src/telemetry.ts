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
  'xiq_siem.receiver.aborted', // a client left in mid-body
  'xiq_siem.journal.syncs',
  'xiq_siem.journal.damaged_records', // by kind: payload, header, gap, tail
  'xiq_siem.journal.quarantined_bytes',
  'xiq_siem.journal.let_go_bodies', // by destination: gaps
  'xiq_siem.source.events', // normalized, by dataset
  'xiq_siem.source.empty_bodies', // `[]`
  'xiq_siem.source.pipeline_errors', // by code
  'xiq_siem.destination.events', // by destination, outcome
  'xiq_siem.destination.attempts', // by destination, result
  'xiq_siem.destination.lines_cut', // file: a torn last line removed
  'xiq_siem.destination.files_deleted', // file: by age or bytes, as configured
  'xiq_siem.destination.long_events', // splunk-hec: taken, but beyond a limit of Splunk's searches, by limit
] as const;

export type MetricName = (typeof metricNames)[number];

/** Attribute values come from configuration or from code, never from a payload. */
export interface Meter {
  add(name: MetricName, value: number, attributes?: Readonly<Record<string, string>>): void;
}
