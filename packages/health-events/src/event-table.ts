// What each health event means: for the documents that are made of them, and for the reference.
import type { EcsFields } from '@xiq-siem/core';
import type { Content } from './content.ts';

interface Classification {
  /** As Elastic's detection rules grade: 0 nothing to do, 21 low, 47 medium, 73 high, 99 critical. */
  readonly severity: 0 | 21 | 47 | 73 | 99;
  readonly level: 'info' | 'notice' | 'warning' | 'error';
  /** `alert`: found by watching for it; a SIEM may show it beside its own. */
  readonly kind: 'event' | 'metric' | 'alert';
  readonly category?: EcsFields['event.category'];
  readonly type: EcsFields['event.type'];
  readonly outcome?: 'failure';
}

export interface EventDescription extends Classification {
  /** When it is made, for a person. */
  readonly when: string;
  /** What to do then. */
  readonly advice: string;
  /** What happened, to what. The advice follows it where there is something to do. */
  message(event: Content): string;
}

const low = { severity: 21, level: 'notice', kind: 'event', type: ['info'] } as const;
const medium = { severity: 47, level: 'warning', kind: 'alert', type: ['error'] } as const;
const high = { severity: 73, level: 'error', kind: 'alert', type: ['error'] } as const;
const critical = { ...high, severity: 99 } as const;
const configuration = { category: ['configuration'], type: ['change'] } as const;
const everyday = { severity: 0, level: 'info', kind: 'event', category: ['process'], type: ['info'] } as const;

const amount = (count = 0, thing: string): string =>
  `${count.toLocaleString('en-US')} ${thing}${count === 1 ? '' : 's'}`;

