// The problems that `status` reports, worst first. Status, readiness, metrics, health events and the reference use these codes.

interface ProblemKind {
  /** `notice`: shown, but no operator must act. All others: `status` exits 1. */
  readonly severity: 'critical' | 'error' | 'warning' | 'notice';
  /** Starts the first line of `status`. */
  readonly label: string;
  /** True if every received event is still stored or delivered while this is the only problem. */
  readonly nothingLost: boolean;
  /** `event.action` of the health event that reports it. */
  readonly healthEvent: string;
  /** For the reference. */
  readonly when: string;
  readonly next: string;
}

const critical = { severity: 'critical', nothingLost: false } as const;
const error = { severity: 'error', nothingLost: true } as const;
const warning = { severity: 'warning', nothingLost: true } as const;
const generic = { healthEvent: 'problem-started' } as const;

export const problemTable = {
  accounting_mismatch: {
    ...{ ...critical, ...generic, label: 'ACCOUNTING MISMATCH' },
    when: 'The counters of a destination do not reconcile: events are unaccounted for.',
    next: 'If an incident of the state file explains it, restore the file. Otherwise keep the data directory and report a bug.',
  },
  requests_unreadable: {
    ...{ ...critical, healthEvent: 'bodies-lost', label: 'LOST' },
    when: 'Stored requests cannot be read: a part of the journal is damaged or missing.',
    next: 'Check the disk. Fetch the events again with `xiq-siem backfill` if the source has an `api`.',
  },
  data_lost: {
    ...{ ...critical, healthEvent: 'state-damaged', label: 'LOST' },
    when: 'The state file was damaged, missing or outdated, and dead letters are lost with it. Or files of the journal are missing or older, and requests may be lost.',
    next: 'Restore the files from a backup, or acknowledge the incident.',
  },
  not_accepting: {
    ...{ ...error, ...generic, nothingLost: false, label: 'NOT ACCEPTING' },
    when: 'Webhooks are not accepted: the journal is full or failed, the disk is full, a secret is missing, or the connector stops.',
    next: 'Fix the reason. Senders get 503 until then.',
  },
  not_running: {
    ...{ ...error, nothingLost: false, healthEvent: 'heartbeat', label: 'NOT RUNNING' },
    when: 'The connector is stopped. A SIEM notices it by missing heartbeats.',
    next: 'Start it with `xiq-siem serve`.',
  },
  requests_evicted: {
    ...{ ...critical, healthEvent: 'retention-gap-opened', label: 'LOST' },
    when: 'Requests were evicted from the full journal, or found lost at a start, before a destination had them: a retention gap.',
    next: 'Fetch the events again with `xiq-siem backfill` if the source has an `api`, then acknowledge the gap.',
  },
  destination_paused: {
    ...{ ...error, healthEvent: 'destination-misconfigured', label: 'PAUSED' },
    when: 'A destination sends nothing until an operator fixes a setting, or because the dead-letter queue is full.',
    next: 'Fix the cause; `xiq-siem check` shows it.',
  },
  events_blocked: {
    ...{ ...error, healthEvent: 'destination-misconfigured', label: 'BLOCKED' },
    when: 'A destination rejects some events until an operator fixes a setting.',
    next: 'Fix the cause; `xiq-siem check` shows it.',
  },
  events_parked: {
    ...{ ...error, healthEvent: 'events-parked', label: 'PARKED' },
    when: 'A destination does not accept some events while it accepts others: they are parked, and sent again every 1 to 10 minutes.',
    next: 'Fix the cause; `xiq-siem dlq list --parked` shows it.',
  },
  parking_refused: {
    ...{ ...warning, ...generic, label: 'NOT PARKED' },
    when: 'Events should be parked, but dead letters and parked events use half of `deadLetters.maxBytes`: they stay in the journal.',
    next: 'Free space with `xiq-siem dlq retry` or `xiq-siem dlq drop`, or raise `deadLetters.maxBytes`.',
  },
  destination_down: {
    ...{ ...error, healthEvent: 'destination-down', label: 'NOT DELIVERING' },
    when: 'A destination could not be reached or written for more than 60 seconds.',
    next: 'Fix the server or the network; `xiq-siem check` shows the cause.',
  },
  destination_removed: {
    ...{ ...error, ...generic, label: 'NOT CONFIGURED' },
    when: 'Requests wait for a destination that is not configured any more. A destination with another name does not receive them.',
    next: 'Configure it again to deliver them, or discard them with `xiq-siem destination forget NAME`.',
  },
  destination_behind: {
    ...{ ...warning, ...generic, label: 'BEHIND' },
    when: 'The oldest event that a destination has not settled is older than 15 minutes, and so is the start of the connector.',
    next: 'Check the load of the server. `xiq-siem status --watch` shows whether it catches up.',
  },
  dead_letters: {
    ...{ ...warning, ...generic, label: 'DEAD LETTERS' },
    when: 'A destination rejected events, and they are stored as dead letters.',
    next: 'Fix the cause, then `xiq-siem dlq retry`.',
  },
  events_degraded: {
    ...{ ...warning, ...generic, label: 'DEGRADED' },
    when: 'A server stored events in part, in another place, or with a lower assurance than configured.',
    next: 'Follow the advice of the destination.',
  },
  filter_matches_nothing: {
    ...{ ...error, ...generic, nothingLost: false, label: 'ALL FILTERED' },
    when: '`where` of a destination can match no event, or no destination accepts the events of a source (except unknown and unreadable ones).',
    next: 'Fix `where`, then `xiq-siem reload` and `xiq-siem replay`.',
  },
  credentials_refused: {
    ...{ ...error, nothingLost: false, healthEvent: 'credentials-refused', label: 'REFUSED' },
    when: 'Webhooks with a wrong secret or none were refused in the last hour.',
    next: 'Compare the secret of the sender with the one of the source. Refused events are not sent again.',
  },
  webhooks_refused: {
    ...{ ...error, ...generic, nothingLost: false, label: 'REFUSED' },
    when: 'Webhooks were refused in the last hour: a wrong path, too large, or another fault of the request.',
    next: 'Fix the sender or the configuration. Refused events are not sent again.',
  },
  subscription_missing: {
    ...{ ...error, nothingLost: false, healthEvent: 'subscription-missing', label: 'SUBSCRIPTIONS' },
    when: 'A configured subscription does not exist at ExtremeCloud IQ.',
    next: '`xiq-siem subscriptions apply`, then `xiq-siem backfill`.',
  },
  subscription_disabled: {
    ...{ ...error, nothingLost: false, healthEvent: 'subscription-disabled', label: 'SUBSCRIPTIONS' },
    when: 'A subscription is disabled at ExtremeCloud IQ.',
    next: '`xiq-siem subscriptions apply`, then `xiq-siem backfill`.',
  },
  subscription_changed: {
    ...{ ...error, nothingLost: false, healthEvent: 'subscription-changed', label: 'SUBSCRIPTIONS' },
    when: 'A subscription is not as configured, or another application sends to the public URL.',
    next: '`xiq-siem subscriptions plan` shows the difference.',
  },
  source_silent: {
    ...{ ...warning, nothingLost: false, healthEvent: 'source-silent', label: 'SILENT' },
    when: 'A source has sent no webhook for `healthEvents.silentMinutes`.',
    next: 'Check its subscription at ExtremeCloud IQ, and that its webhooks reach the connector.',
  },
  public_url_failed: {
    ...{ ...warning, nothingLost: false, healthEvent: 'public-url-check-failed', label: 'PUBLIC URL' },
    when: 'A check of the public URL failed.',
    next: 'Fix what the check names.',
  },
  rotation_incomplete: {
    ...{ ...warning, ...generic, label: 'ROTATION' },
    when: 'A rotation of the secret is not complete.',
    next: '`xiq-siem subscriptions rotate-secret`.',
  },
  api_failing: {
    ...{ ...warning, healthEvent: 'xiq-api-failing', label: 'API' },
    when: 'Subscriptions cannot be checked: the API of ExtremeCloud IQ fails.',
    next: '`xiq-siem subscriptions plan` shows the cause.',
  },
  state_unreadable: {
    ...{ ...error, nothingLost: false, healthEvent: 'state-damaged', label: 'STATE FILE' },
    when: 'The state file of a stopped connector cannot be read, so its dead letters are unknown.',
    next: 'Start the connector: it recovers what can be read.',
  },
  data_incident: {
    ...{ ...warning, healthEvent: 'state-damaged', label: 'INCIDENT' },
    when: 'The state file was damaged or missing, and no dead letter is lost. Or the position of a destination was damaged or missing, and events are sent twice.',
    next: 'Check the disk, then acknowledge the incident.',
  },
  destination_not_configured: {
    ...{ ...warning, ...generic, label: 'NOT CONFIGURED' },
    when: 'A destination that is not configured still has a position, and keeps all new requests in the journal.',
    next: '`xiq-siem destination forget NAME`, or configure it again.',
  },
  clock_step: {
    ...{ ...warning, ...generic, label: 'CLOCK' },
    when: 'The clock of the machine was set forward or back by more than an hour, and still differs. Nothing is deleted by age until then.',
    next: 'Correct the clock. If the new time is right, restart the connector.',
  },
  requests_damaged: {
    ...{ severity: 'notice', nothingLost: false, healthEvent: 'heartbeat', label: 'DAMAGED' },
    when: 'Delivery skipped requests that cannot be read or normalized, or whose gap is acknowledged. Those of shown gaps do not count. The counter is never reset; heartbeats have it (`counters.damaged`).',
    next: 'Find the cause in the log.',
  },
  datasets_not_routed: {
    ...{ severity: 'notice', nothingLost: true, healthEvent: 'heartbeat', label: 'NOT ROUTED' },
    when: 'No destination accepts some of the datasets of a source, which may be intended. Heartbeats have the number of filtered events (`counters.filtered`).',
    next: 'If these events are needed, fix `where`, then `xiq-siem reload` and `xiq-siem replay`.',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof problemTable;

const isCode = (text: string): text is ProblemCode => Object.hasOwn(problemTable, text);

/** Worst first. */
export const problemCodes: readonly ProblemCode[] = Object.keys(problemTable).filter(isCode);