function duration(seconds = 0): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3_600)} hours`;
}

const list = (items: readonly string[] = ['nothing more is known']): string => items.join(', ');

const because = ({ reason, message }: Content): string => {
  const why = [reason, message].filter((part) => part !== undefined).join(': ');
  return why === '' ? '' : ` (${why})`;
};

const subscriptionOf = ({ attributes: { source = '?', message_type: type = '?' } }: Content): string =>
  `subscription of source ${source} to ${type}`;

const entries = {
  heartbeat: {
    ...everyday,
    kind: 'metric',
    when: 'Every `healthEvents.heartbeatMinutes`, for each destination, with its lag, rate, counters, open dead letters and the size of the journal.',
    advice: 'Alert on its absence: then the connector, or the way to this SIEM, is down. Alert on its figures.',
    message: ({ subject, attributes }) =>
      `Destination ${subject} is ${attributes['destination.state'] ?? 'unknown'}, ${amount(attributes['lag.bodies'], 'request')} behind.`,
  },
  'destination-down': {
    ...high,
    when: 'A destination could not be reached, or not written to, for more than 60 seconds.',
    advice: 'Run `xiq-siem check`. New events wait in the journal and are delivered later.',
    message: (event) => `Destination ${event.subject} cannot be reached${because(event)}.`,
  },
  'destination-misconfigured': {
    ...high,
    when: 'A destination refuses everything, or some events, until an operator fixes something: a key, an index, a template.',
    advice: 'Run `xiq-siem check` and `xiq-siem status`, and fix what they name; delivery then continues by itself.',
    message: (event) => `Destination ${event.subject} is blocked until an operator fixes it${because(event)}.`,
  },
  'destination-recovered': {
    ...low,
    severity: 0,
    when: 'A destination that was reported as down or misconfigured accepts events again.',
    advice: 'Nothing. The events that waited are delivered now.',
    message: ({ subject }) => `Destination ${subject} accepts events again.`,
  },
  'retention-gap-opened': {
    ...critical,
    when: 'The journal was full and evicted requests that a destination had not received. Once for each gap; again at most once an hour while it grows.',
    advice:
      'The events are lost for this destination. Where an `api` is configured, `xiq-siem backfill --force-duplicates` of that time fetches them again; then run `xiq-siem status --acknowledge GAP`.',
    message: ({ subject, attributes }) =>
      `Destination ${subject} lost ${amount(attributes['gap.bodies'], 'request')} that a full journal evicted: gap ${attributes['gap.id'] ?? 'unknown'}.`,
  },
  'bodies-lost': {
    ...critical,
    when: 'Stored requests cannot be read any more: a part of the journal is damaged or missing. Once for each part; again at most once an hour while it grows.',
    advice:
      'Check the disk. `xiq-siem status` shows the sequences; where an `api` is configured, `xiq-siem backfill` of that time fetches the events again.',
    message: ({ subject, reason = 'lost', attributes }) =>
      `The journal cannot read requests ${attributes['gap.from_sequence'] ?? '?'} to ${attributes['gap.to_sequence'] ?? '?'} (${reason}, ${subject}).`,
  },
  'state-damaged': {
    ...critical,
    when: 'The file with dead letters and jobs was found damaged or missing, or that of an older version could not be migrated in full. Once for each time.',
    advice: 'Check the disk. `xiq-siem status` shows what was lost and what was kept, until it is acknowledged.',
    message: ({ subject, reason = 'damaged', message, attributes: { count = 'an unknown number of' } }) =>
      `The state file was ${reason}, ${count} entries lost (${subject}): ${message ?? ''}.`,
  },
  'source-silent': {
    ...high,
    level: 'warning',
    when: 'A source has sent nothing for `healthEvents.silentMinutes`, or nothing since the connector began to watch it.',
    advice: 'Check its subscription at ExtremeCloud IQ, and whether its webhooks still reach the connector.',
    message: ({ subject, attributes }) =>
      `Source ${subject} has been silent for ${duration(attributes['silence.seconds'])}.`,
  },
  'source-recovered': {
    ...low,
    when: 'A source that was reported as silent sends again.',
    advice: 'Nothing, or check at ExtremeCloud IQ for events that it did not send meanwhile.',
    message: ({ subject, attributes }) =>
      `Source ${subject} sends again, after ${duration(attributes['silence.seconds'])} of silence.`,
  },
  'subscription-missing': {
    ...high,
    category: ['configuration'],
    type: ['deletion'],
    when: 'A configured subscription does not exist at ExtremeCloud IQ, so its webhooks do not arrive. Once, until it exists again.',
    advice: 'Run `xiq-siem subscriptions apply`, then `xiq-siem backfill` for the events that were not sent meanwhile.',
    message: (event) => `The ${subscriptionOf(event)} does not exist at ExtremeCloud IQ.`,
  },
  'subscription-disabled': {
    ...high,
    ...configuration,
    when: 'A subscription was disabled at ExtremeCloud IQ, so its webhooks do not arrive. Once, until it is enabled again.',
    advice: 'Run `xiq-siem subscriptions apply`, then `xiq-siem backfill` for the events that were not sent meanwhile.',
    message: (event) => `The ${subscriptionOf(event)} is disabled at ExtremeCloud IQ${because(event)}.`,
  },
  'subscription-changed': {
    ...high,
    ...configuration,
    level: 'warning',
    when: 'A subscription is not as configured: another URL or secret, one too many (reason `changed`), or one of another application that sends to our URL (reason `foreign`). Once, until that ends.',
    advice:
      'Find out who did it. `xiq-siem subscriptions plan` shows the difference, `subscriptions apply` fixes our own.',
    message: (event) => `The ${subscriptionOf(event)} is not as configured${because(event)}.`,
  },
  'subscription-fixed': {
    ...low,
    ...configuration,
    when: 'A subscription that was missing, disabled or changed is as configured again: fixed by us (`reconcile: apply`) or by somebody else.',
    advice: 'Nothing, or `xiq-siem backfill` where `backfill` is not `auto`.',
    message: (event) => `The ${subscriptionOf(event)} is as configured again; it was ${event.reason ?? 'not'}.`,
  },
  'public-url-check-failed': {
    ...high,
    when: 'A check of the public URL failed: its name, its certificate or chain, less than 21 days to its expiry, or its answer. Once, and again when other checks fail.',
    advice: 'Fix what it names: `xiq-siem status` shows each check.',
    message: (event) =>
      `The public URL of source ${event.subject} is not as ExtremeCloud IQ needs it: ${list(event.attributes.codes)}${because(event)}.`,
  },
  'xiq-api-failing': {
    ...medium,
    when: 'Subscriptions could not be checked or fixed: the API of ExtremeCloud IQ cannot be reached, or refuses. Once, until it answers again.',
    advice: 'Run `xiq-siem subscriptions plan`: it names the cause. Webhooks arrive as before.',
    message: (event) => `The API of ExtremeCloud IQ fails for source ${event.subject}${because(event)}.`,
  },
  'completeness-missing': {
    ...high,
    when: 'The log of ExtremeCloud IQ has events of an hour that did not arrive, or that a destination has not confirmed. Once for each hour and message type.',
    advice: 'Run `xiq-siem completeness` to list them, and `xiq-siem backfill` to fetch those that did not arrive.',
    message: ({ subject, attributes }) =>
      `${amount(attributes.count, 'event')} of ${attributes.message_type ?? '?'} are missing of source ${subject} in the hour from ${attributes['completeness.hour'] ?? '?'}.`,
  },
  'credentials-refused': {
    ...medium,
    category: ['authentication'],
    type: ['start'],
    outcome: 'failure',
    when: 'Requests to a source had a wrong secret, or none. At most once an hour for each source, with up to 10 addresses.',
    advice:
      'If the addresses belong to ExtremeCloud IQ, its subscription has an old secret; if not, somebody tries to get in.',
    message: ({ subject, attributes }) =>
      `${amount(attributes.count, 'request')} to source ${subject} had a wrong secret or none: ${list(attributes['refused.by_address'])}.`,
  },
  'admin-call': {
    ...low,
    ...configuration,
    when: 'A call of the admin API was meant to change something: the audit trail of this connector.',
    advice: 'Know who it was: whoever can read `data/admin.json` can call.',
    message: (event) =>
      `Admin call ${event.subject}(${(event.attributes['admin.input'] ?? []).join(', ')}) ${
        event.outcome === 'failure' ? `was refused${because(event)}` : 'was done'
      }.`,
  },
  'health-events-dropped': {
    ...low,
    severity: 47,
    level: 'warning',
    when: 'There were more health events in an hour than are made, or the journal did not accept some of them.',
    advice: 'Run `xiq-siem status`: something changes all the time, or the journal accepts nothing.',
    message: ({ attributes }) => `${amount(attributes.count, 'health event')} left out: ${list(attributes.codes)}.`,
  },
  'doctor-probe': {
    ...everyday,
    when: 'Somebody ran `xiq-siem doctor`. Made whatever `healthEvents.enabled` says; tagged `synthetic`.',
    advice: 'Nothing.',
    message: () => 'A test event of xiq-siem doctor; nothing happened.',
  },
} satisfies Readonly<Record<string, EventDescription>>;

/** `event.action` of every health event that is made. */
export type HealthAction = keyof typeof entries;

export const eventTable: Readonly<Record<HealthAction, EventDescription>> = entries;

/** Made by older versions only: a journal may still hold them, and a replay gives them the same ids. */
const retired = {
  'destination-degraded': { ...medium, kind: 'event' },
  'dead-letters-growing': high,
  'journal-filling': high,
  'unknown-message-types': low,
  'pipeline-errors': { ...medium, kind: 'event' },
  'gap-opened': critical,
  'subscription-mended': { ...low, ...configuration },
  'public-url-wrong': high,
  'source-heard': low,
  'signals-left-out': { ...low, severity: 47, level: 'warning' },
} satisfies Readonly<Record<string, Classification>>;

export type ReadableAction = HealthAction | keyof typeof retired;

export const classifications: Readonly<Record<ReadableAction, Classification>> = { ...retired, ...entries };

export const isReadable = (action: unknown): action is ReadableAction =>
  typeof action === 'string' && Object.hasOwn(classifications, action);

const isMade = (action: ReadableAction): action is HealthAction => Object.hasOwn(entries, action);

/** Where there is nothing to do, nothing is advised. */
export function messageOf({ action, ...event }: Content & { readonly action: ReadableAction }): string {
  if (!isMade(action)) return `An older version reported ${action} of ${event.subject}${because(event)}.`;
  const { severity, advice, message } = eventTable[action];
  const what = message(event);
  return severity < 47 ? what : `${what} ${advice.replaceAll('`', '')}`;
}
